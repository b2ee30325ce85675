"""`orchestrator get`: resources with what is desired, what was observed, phase and reason."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from orchestrator.cli import show
from orchestrator.cli.ask import Answer, fail, read, request, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.when import At, When
from orchestrator.core.action import Phase
from orchestrator.errors import DaemonAbsent, OrchestratorError
from orchestrator.kinds.catalogue import ALL

PLURALS = {kind.plural: kind.name for kind in ALL} | {kind.name: kind.name for kind in ALL}
WATCH_S: Final = 1.0
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
@click.option("--chain", is_flag=True, help="Also the streams that they need, these first.")
@click.option("--watch", is_flag=True, help="Go on, with a line for each change.")
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
    chain: bool,
    watch: bool,
) -> None:
    """Show resources: desired, observed, phase and reason.

    A plural (`transponders`) shows all of a kind; a bare NAME is enough where one kind has it.
    """
    for one in label:
        if "=" not in one:
            raise click.UsageError(f"{one!r} is no LABEL=VALUE")
    query: dict[str, Any] = {
        "kind": [PLURALS[word] for word in what if word in PLURALS],
        "name": [singular(word) for word in what if word not in PLURALS],
        "node": list(node),
        "label": list(label),
        "phase": list(phase),
    }
    query |= {"notReady": "1"} if not_ready else {}
    query |= {"foreign": "1"} if foreign else {}
    query |= {"chain": "1"} if chain else {}
    query = {name: values for name, values in query.items() if values}
    path = find_config(config)
    if watch and at is not None:
        raise click.UsageError("give either --watch or --at: the past does not change")
    try:
        if watch:
            _watch(path, query, output)
        answer = _answer(path, query, at)
    except OrchestratorError as error:
        raise fail(error) from error
    if output in ("json", "yaml"):
        show.value(answer.body, output)
        return
    show.stale(answer.stale_since)
    if output == "name":
        click.echo("\n".join(row["resource"] for row in answer.body))
        return
    body = _chained(answer.body) if chain else answer.body
    headers, rows = _columns(body, is_wide=output == "wide")
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


def _chained(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each stream followed by what needs it, set in."""
    fed = {(row["node"], name) for row in rows for name in row.get("feeds", ())}
    by_name = {(row["node"], row["resource"]): row for row in rows}
    lines: list[dict[str, Any]] = []
    for row in rows:
        if "feeds" in row:
            lines.append(row)
            for name in row["feeds"]:
                one = by_name[row["node"], name]
                lines.append({**one, "resource": f"  {one['resource']}"})
    return lines + [
        row for row in rows
        if "feeds" not in row and (row["node"], row["resource"]) not in fed
    ]  # fmt: skip


def _watch(config: Path, query: dict[str, Any], output: str) -> NoReturn:
    """Print all rows, then each row that changes or goes, until interrupted."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    while True:
        try:
            answer = request(settings(config).control, "GET", "/api/v1/resources", query)
        except DaemonAbsent:
            if not known:
                raise
            time.sleep(WATCH_S)
            continue
        rows = {(row["node"], row["resource"]): row for row in answer}
        for name in [*known]:
            if name not in rows:
                gone = {**known.pop(name), "phase": "Gone", "reason": "", "message": ""}
                _print_row(gone, output)
        for name, row in rows.items():
            shown = {**row, "position": 0}
            if known.get(name) != shown:
                known[name] = shown
                _print_row(row, output)
        time.sleep(WATCH_S)


def _print_row(row: dict[str, Any], output: str) -> None:
    if output in ("json", "yaml"):
        show.value(row, output)
    elif output == "name":
        click.echo(row["resource"])
    else:
        _, (cells,) = _columns([row], is_wide=output == "wide")
        click.echo("  ".join(cell or "<none>" for cell in cells))
