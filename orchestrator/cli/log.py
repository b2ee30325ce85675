"""`orchestrator log`: verify what is on disk, accept a lost tail."""

import sys
from pathlib import Path
from typing import Final

import click

from orchestrator.cli.ask import change, fail, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.errors import LogDamaged, OrchestratorError

DAMAGED: Final = 6


@click.group()
def log() -> None:
    """Look after the event log."""


@log.command()
@config_option
def verify(config: Path | None) -> None:
    """Read all of the log and check its chain and its anchor. Exits 6 when it is damaged."""
    from orchestrator.shell.log.read import verify as verify_log  # noqa: PLC0415 - heavy

    folder = settings(find_config(config)).log.path
    try:
        verified = verify_log(folder)
    except LogDamaged as damaged:
        click.echo(str(damaged), err=True)
        sys.exit(DAMAGED)
    except OrchestratorError as error:
        raise fail(error) from error
    if not verified.entries:
        raise click.ClickException(f"there is no log at {folder}")
    head = verified.head
    click.echo(f"{verified.entries} entries verify; head {head.position} {head.hash}")


@log.command()
@config_option
@click.option("--reason", required=True, help="Why the loss is accepted; kept in the log.")
def accept(config: Path | None, reason: str) -> None:
    """Accept that the log has lost its tail; the daemon acts again."""
    try:
        change(find_config(config), "accept", {"reason": reason})
    except OrchestratorError as error:
        raise fail(error) from error
    click.echo("log accepted")
