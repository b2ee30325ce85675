"""`orchestrator get`: resources with what is desired, what was observed, phase and reason."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from orchestrator.cli import show
from orchestrator.cli.ask import Answer, fail, read, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.when import At, When
from orchestrator.core.action import Phase
from orchestrator.errors import OrchestratorError
from orchestrator.kinds.catalogue import ALL

PLURALS = {kind.plural: kind.name for kind in ALL} | {kind.name: kind.name for kind in ALL}
WIDE = ("LABELS", "MESSAGE", "SOURCE")


@click.command()
@click.argument("what", nargs=-1, metavar="[KIND | [KIND/]NAME ...]")
@config_option
@click.option("--node", multiple=True, help="Only on this node.")
@click.option("-l", "--label", multiple=True, metavar="LABEL=VALUE", help="Only with this label.")
@click.option(
    "--phase", multiple=True, type=click.Choice([p.value for p in Phase]), help="Only in it."
)
@click.option("--not-ready", is_flag=True, help="Only what is not Ready.")
@click.option("--foreign", is_flag=True, help="Also what runs and is not declared here.")
@click.option("--at", "at", type=When(), help="As it was then.")
@click.option(
    "-o", "--output", type=click.Choice(["table", "wide", "name", "json", "yaml", "text"]),
    default="table", show_default=True,
)  # fmt: skip
def get(
    what: Sequence[str],
    config: Path | None,
    node: Sequence[str],
    label: Sequence[str],
    phase: Sequence[str],
    at: At | None,
    output: str,
    *,
    not_ready: bool,
    foreign: bool,
) -> None:
    """Show resources: desired, observed, phase and reason.

    A plural (`transponders`) shows all of a kind; a bare NAME is enough where one kind has it.
    """
    query: dict[str, Any] = {
        "kind": [PLURALS[word] for word in what if word in PLURALS],
        "name": [singular(word) for word in what if word not in PLURALS],
        "node": list(node),
        "label": list(label),
        "phase": list(phase),
    }
    query |= {"notReady": "1"} if not_ready else {}
    query |= {"foreign": "1"} if foreign else {}
    query = {name: values for name, values in query.items() if values}
    try:
        answer = _answer(find_config(config), query, at)
    except OrchestratorError as error:
        raise fail(error) from error
    if output in ("json", "yaml"):
        show.value(answer.body, output)
        return
    show.stale(answer.stale_since)
    if output == "name":
        click.echo("\n".join(row["resource"] for row in answer.body))
        return
    headers, rows = _columns(answer.body, is_wide=output == "wide")
    show.page(show.table(headers, rows) if rows else "nothing is declared that fits")


def singular(word: str) -> str:
    """Return KIND/NAME with the kind in the singular."""
    kind, slash, name = word.partition("/")
    return f"{PLURALS.get(kind, kind)}/{name}" if slash else word


def _answer(config: Path, query: dict[str, Any], at: At | None) -> Answer:
    if at is None:
        return read(config, "/api/v1/resources", query)
    from orchestrator.cli import offline  # noqa: PLC0415 - heavy, and only for the past

    folder = settings(config).log.path
    return offline.answer_at(folder, "/api/v1/resources", query, at.until, at.until_ms)


def _columns(rows: Sequence[dict[str, Any]], *, is_wide: bool) -> tuple[list[str], list[list[str]]]:
    headers = ["NAME", "NODE", "PHASE", "REASON", "AGE"] + (list(WIDE) if is_wide else [])
    cells = []
    for row in rows:
        cell = [row["resource"], row["node"], row["phase"], row["reason"], show.age(row["since"])]
        if is_wide:
            source = row["source"] or {}
            place = f"{source['file']}:{source['line']}" if source else ""
            cell += [show.pairs(row["labels"]), row["message"], place]
        cells.append(cell)
    return headers, cells
