"""`orchestrator why`: the chain of causes behind a present state, or behind an entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orchestrator.cli import show
from orchestrator.cli.ask import Answer, fail, read, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.get import singular
from orchestrator.cli.when import At, When
from orchestrator.errors import OrchestratorError


@click.command()
@click.argument("what", metavar="[KIND/]NAME | POSITION")
@config_option
@click.option("--at", type=When(), help="As it was then.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
def why(what: str, config: Path | None, at: At | None, output: str) -> None:
    r"""Show why a resource is as it is, or why an entry came about: oldest cause first.

    Also for `node/NAME` and `stream/NAME`.

    \b
    Examples:
      orchestrator why transponder/youtube
      orchestrator why 1234
    """
    is_position = what.isascii() and what.isdecimal()
    query = {"position": what} if is_position else {"name": singular(what)}
    path = find_config(config)
    try:
        answer = _asked(path, "/api/v1/why", query, at)
        is_resource = not is_position and not what.startswith(("node/", "stream/"))
        rows = _asked(path, "/api/v1/resources", query, at).body if is_resource else []
    except OrchestratorError as error:
        raise fail(error) from error
    if output != "text":
        show.value(answer.body, output)
        return
    show.stale(answer.stale_since)
    lines = told(answer.body)
    lines += [present(row) for row in rows]
    show.page("\n".join(show.printable(line) for line in lines) or "nothing is known of it")


def _asked(config: Path, path: str, query: Mapping[str, str], at: At | None) -> Answer:
    if at is None:
        return read(config, path, query)
    from orchestrator.cli import offline  # noqa: PLC0415 - heavy, and only for the past

    return offline.answer_at(settings(config).log.path, path, query, at.until, at.until_ms)


def told(chain: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each entry: when, how long after the one before, where, and what."""
    lines: list[str] = []
    before: datetime | None = None
    for entry in chain:
        moment = datetime.fromisoformat(entry["time"])
        after = "" if before is None else f"+{show.span((moment - before).total_seconds())}"
        cause = f" ← {entry['cause']}" if entry["cause"] else ""
        who = f" {entry['actor']}:" if entry["actor"].startswith(("user:", "rule:")) else ""
        lines.append(f"{entry['time']} {after:>7}  {entry['position']}{cause} {entry['type']}")
        lines.append(f"  {entry['subject']}:{who} {entry['text']}")
        before = moment
    return lines


def present(row: Mapping[str, Any]) -> str:
    """Return what a resource is like now, in a line."""
    reason = f" ({row['reason']})" if row["reason"] else ""
    since = f" since {row['since']}" if row["since"] else ""
    until = f" until {row['next']}" if row["next"] else ""
    message = f": {row['message']}" if row["message"] else ""
    state = f"{row['phase']}{reason}{since}{until}{message}"
    return f"now: {row['resource']} on {row['node']} is {state}"
