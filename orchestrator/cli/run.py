"""`orchestrator run`: the daemon in the foreground, as systemd wants it."""

import errno
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click
import trio

from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.when import Duration
from orchestrator.daemon.run import Daemon
from orchestrator.daemon.signals import handle_signals
from orchestrator.errors import LogDamaged, LogHeld, OrchestratorError
from orchestrator.shell import journal
from orchestrator.shell.documents.configuration import read_configuration

NOT_REACHED: Final = 3
HELD: Final = 5
DAMAGED: Final = 6


@click.command()
@config_option
@click.option("--once", is_flag=True, help="End when everything is settled.")
@click.option("--timeout", type=Duration(), default="60s", show_default=True, help="With --once.")
@click.option("--allow-held", is_flag=True, help="With --once: held and parked count as settled.")
@click.option("--plan-only", is_flag=True, help="Look and plan, but change nothing.")
def run(
    config: Path | None, timeout: float, *, once: bool, allow_held: bool, plan_only: bool
) -> None:
    """Run the daemon until SIGTERM or SIGINT; SIGHUP reads the documents again.

    Exits 3 when --once is not reached in time, 5 when another daemon holds the log, 6 when the log
    is damaged.
    """
    journal.configure()
    path = find_config(config)
    try:
        daemon = Daemon(path.absolute(), read_configuration(path), version("wcs-orchestrator"),
                        is_plan_only=plan_only)  # fmt: skip
        reached = trio.run(_run, daemon, timeout if once else None, allow_held)
    except (OrchestratorError, OSError, ExceptionGroup) as error:
        sys.exit(_explained(error))
    sys.exit(0 if reached else NOT_REACHED)


async def _run(daemon: Daemon, once_s: float | None, allow_held: bool) -> bool:
    reached = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(handle_signals, daemon)
        await nursery.start(daemon.run)
        if once_s is not None:
            with trio.move_on_after(once_s) as scope:
                await daemon.wait_settled(allow_held=allow_held)
            reached = not scope.cancelled_caught
            daemon.stopping.set()
        await daemon.ended.wait()
        nursery.cancel_scope.cancel()
    return reached


def _explained(error: Exception) -> int:
    """Say what kept the daemon from running; return the exit code. A bug goes on as it came."""
    leaves = _leaves(error)
    if not all(isinstance(leaf, OrchestratorError | OSError) for leaf in leaves):
        raise error
    for leaf in leaves:
        click.echo(_said(leaf), err=True)
    if any(isinstance(leaf, LogHeld) for leaf in leaves):
        return HELD
    return DAMAGED if any(isinstance(leaf, LogDamaged) for leaf in leaves) else 1


def _said(error: Exception) -> str:
    """Return an error with the place it is about first, as all messages have it."""
    if not isinstance(error, OSError) or error.filename is None:
        return str(error)
    steps = {errno.EADDRINUSE: ": stop what listens there, or name another address"}
    return f"{error.filename}: {error.strerror}{steps.get(error.errno or 0, '')}"


def _leaves(error: Exception) -> list[Exception]:
    if isinstance(error, ExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [error]
