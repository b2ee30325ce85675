"""Rules asked about what comes and goes: what they want for it is appended as news.

Woken by entries that stir a subject, by times that are over, and by looks. What is said of a
subject is decided in the order of the log, on the world that the entry before it leaves; so after a
kill it is decided again, and said once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
import trio
from attrs import define, field

from orchestrator.core.action import NEVER
from orchestrator.core.configuration import Configuration
from orchestrator.core.deriving import Deriver, overdue
from orchestrator.core.document import Ensured
from orchestrator.core.ensured import ground_of
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.ground import Ground
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.resource import Resource
from orchestrator.core.rule import Each
from orchestrator.core.scope import subjects
from orchestrator.core.stir import Stirred
from orchestrator.core.world import World
from orchestrator.daemon.admitting import scoped
from orchestrator.daemon.memory import Memory
from orchestrator.errors import ExpressionFailed, LogRefused
from orchestrator.expression import looked_at
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault

BATCH: Final = 50  # grounds that are asked about before others have a turn
PAUSE_MS: Final = 1_000  # before the log is tried again, and between two turns of what looks wide
CLOCK_MS: Final = 10_000  # between two turns of rules that look at the time
AROUND: Final = frozenset({"streams", "calls", "connections"})

journal = structlog.stdlib.get_logger()


def deriver_of(vault: Vault, kinds: Kinds) -> Deriver:
    """Return what asks rules, with the secrets of a vault."""

    def made(
        configuration: Configuration, rule: Each, node: str, filled: Json
    ) -> tuple[Resource, ...]:
        return Maker(Path(), configuration, vault, kinds).resources(rule, node, filled)

    return Deriver(scoped(vault), made, looked_at, kinds)


@define(eq=False)
class Ensuring:
    """Asks rules about what was stirred."""

    memory: Memory
    log: Log
    deriver: Deriver
    _open: dict[Ground, int] = field(factory=dict)
    _wide: dict[tuple[str, str], int] = field(factory=dict)
    _names: dict[str, tuple[Each, frozenset[str]]] = field(factory=dict)
    _wide_ms: int = 0
    _clock_ms: int = 0

    async def run(self) -> None:
        """Ask for as long as it is not cancelled."""
        while True:
            await self._wait()
            self._gather()
            try:
                await self._say()
            except LogRefused as refused:
                journal.error("log_refused", error=str(refused))
                await trio.sleep(PAUSE_MS / 1000)

    def again(self) -> None:
        """Have every rule asked again about all there is: its secrets may be others now."""
        if self.memory.world.deriving:
            self.memory.stirs.add(None, self.memory.world.position)

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
        world, now_ms = self.memory.world, self.memory.now_ms()
        next_ms = min(world.lapsing.values(), default=NEVER)
        if next_ms <= now_ms:  # it waits for a look
            next_ms = now_ms + PAUSE_MS
        if self._wide:
            next_ms = min(next_ms, self._wide_ms + PAUSE_MS)
        if any("now" in self._looks_at(name) for name in world.deriving):
            next_ms = min(next_ms, self._clock_ms + CLOCK_MS)
        return next_ms

    def _gather(self) -> None:
        """Note the grounds that are to be asked about, each with the entry that stirred it."""
        world, now_ms = self.memory.world, self.memory.now_ms()
        found, everything = self.memory.stirs.take()
        is_time = now_ms >= self._clock_ms + CLOCK_MS
        for name in world.deriving:
            rule = world.rules[name]
            assert isinstance(rule, Each), "no other rule derives"
            if everything or (is_time and "now" in self._looks_at(name)):
                self._note(_grounds(world, rule, world.configuration.nodes), everything)
            else:
                self._gather_for(rule, found)
        if everything:
            self._note(world.grounds, everything)
            self.memory.failing.clear()
        if is_time:
            self._clock_ms = now_ms
        if self._wide and now_ms >= self._wide_ms + PAUSE_MS:
            self._wide_ms = now_ms
            wide, self._wide = self._wide, {}
            for (name, node), cause in wide.items():
                found_rule = world.rules.get(name)
                if isinstance(found_rule, Each):
                    self._note(_grounds(world, found_rule, (node,)), cause)

    def _gather_for(self, rule: Each, found: Mapping[Stirred, int]) -> None:
        """Note the grounds of one rule; one that looks at what is around has many, in turns."""
        names, nodes = self._looks_at(rule.name), self.memory.world.configuration.nodes
        for one, cause in found.items():
            if one.each is rule.each:
                self._note((Ground(rule.name, one.node, one.each, one.natural),), cause)
            if "all" in names:
                self._wide |= {(rule.name, node): cause for node in nodes}
            elif names & AROUND:
                self._wide[rule.name, one.node] = cause

    def _looks_at(self, name: str) -> frozenset[str]:
        """Return the names that a rule looks at, told once of each."""
        rule = self.memory.world.rules[name]
        assert isinstance(rule, Each), "no other rule derives"
        known = self._names.get(name)
        if known is None or known[0] is not rule:
            known = self._names[name] = (rule, self.deriver.names(rule))
        return known[1]

    def _note(self, grounds: Iterable[Ground], cause: int) -> None:
        for ground in grounds:
            self._open.setdefault(ground, cause)

    async def _say(self) -> None:
        """Append what is news about the grounds that are open, and what is over.

        Raises:
            LogRefused: they stay open.
        """
        while self._open:
            batch = dict(sorted(self._open.items())[:BATCH])
            await self._append(batch)
            for ground in batch:
                self._open.pop(ground, None)
            await trio.lowlevel.checkpoint()
        memory = self.memory
        over = tuple(overdue(memory.world, memory.looks, memory.now_ms()))
        if over:
            standing = memory.world.grounds
            await self._append({ground_of(one): standing[ground_of(one)].said for one in over})

    async def _append(self, batch: dict[Ground, int]) -> None:
        if not any(self._news(self.memory.world, batch, self.memory.now_ms())):
            return

        def made(pending: Sequence[Entry], at_ms: int) -> list[Fact]:
            return self._news(self.memory.after(pending), batch, at_ms)

        await self.log.append_made(made)

    def _news(self, world: World, batch: dict[Ground, int], now_ms: int) -> list[Fact]:
        facts = []
        over = {ground_of(one): one for one in overdue(world, self.memory.looks, now_ms)}
        for ground, cause in batch.items():
            found = self._derived(world, ground, now_ms) or over.get(ground)
            if found is not None:
                facts.append(Fact(found, cause, f"rule:{ground.rule}"))
        return facts

    def _derived(self, world: World, ground: Ground, now_ms: int) -> Ensured | None:
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
        return found


def all_derived(world: World, deriver: Deriver, now_ms: int) -> Iterator[Ensured]:
    """Yield all that is news about all that there is; what cannot be told stays as it was."""
    for name in world.deriving:
        rule = world.rules[name]
        assert isinstance(rule, Each), "no other rule derives"
        for ground in sorted({*_grounds(world, rule, world.configuration.nodes), *world.grounds}):
            if ground.rule == name:
                with suppress(ExpressionFailed):
                    found = deriver.derived(world, ground, now_ms)
                    if found is not None:
                        yield found


def _grounds(world: World, rule: Each, nodes: Iterable[str]) -> list[Ground]:
    return [
        Ground(rule.name, node, rule.each, natural)
        for node in nodes
        for natural in subjects(world, node, rule.each)
    ]
