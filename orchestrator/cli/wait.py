"""`orchestrator wait`: block until resources are as a script needs them."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli.ask import Refused, fail, request, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.get import singular
from orchestrator.cli.when import Duration
from orchestrator.errors import DaemonAbsent, OrchestratorError

EVERY_S: Final = 0.2
START_S: Final = 5.0  # a daemon that was started a moment ago answers by then
NOT_REACHED: Final = 3


@click.command()
@click.argument("names", nargs=-1, metavar="[KIND/]NAME ...")
@config_option
@click.option("-l", "--label", multiple=True, metavar="LABEL=VALUE", help="All with this label.")
@click.option("--node", multiple=True, help="All on this node.")
@click.option(
    "--for", "wanted", type=click.Choice(["Ready", "Settled", "Gone"]), required=True,
    help="What to wait for.",
)  # fmt: skip
@click.option("--timeout", type=Duration(), default="60s", show_default=True)
@click.option("--allow-held", is_flag=True, help="Held and parked ones count as settled.")
def wait(
    names: Sequence[str],
    config: Path | None,
    label: Sequence[str],
    node: Sequence[str],
    wanted: str,
    timeout: float,
    *,
    allow_held: bool,
) -> None:
    """Wait until all that is named is Ready, Settled or Gone. Exits 3 when that is not reached.

    A daemon that does not answer yet is waited for, 5 s at most.
    """
    control = settings(find_config(config)).control
    query = {"name": [singular(name) for name in names], "label": list(label), "node": list(node)}
    query = {name: values for name, values in query.items() if values}
    if not query and wanted != "Settled":
        raise click.UsageError("name what to wait for: [KIND/]NAME, -l LABEL=VALUE or --node NODE")
    deadline = time.monotonic() + timeout
    while True:
        try:
            rows = _rows(control, query) if wanted != "Gone" else _left(control, query)
        except DaemonAbsent as absent:
            if time.monotonic() >= min(deadline, deadline - timeout + START_S):
                raise fail(absent) from absent
            time.sleep(EVERY_S)
            continue
        except OrchestratorError as error:
            raise fail(error) from error
        if not rows and wanted == "Ready":
            message = "nothing is declared that fits: check names, labels and nodes"
            raise click.ClickException(message)
        waiting = [row for row in rows if not _is_reached(row, wanted, allow_held=allow_held)]
        if not waiting:
            return
        if time.monotonic() > deadline:
            for row in waiting:
                click.echo(f"{row['resource']}: {row['phase']} ({row['reason']})", err=True)
            sys.exit(NOT_REACHED)
        time.sleep(EVERY_S)


def _rows(control: Path, query: dict[str, list[str]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = request(control, "GET", "/api/v1/resources", query)
    return rows


def _left(control: Path, query: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return what is still there; names are asked for one by one, as any of them may be gone."""
    left: list[dict[str, Any]] = []
    for name in query.get("name", [""]):
        try:
            left += _rows(control, {**query, "name": [name]} if name else query)
        except Refused as refused:
            if refused.status != 404:
                raise
    return left


def _is_reached(row: dict[str, Any], wanted: str, *, allow_held: bool) -> bool:
    match wanted:
        case "Ready":
            return bool(row["phase"] == "Ready")
        case "Settled":
            return bool(row["settled"] or (allow_held and row["phase"] in ("Held", "Parked")))
        case _:
            return False
