"""`orchestrator events`: the log, oldest first."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli import show
from orchestrator.cli.ask import entries, fail, following
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.get import singular
from orchestrator.cli.when import At, When
from orchestrator.codec import TAGS
from orchestrator.core.subject import subject
from orchestrator.errors import OrchestratorError

LAST_SHOWN: Final = 10
QUIET: Final = frozenset({"Checkpoint"})
DATA_MAX: Final = 120  # characters of an entry's data on one line for people


@click.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT ...]")
@config_option
@click.option("--type", "types", multiple=True, type=click.Choice(sorted(TAGS)), help="Only these.")
@click.option("--node", help="Only of this node.")
@click.option("--since", type=When(), help="From then on.")
@click.option("--until", type=When(), help="Up to then.")
@click.option("--follow", is_flag=True, help="Go on with what comes; begins with the last ten.")
@click.option("--all", "everything", is_flag=True, help="Also checkpoints.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
def events(
    subjects: Sequence[str],
    config: Path | None,
    types: Sequence[str],
    node: str | None,
    since: At | None,
    until: At | None,
    output: str,
    *,
    follow: bool,
    everything: bool,
) -> None:
    """Show the event log, of all or of some SUBJECTs (`transponder/youtube`, `stream/studio-a`)."""
    query: dict[str, Any] = {"type": list(types), "subject": [_subject(one) for one in subjects]}
    if node:
        query["node"] = node
    if since is not None:
        query |= {"after": str(max(0, since.position - 1)), "sinceMs": str(since.at_ms)}
    if until is not None:
        query |= {"until": str(until.position)} if until.position else {"untilMs": str(until.at_ms)}
    query = {name: values for name, values in query.items() if values}
    quiet = frozenset[str]() if everything or types else QUIET
    path = find_config(config)
    try:
        if follow:
            for entry in following(path, query, last=0 if since is not None else LAST_SHOWN):
                _print(entry, output, quiet)
            return
        for number, (entry, stale_since) in enumerate(entries(path, query)):
            if not number and output == "text":
                show.stale(stale_since)
            _print(entry, output, quiet)
    except OrchestratorError as error:
        raise fail(error) from error


def _print(entry: dict[str, Any], output: str, quiet: frozenset[str]) -> None:
    if entry["type"] in quiet:
        return
    if output == "json":
        click.echo(json.dumps(entry, ensure_ascii=False))
    elif output == "yaml":
        click.echo("---")
        show.value(entry, "yaml")
    else:
        click.echo(_line(entry))


def _subject(said: str) -> str:
    kind, slash, name = singular(said).partition("/")
    if not slash:
        return said
    return f"{kind}/{name}" if "%" in name else subject(kind, name)


def _line(entry: dict[str, Any]) -> str:
    cause = f" ←{entry['cause']}" if entry["cause"] else ""
    data = show.printable(json.dumps(entry["data"], ensure_ascii=False))
    cut = data if len(data) <= DATA_MAX else f"{data[:DATA_MAX]}…"
    return (
        f"{entry['position']:>7} {entry['time']} {entry['type']:<19} "
        f"{entry['subject']}{cause} [{entry['actor']}] {cut}"
    )
