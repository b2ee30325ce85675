"""`orchestrator backtest`: what would have been otherwise under other documents."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from orchestrator.cli import show
from orchestrator.cli.ask import fail
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.folders import Folders
from orchestrator.cli.when import At, When
from orchestrator.errors import OrchestratorError

FOLDER = click.Path(exists=True, path_type=Path)
SYMBOLS = {"added": "+", "removed": "-", "changed": "~"}


@click.command()
@config_option
@click.option("--rules", type=FOLDER, help="Rules to go by instead of those of then.")
@click.option("--state", type=FOLDER, help="State files to go by instead of those of then.")
@click.option("--since", type=When(), help="Where in the log to begin; without it, at its begin.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
def backtest(
    config: Path | None, rules: Path | None, state: Path | None, since: At | None, output: str
) -> None:
    """Send past events through other rules or state, and show what would have been otherwise.

    Without --rules and --state, the configured folders as they are now. Nothing is asked, written
    or sent: hooks, looks and orders come from the log, and every look counts as fresh.
    """
    from orchestrator.cli.backtested import backtested  # noqa: PLC0415 - heavy, and seldom needed

    try:
        found = backtested(find_config(config), Folders(state, rules), since)
    except OrchestratorError as error:
        raise fail(error) from error
    if output == "text":
        show.page("\n".join(_lines(found)))
    else:
        show.value(found, output)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    begin = f"{found['entries']} entries from position {found['first']} on"
    yield f"{begin}; every look counts as fresh"
    for word in ("decisions", "actions"):
        for one in found[word]:
            yield (
                f"  {SYMBOLS[one['change']]} {one['resource']}{_on(one['node'])} at {one['at']}: "
                f"{_told(one['before'], word)} → {_told(one['after'], word)}"
            )
    for one in found["failing"]:
        yield f"  ! rule {one['rule']} fails, {one['count']} times: {one['message']}"
    decisions, actions = len(found["decisions"]), len(found["actions"])
    yield f"would have been otherwise: decisions {decisions}, actions {actions}"


def _on(node: str) -> str:
    return f" on {node}" if node else ""


def _told(value: Any, word: str) -> str:
    """Return one side of a difference."""
    if value is None:
        return "allowed by no rule" if word == "decisions" else "nothing"
    if word == "decisions":
        given = ", ".join(f"{name} {value['overwrite'][name]}" for name in value["overwrite"])
        return f"{value['decision']} by {value['rule']}{f' with {given}' if given else ''}"
    if "verb" in value:
        given = value["arguments"]
        what = given.get("method") or ", ".join(given.get("resources", ()))
        body = f" {json.dumps(given['body'], ensure_ascii=False)}" if given.get("body") else ""
        return f"rule {value['rule']}: " + (value["error"] or f"{value['verb']} {what}{body}")
    return ", ".join(
        f"{name}: {said}" for name, said in value.items() if said not in (None, "", False)
    )
