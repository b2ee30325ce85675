"""Backtests made in this process, from the log and folders of documents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from orchestrator.cli.ask import Refused, settings
from orchestrator.cli.folders import Folders
from orchestrator.cli.offline import world_at
from orchestrator.cli.when import At
from orchestrator.codec import Codec, codec_of
from orchestrator.core.entry import Entry
from orchestrator.core.event import Event
from orchestrator.core.filter import Filter
from orchestrator.core.world import World
from orchestrator.daemon.backtesting import Backtest, backtest_of
from orchestrator.daemon.load import difference, difference_of_rules
from orchestrator.errors import DocumentError
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.rules import read_rules
from orchestrator.shell.documents.state import StateReader
from orchestrator.shell.log.sqlite import read_rows, segments
from orchestrator.shell.secrets import Vault, sealing_key

BEGINNING: Final = frozenset(
    {"DaemonStarted", "ConfigurationLoaded", "StateLoaded", "RulesLoaded", "DocumentRejected"}
)


def backtested(path: Path, folders: Folders, since: At | None) -> dict[str, Any]:
    """Return how the log would have been otherwise: `decisions` and `actions`, and what was read.

    Raises:
        DocumentError: a document is faulty.
        Refused: there is no log, or it does not reach that far.
        SecretMissing: the key of its seals cannot be read.
    """
    found = folders.instead(settings(path))
    folder, codec = found.log.path, codec_of(KINDS)
    if not folder.is_dir() or not segments(folder):
        raise Refused(404, f"there is no log at {folder}: name its configuration with --config")
    world = _before(folder, codec, since)
    vault = Vault(
        sealing_key(folder / "seal.key", is_first_start=False), found.secrets, found.hooks.sealed
    )
    loaded: list[Event] = []
    is_all = folders == Folders()
    if folders.state is not None or is_all:
        files = StateReader().read(found, vault, KINDS, declared={})
        _check(files)
        loaded.append(difference(world, files))
    if folders.rules is not None or is_all:
        rules = read_rules(found, vault, KINDS, {})
        _check(rules)
        loaded.append(difference_of_rules(world, rules))
    test = backtest_of(world, loaded, codec, vault, KINDS)
    count = _run(test, _entries(folder, codec, world))
    return {
        "decisions": [one.told for one in test.decisions],
        "actions": [one.told for one in test.actions],
        "failing": [
            {"rule": rule, "message": why, "count": times}
            for (rule, why), times in sorted(test.other.failing.items())
        ],
        "entries": count,
        "first": world.position + 1,
    }


def _before(folder: Path, codec: Codec, since: At | None) -> World:
    """Return the world right before the first entry that counts.

    That is after the documents that a log begins with: before, nothing could be wanted.
    """
    begin = _begin(folder)
    if since is None or 0 < since.position <= begin:
        return world_at(folder, codec, begin)
    if not since.position:
        world = world_at(folder, codec, until_ms=since.until_ms - 1)
        return world if world.position >= begin else world_at(folder, codec, begin)
    if next(read_rows(folder, Filter(after=since.position - 1)), None) is None:
        raise Refused(404, f"{since.position}: the log does not reach that far")
    return world_at(folder, codec, since.position - 1)


def _begin(folder: Path) -> int:
    """Return the last of the entries that a log begins with: a start, and its documents."""
    begin = int(segments(folder)[0].stem)  # a world, or an empty one
    for row in read_rows(folder, Filter(after=begin)):
        if row.type not in BEGINNING:
            break
        begin = row.position
    return begin


def _entries(folder: Path, codec: Codec, world: World) -> Iterator[Entry]:
    for row in read_rows(folder, Filter(after=world.position)):
        yield codec.decode(row)


def _run(test: Backtest, entries: Iterator[Entry]) -> int:
    count = 0

    def counted() -> Iterator[Entry]:
        nonlocal count
        for entry in entries:
            count += 1
            yield entry

    test.run(counted())
    return count


def _check(files: Any) -> None:
    if faults := tuple(fault for file in files for fault in file.faults):
        raise DocumentError(faults)
