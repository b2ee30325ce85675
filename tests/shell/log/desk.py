"""What the tests of the log share: places that outlive a daemon, and a daemon's use of a log."""

from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio
from attrs import define, evolve, field

from orchestrator.codec import codec_of
from orchestrator.core.document import DocumentRejected
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import NodeFound, NodeLost
from orchestrator.core.filter import Filter
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.errors import LogRefused
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.chain import Head, columns_of, verified
from orchestrator.shell.log.log import Log, at_once, in_thread
from orchestrator.shell.log.memory import Disk, MemoryStore
from orchestrator.shell.log.sqlite import SqliteStore

CODEC = codec_of(KINDS)
LARGE = 1_000_000


def fact(text: str, actor: str = "orchestrator") -> Fact:
    return Fact(DocumentRejected(f"{text}.yaml", 1, 2, text), actor=actor)


def facts(count: int) -> list[Fact]:
    """Return facts that change the world each in its own way."""
    shapes: list[Callable[[int], Fact]] = [
        lambda n: Fact(NodeLost(f"wcs{n % 3}", f"silent {n}"), cause=n),
        lambda n: Fact(NodeFound(f"wcs{n % 3}"), actor="user:anna"),
        lambda n: fact(f"f{n}"),
    ]
    return [shapes[n % 3](n) for n in range(count)]


@define(eq=False)
class SqlitePlace:
    """A folder."""

    folder: Path

    def store(self, segment_max: int = LARGE) -> SqliteStore:
        """Return a store whose segments end after about so many entries."""
        return SqliteStore(self.folder, segment_max * 350)

    run_work = staticmethod(in_thread)


@define(eq=False)
class MemoryPlace:
    """A disk in memory."""

    disk: Disk = field(factory=Disk)

    def store(self, segment_max: int = LARGE) -> MemoryStore:
        return MemoryStore(self.disk, segment_max)

    run_work = staticmethod(at_once)


@define(eq=False)
class Spy:
    """A store that counts its writes, and fails when it is told to: before or after writing."""

    store: object
    writes: list[int] = field(factory=list)
    fails: str = ""
    gate: Callable[[], None] = lambda: None

    def write(self, rows: Sequence[object]) -> None:
        self.gate()
        self.writes.append(len(rows))
        if self.fails == "before":
            raise LogRefused("no space left")
        self.store.write(rows)
        if self.fails == "after":
            raise LogRefused("it did not sync")

    def recover(self, head: object) -> list[object]:
        if self.fails == "recover":
            raise LogRefused("still no space left")
        return self.store.recover(head)

    def roll(self, row: object) -> None:
        if self.fails == "roll":
            raise LogRefused("no space for another file")
        self.store.roll(row)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@define(eq=False)
class Desk:
    """A daemon as far as the log sees it: it folds, and gives checkpoints of that."""

    store: Spy
    run_work: object
    now_ms: Callable[[], int] = lambda: 1_700_000_000_000
    world: World = field(factory=World)
    entries: list[Entry] = field(factory=list)
    log: Log = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.log = Log(
            self.store,
            CODEC,
            self.now_ms,
            self.committed,
            lambda: CODEC.checkpoint(self.world),
            self.run_work,
        )

    def committed(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.world = project(self.world, entry, KINDS)
        self.entries += entries

    async def rows(self, wanted: Filter | None = None) -> list[object]:
        return await self.log.read(wanted or Filter(), LARGE)


def desk_at(place: object, segment_max: int = LARGE, **options: object) -> Desk:
    return Desk(Spy(place.store(segment_max)), place.run_work, **options)


@asynccontextmanager
async def running(place: object, segment_max: int = LARGE, **options: object):
    """Open a log and run its writer, as the daemon does; end in order."""
    desk = desk_at(place, segment_max, **options)
    await desk.log.open()
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(desk.log.run)
            yield desk
            desk.log.close()
    finally:
        desk.store.close()


def check_chain(rows: Sequence[object]) -> None:
    """See that rows follow each other from the first entry of all."""
    head = verified(map(columns_of, rows), Head(), "log")
    assert (head.position, head.hash) == (rows[-1].position, rows[-1].hash)


def world_at(rows: Sequence[object]) -> World:
    """Return the fold over rows, checkpoints aside: as if there had never been one."""
    world = World()
    for row in rows:
        entry = CODEC.decode(row)
        if row.type == "Checkpoint":
            world = evolve(world, position=entry.position, at_ms=entry.at_ms)
        else:
            world = project(world, entry, KINDS)
    return world


PLACES = {
    "sqlite": lambda path: SqlitePlace(path / "log"),
    "memory": lambda _: MemoryPlace(),
}
