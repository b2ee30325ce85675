"""Rules asked about what comes and goes: what they want for it is appended as news.

Woken by entries that stir a subject, by times that are over, and by looks. What is said of a
subject is decided in the order of the log, on the world that the entry before it leaves; so after a
kill it is decided again, and said once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final

import structlog
import trio
from attrs import define, field

from orchestrator.core.action import NEVER
from orchestrator.core.deriving import Deriver, grounds
from orchestrator.core.document import Ensured
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.ground import Ground
from orchestrator.core.linger import overdue
from orchestrator.core.mapping import EMPTY
from orchestrator.core.project import ahead
from orchestrator.core.rule import Each
from orchestrator.core.stir import All, Stirred, grounds_of, nodes_around
from orchestrator.core.world import World
from orchestrator.daemon.memory import Memory
from orchestrator.errors import ExpressionFailed, LogRefused
from orchestrator.shell.log.log import Log

BATCH: Final = 50  # grounds that are asked about before others have a turn
PAUSE_MS: Final = 1_000  # before the log is tried again, and between two turns at least
CLOCK_MS: Final = 10_000  # between two turns of rules that look at the time, or that failed
RESTS: Final = 9  # times as long as a turn of what looks wide

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Ensuring:
    """Asks rules about what was stirred.

    Rules that look at what is around have many subjects to be asked about: they take turns, with
    rests of many times what a turn took, so that whoever posts hooks is not kept waiting.
    """

    memory: Memory
    log: Log
    deriver: Deriver
    _open: dict[Ground, int] = field(factory=dict)
    _wide: dict[tuple[str, str], int] = field(factory=dict)
    _over: list[tuple[int, Ground]] = field(factory=list)
    _wide_ms: int = 0
    _clock_ms: int = 0

    async def run(self) -> None:
        """Ask for as long as it is not cancelled."""
        self.memory.stirs.add(All(), 0)
        while True:
            await self._wait()
            self._gather()
            try:
                await self._say()
            except LogRefused as refused:
                journal.error("log_refused", error=str(refused))
                await trio.sleep(PAUSE_MS / 1000)

    async def _wait(self) -> None:
        """Block until there may be something to say."""
        stirs = self.memory.stirs
        if self._open or stirs:
            await trio.lowlevel.checkpoint()
            return
        wait_s = (self._next_ms() - self.memory.now_ms()) / 1000
        with trio.move_on_after(max(0.0, min(wait_s, 3_600.0))):
            await stirs.wait()

    def _next_ms(self) -> int:
        """Return when something is to be said without anything having come."""
        now_ms, next_ms = self.memory.now_ms(), NEVER
        if self._over:  # what is over waits for a look
            next_ms = max(self._over[0][0], now_ms + PAUSE_MS)
        if self._wide:
            next_ms = min(next_ms, self._wide_ms)
        if self.memory.failing or self._look_at_time():
            next_ms = min(next_ms, self._clock_ms + CLOCK_MS)
        return next_ms

    def _gather(self) -> None:
        """Note the grounds that are to be asked about, each with the entry that stirred it last."""
        memory = self.memory
        world, now_ms = memory.world, memory.now_ms()
        found, everything = memory.stirs.take()
        for node, cause in sorted(everything.items()):
            self._note_all(node, cause)
        for name in world.deriving:
            self._gather_for(name, found)
        if now_ms >= self._clock_ms + CLOCK_MS:
            self._clock_ms = now_ms
            self._note(memory.failing, 0)
            for name in self._look_at_time():
                self._note(grounds(world, name), 0)

    def _note_all(self, node: str, cause: int) -> None:
        """Note all that a rule holds for, or might; of one node, if one is named."""
        world = self.memory.world
        for name in sorted({*world.deriving, *(rule for rule, _ in world.ensuring)}):
            self._note(grounds(world, name, node), cause)
        times = [(at_ms, one) for known in world.lingering.values() for one, at_ms in known.items()]
        self._over = sorted(times)
        if not node:
            self.memory.failing.clear()

    def _gather_for(self, name: str, found: Mapping[Stirred, int]) -> None:
        """Note the grounds of one rule that were stirred."""
        world, rule = self.memory.world, self._rule(name)
        for one, cause in found.items():
            self._note(grounds_of(world, rule, one), cause)
            self._wide |= {(name, node): cause for node in nodes_around(world, rule, one)}

    def _look_at_time(self) -> list[str]:
        return [name for name in self.memory.world.deriving if "now" in self._rule(name).names]

    def _rule(self, name: str) -> Each:
        rule = self.memory.world.rules[name]
        assert isinstance(rule, Each), "no other rule derives"
        return rule

    def _note(self, stirred: Iterable[Ground], cause: int) -> None:
        for ground in stirred:
            self._open[ground] = cause or self._open.get(ground, 0)

    async def _say(self) -> None:
        """Append what is news about the grounds that are open, and what is over.

        Raises:
            LogRefused: they stay open.
        """
        await self._take_turns()
        now_ms = self.memory.now_ms()
        while self._over and self._over[0][0] <= now_ms:
            _, ground = heappop(self._over)
            if ground in self.memory.world.lingering.get(ground.node, EMPTY):
                self._note((ground,), 0)
        batches = list(batched(sorted(self._open), BATCH))
        for batch in batches:
            await self._append({ground: self._open[ground] for ground in batch})
            for ground in batch:
                del self._open[ground]

    async def _take_turns(self) -> None:
        """Ask the rules that look at what is around, if it is their turn."""
        began_ms = self.memory.now_ms()
        if not self._wide or began_ms < self._wide_ms:
            return
        wide, self._wide = self._wide, {}
        for (name, node), cause in wide.items():
            for ground in grounds(self.memory.world, name, node):
                await self._append({ground: cause})
                await trio.lowlevel.checkpoint()
        now_ms = self.memory.now_ms()
        self._wide_ms = now_ms + max(PAUSE_MS, RESTS * (now_ms - began_ms))

    async def _append(self, batch: Mapping[Ground, int]) -> None:
        """Append what is news about these grounds; what waits for a look is asked about again."""
        memory = self.memory
        world = memory.world
        first = self._news(world, batch, memory.now_ms())
        if not first:
            self._wait_for_looks(batch)
            return

        def made(pending: Sequence[Entry], at_ms: int) -> list[Fact]:
            now = memory.after(pending)
            return first if now is world else self._news(now, batch, at_ms)

        await self.log.append_made(made)
        self._wait_for_looks(batch)

    def _wait_for_looks(self, batch: Iterable[Ground]) -> None:
        lingering = self.memory.world.lingering
        for ground in batch:
            if until_ms := lingering.get(ground.node, EMPTY).get(ground, 0):
                heappush(self._over, (until_ms, ground))

    def _news(self, world: World, batch: Mapping[Ground, int], now_ms: int) -> list[Fact]:
        """Return what there is to be said of some grounds, each said after the one before it."""
        facts = []
        for ground, cause in batch.items():
            found = self._derived(world, ground, now_ms)
            if found is not None:
                standing = world.grounds.get(ground)
                since = standing.said if standing is not None else 0
                facts.append(Fact(found, cause or since, f"rule:{ground.rule}"))
                world = ahead(world, [Fact(found)], self.deriver.kinds)
        return facts

    def _derived(self, world: World, ground: Ground, now_ms: int) -> Ensured | None:
        """Return what is news about a ground; what cannot be told is told to people, and stays."""
        failing = self.memory.failing
        try:
            found = self.deriver.derived(world, ground, now_ms)
        except ExpressionFailed as failed:
            if failing.get(ground) != str(failed):
                failing[ground] = str(failed)
                told = {"rule": ground.rule, "node": ground.node, "about": ground.natural}
                journal.warning("rule_failed", **told, error=str(failed))
            return None
        failing.pop(ground, None)
        return found or overdue(world, ground, self.memory.looks, now_ms)


def batched(those: Sequence[Ground], count: int) -> Iterator[Sequence[Ground]]:
    """Yield so many at a time."""
    for first in range(0, len(those), count):
        yield those[first : first + count]
