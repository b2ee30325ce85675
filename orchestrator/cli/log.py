"""`orchestrator log`: look after what is on disk. All but `accept` need no daemon."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import orjson

from orchestrator.cli.ask import change, fail, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.when import At, When
from orchestrator.errors import LogDamaged, OrchestratorError

DAMAGED: Final = 6
LATER: Final = frozenset({"archive"})

output_option = click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")


class Verbs(click.Group):
    """A group that says of a verb that is not in this version that it is not."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that the arguments name."""
        if args and args[0] in LATER:
            raise click.UsageError(f"`log {args[0]}` is not in this version.", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs)
def log() -> None:
    """Look after the event log."""


@log.command()
@config_option
def verify(config: Path | None) -> None:
    """Read all of the log and check its chain and its anchor. Exits 6 when it is damaged."""
    from orchestrator.shell.log.read import verify as verify_log  # noqa: PLC0415 - heavy

    with _told():
        folder = _folder(config)
        verified = verify_log(folder)
    if not verified.entries:
        raise _absent(folder)
    head = verified.head
    click.echo(f"{verified.entries} entries verify; head {head.position} {head.hash}")


@log.command()
@config_option
@output_option
def stats(config: Path | None, output: str) -> None:
    """Count segments, bytes and entries by type."""
    from orchestrator.shell.log.statistics import statistics  # noqa: PLC0415 - heavy
    from orchestrator.web.times import rfc3339  # noqa: PLC0415 - as above

    with _told():
        folder = _folder(config)
        found = statistics(folder)
    if not found.segments:
        raise _absent(folder)
    first, last = rfc3339(found.first_ms), rfc3339(found.head_ms)
    if output == "json":
        counts = {"segments": found.segments, "bytes": found.bytes, "entries": found.entries}
        ends = {
            "first": {"position": found.first, "time": first},
            "last": {"position": found.head.position, "time": last},
        }
        click.echo(orjson.dumps({**counts, **ends, "types": found.types}))
        return
    click.echo(f"segments {found.segments}, {found.bytes / 2**20:.1f} MiB")
    click.echo(f"entries  {found.entries}")
    click.echo(f"first    {found.first} {first}")
    click.echo(f"last     {found.head.position} {last}")
    for name, number in sorted(found.types.items(), key=lambda one: (-one[1], one[0])):
        click.echo(f"{number:>9} {name}")


@log.command()
@config_option
@output_option
def head(config: Path | None, output: str) -> None:
    """Print position and hash of the last entry: what proves the log, kept on another machine."""
    from orchestrator.shell.log.statistics import head_of_log  # noqa: PLC0415 - heavy
    from orchestrator.web.times import rfc3339  # noqa: PLC0415 - as above

    with _told():
        folder = _folder(config)
        found, at_ms = head_of_log(folder)
    if not found.position:
        raise _absent(folder)
    if output == "json":
        said = {"position": found.position, "hash": found.hash, "time": rfc3339(at_ms)}
        click.echo(orjson.dumps(said))
    else:
        click.echo(f"{found.position} {found.hash}")


@log.command()
@config_option
@click.option("--since", type=When(), help="From then on; a position is the first that is told.")
@click.option("--until", type=When(), help="Up to then.")
def export(config: Path | None, since: At | None, until: At | None) -> None:
    """Print entries as lines of JSON, each with all columns as they are on disk, hash included.

    What broke off goes on with --since and the position after the last whole line.
    """
    from attrs import asdict  # noqa: PLC0415 - heavy

    from orchestrator.core.filter import Filter  # noqa: PLC0415 - as above
    from orchestrator.shell.log.read import read_rows  # noqa: PLC0415 - as above

    since, until = since or At(), until or At(position=2**63 - 1)
    wanted = Filter(max(0, since.position - 1), until.until, since.at_ms, until.until_ms)
    with _told():
        folder = _folder(config)
        for row in read_rows(folder, wanted):
            click.echo(orjson.dumps(asdict(row)))


@log.command()
@config_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(config: Path | None, folder: Path) -> None:
    """Copy the log into an empty FOLDER, also while a daemon writes it, and verify the copy.

    It takes the key of seals too, so keep it as safe as the log. Exits 6 when the log is damaged.
    """
    from orchestrator.shell.log.backup import backed_up  # noqa: PLC0415 - heavy

    with _told():
        copied = backed_up(_folder(config), folder)
    head = copied.head
    click.echo(f"{copied.entries} entries in {folder} verify; head {head.position} {head.hash}")


@log.command()
@config_option
@click.option("--reason", required=True, help="Why the loss is accepted; kept in the log.")
def accept(config: Path | None, reason: str) -> None:
    """Accept that the log has lost its tail; the daemon acts again."""
    with _told():
        change(find_config(config), "accept", {"reason": reason})
    click.echo("log accepted")


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong as a command does."""
    try:
        yield
    except LogDamaged as damaged:
        click.echo(str(damaged), err=True)
        sys.exit(DAMAGED)
    except OrchestratorError as error:
        raise fail(error) from error


def _folder(config: Path | None) -> Path:
    folder: Path = settings(find_config(config)).log.path
    return folder


def _absent(folder: Path) -> click.ClickException:
    return click.ClickException(f"there is no log at {folder}")
