"""Documents in: read them, compare with what was last good, append what is news.

A faulty file keeps its last good version: that is what the world still holds of it, so it holds
after a restart too. A change that takes away or interrupts too much goes into the log together with
the hold that keeps it back.
"""

from collections.abc import Mapping, Sequence

import structlog
from attrs import define, frozen

from orchestrator.core.deriving import Deriver, concerned
from orchestrator.core.document import (
    ConfigurationLoaded,
    DocumentAccepted,
    DocumentRejected,
    RulesLoaded,
    StateLoaded,
)
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import Event
from orchestrator.core.kind import Kinds
from orchestrator.core.limits import judge
from orchestrator.core.project import ahead
from orchestrator.core.resource import Place
from orchestrator.core.rule import Rule, Table
from orchestrator.core.value import evolve
from orchestrator.core.world import World
from orchestrator.daemon.memory import Memory
from orchestrator.errors import DocumentError, Fault
from orchestrator.shell.documents.doubled import RulesRead
from orchestrator.shell.documents.state import FileRead
from orchestrator.shell.log.log import Log
from orchestrator.shell.settings import Settings

journal = structlog.stdlib.get_logger()


@frozen
class Documents:
    """What was read: the configuration, and each file of state or rules with what is in it."""

    settings: Settings
    files: tuple[FileRead, ...]
    rules: tuple[RulesRead, ...] = ()

    @property
    def read(self) -> tuple[FileRead | RulesRead, ...]:
        """Return every file."""
        return (*self.files, *self.rules)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return all that is wrong in them."""
        return tuple(fault for file in self.read for fault in file.faults)


@frozen
class Taken:
    """What became of a load, for people and for the reply to `reload`."""

    faults: tuple[Fault, ...]
    changed: int
    removed: int
    holds: tuple[str, ...]
    position: int


@define(eq=False)
class Loader:
    """Takes what was read, again and again."""

    memory: Memory
    log: Log
    deriver: Deriver

    async def load(self, documents: Documents, *, actor: str, cause: int = 0) -> Taken:
        """Append what the documents bring that the log does not know; return what that was.

        Raises:
            DocumentError: the log has no state at all, and a file is faulty.
            LogRefused: nothing of it was taken.
        """
        world = self.memory.world
        faults = documents.faults
        if not world.is_configured and faults:
            raise DocumentError(faults)

        memory, kinds = self.memory, self.memory.kinds
        first = news(world, documents, kinds, self.deriver, memory.now_ms())

        def made(pending: Sequence[Entry], at_ms: int) -> list[Fact]:
            """Return what is news for the world that it changes: no look may come in between."""
            now = memory.after(pending)
            events = first if now is world else news(now, documents, kinds, self.deriver, at_ms)
            return [Fact(event, cause, actor) for event in events]

        entries = await self.log.append_made(made) if first else ()
        for fault in faults:
            journal.error("document_rejected", place=str(fault))
        return _taken(entries, faults, self.log.head.position)


def news(
    world: World, documents: Documents, kinds: Kinds, deriver: Deriver, now_ms: int
) -> tuple[Event, ...]:
    """Return what documents bring that the world does not know, holds included."""
    events: list[Event] = []
    configuration = documents.settings.configuration
    if not world.is_configured or world.configuration != configuration:
        events.append(ConfigurationLoaded(configuration, documents.settings.place))
    loaded = difference(world, documents.files)
    if loaded != StateLoaded(()):
        events.append(loaded)
    ruled = difference_of_rules(world, documents.rules)
    after = ahead(world, map(Fact, (*events, ruled)), kinds)
    ensured = tuple(deriver.at_once(after, concerned(world, after, ruled), now_ms))
    if (ruled := evolve(ruled, ensured=ensured)) != RulesLoaded():
        events.append(ruled)
    events += [event for file in documents.read for event in _verdict(world, file)]
    present = {file.file for file in documents.read}
    events += [DocumentAccepted(file) for file in sorted(world.rejected) if file not in present]
    holds: list[Event] = []
    for event in events:
        before, world = world, ahead(world, (Fact(event),), kinds)
        if isinstance(event, ConfigurationLoaded | StateLoaded | RulesLoaded):
            holds += judge(before, world, kinds)
    return (*events, *holds)


def difference(world: World, files: Sequence[FileRead]) -> StateLoaded:
    """Return resources that are new, changed or renamed, and keys whose line is gone."""
    good = {
        resource.key: resource for file in files if not file.faults for resource in file.resources
    }
    faulty = [file.file for file in files if file.faults]
    moved = tuple(
        one
        for file in files
        for one in file.moved
        if one.old in world.declared and one.old not in good
        if one.new in good and one.new not in world.declared
    )
    renamed = {one.old for one in moved}
    items = tuple(good[key] for key in sorted(good) if world.declared.get(key) != good[key])
    removed = tuple(
        key
        for key in sorted(world.declared)
        if key not in good
        and key not in renamed
        and not _is_of(world.declared[key].place.file, faulty)
    )
    return StateLoaded(items, removed, moved)


def difference_of_rules(world: World, files: Sequence[RulesRead]) -> RulesLoaded:
    """Return rules and tables that are new or changed, and the names of those that are gone."""
    good = [file for file in files if not file.faults]
    faulty = [file.file for file in files if file.faults]
    rules = {rule.name: rule for file in good for rule in file.rules}
    tables = {table.name: table for file in good for table in file.tables}
    return RulesLoaded(
        items=tuple(rules[name] for name in sorted(rules) if world.rules.get(name) != rules[name]),
        removed=_gone(world.rules, rules, faulty),
        tables=tuple(
            tables[name] for name in sorted(tables) if world.tables.get(name) != tables[name]
        ),
        tables_removed=_gone(world.tables, tables, faulty),
    )


def places_of(world: World) -> Mapping[str, Place]:
    """Return where what is in force stands, as `rule NAME` and `table NAME`."""
    rules = {f"rule {name}": rule.place for name, rule in world.rules.items()}
    return rules | {f"table {name}": table.place for name, table in world.tables.items()}


def _gone(
    before: Mapping[str, Rule | Table], now: Mapping[str, Rule | Table], faulty: Sequence[str]
) -> tuple[str, ...]:
    """Return the names that no file has any more, but for those of faulty ones."""
    return tuple(
        name
        for name in sorted(before)
        if name not in now and not _is_of(before[name].place.file, faulty)
    )


def _is_of(file: str, faulty: Sequence[str]) -> bool:
    """Return whether a file is one of these, or below one of these folders."""
    return any(file == name or file.startswith(f"{name}/") for name in faulty)


def _verdict(world: World, file: FileRead | RulesRead) -> list[Event]:
    rejected = world.rejected.get(file.file)
    if not file.faults:
        return [DocumentAccepted(file.file)] if rejected is not None else []
    first, more = file.faults[0], len(file.faults) - 1
    message = first.message + (f" (and {more} more)" if more else "")
    if rejected is not None and rejected.message == message and rejected.place.line == first.line:
        return []
    return [DocumentRejected(first.file, first.line, first.column, message)]


def _taken(entries: Sequence[Entry], faults: tuple[Fault, ...], position: int) -> Taken:
    changed = removed = 0
    holds: list[str] = []
    for entry in entries:
        match entry.event:
            case StateLoaded(items=items, removed=gone) | RulesLoaded(items=items, removed=gone):
                changed, removed = changed + len(items), removed + len(gone)
            case event if hold := getattr(event, "hold", ""):
                holds.append(hold)
            case _:
                pass
    return Taken(faults, changed, removed, tuple(holds), position)
