"""Verbs that the daemon carries out: reload, approve."""

import sys
from pathlib import Path

import click

from orchestrator.cli import show
from orchestrator.cli.ask import change, fail
from orchestrator.cli.config import config_option, find_config
from orchestrator.errors import OrchestratorError


@click.command()
@config_option
@click.option("--wait", is_flag=True, help="Accepted for scripts; the answer always waits.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
def reload(config: Path | None, output: str, *, wait: bool) -> None:
    """Read the documents again and say whether they were taken.

    Exits 1 when a file was refused; its last good version stays in force, the others are taken.
    """
    del wait
    try:
        taken = change(find_config(config), "reload", {})
    except OrchestratorError as error:
        raise fail(error) from error
    if output == "text":
        click.echo(
            f"taken: {taken['changed']} added or changed, {taken['removed']} removed, "
            f"log at position {taken['position']}"
        )
        for hold in taken["holds"]:
            click.echo(f"held: {hold}; see `orchestrator plan`, then `orchestrator approve {hold}`")
    else:
        show.value(taken, output)
    for fault in taken["faults"]:
        click.echo(fault, err=True)
    sys.exit(1 if taken["faults"] else 0)


@click.command()
@click.argument("hold")
@config_option
@click.option("--reason", default="", help="Why; kept in the log.")
def approve(hold: str, config: Path | None, reason: str) -> None:
    """Let the steps of a held set go on, each while it still means the same."""
    try:
        change(find_config(config), "approve", {"hold": hold, "reason": reason})
    except OrchestratorError as error:
        raise fail(error) from error
    click.echo(f"hold/{hold} approved")
