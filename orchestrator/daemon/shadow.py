"""A world that goes along a log as it would have under certain documents.

Hooks, looks and orders of people come from the log. What documents bring, what rules want, decide
and do follows from the documents of the shadow, at the entry that gives rise to it: so two shadows
of one log differ in what their documents say, and in nothing else. Looks count as fresh.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Final

from attrs import define, field, frozen

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.concern import Everything, concern
from orchestrator.core.deriving import Deriver, concerned, grounds
from orchestrator.core.entry import Entry
from orchestrator.core.event import Event, HookReceived, RuleFired
from orchestrator.core.ground import Ground
from orchestrator.core.kind import Kinds
from orchestrator.core.linger import overdue
from orchestrator.core.look import all_fresh
from orchestrator.core.mapping import EMPTY
from orchestrator.core.project import project
from orchestrator.core.resource import Placement
from orchestrator.core.rule import Each, Scoped
from orchestrator.core.stir import All, grounds_of, nodes_around, stirred
from orchestrator.core.value import evolve
from orchestrator.core.world import World
from orchestrator.errors import ExpressionFailed
from orchestrator.web.admission import Decided, answered, decided, is_asked
from orchestrator.web.firing import ACTOR, Asker, rules_upon

TURN_MS: Final = 1_000  # between two turns of rules that look at what is around
CLOCK_MS: Final = 10_000  # between two turns of rules that look at the time


@frozen
class Said:
    """What the rules of a shadow say upon an entry, and what may be wanted otherwise since then."""

    decided: Decided | None = None
    fired: tuple[RuleFired, ...] = ()
    concerned: frozenset[Placement] = frozenset()


@define(eq=False)
class Shadow:
    """See the module. Events of types in `ignored` are left out: other documents stand for them.

    `failing` counts, by rule and reason, how often a rule could not be asked.
    """

    world: World
    kinds: Kinds
    deriver: Deriver
    asker: Asker
    scoped: Scoped
    ignored: tuple[type[Event], ...] = ()
    failing: dict[tuple[str, str], int] = field(factory=dict)
    _open: dict[Ground, None] = field(factory=dict)
    _wide: dict[tuple[str, str], None] = field(factory=dict)
    _over: list[tuple[int, Ground]] = field(factory=list)
    _due: dict[Ground, int] = field(factory=dict)
    _concerned: set[Placement] = field(factory=set)
    _wide_ms: int = 0
    _clock_ms: int = 0

    def load(self, loaded: Iterable[Event]) -> None:
        """Take documents at the point where the shadow stands, and what follows from them."""
        for known in self.world.lingering.values():
            for ground in known:
                self._wait(ground, self.world.at_ms)
        for event in loaded:
            self._fold(Entry(self.world.position, self.world.at_ms, 0, "", event))
        self._note_all()
        self._derive(self.world.at_ms)

    def take(self, entry: Entry) -> Said:
        """Go on by an entry; return what rules say upon it."""
        self._concerned = set()
        found: Decided | None = None
        fired: tuple[RuleFired, ...] = ()
        if not self._is_left_out(entry):
            hook = entry.event if isinstance(entry.event, HookReceived) else None
            if hook is not None and is_asked(self.world, hook):
                found = decided(self.world, hook, self.scoped, entry.at_ms)
            self._fold(_bare(entry))
            if hook is not None and found is not None:
                self._fold(evolve(entry, event=answered(hook, found, 0), cause=entry.position))
            fired = tuple(self._fire(entry))
        self._derive(entry.at_ms)
        return Said(found, fired, frozenset(self._concerned))

    def _failed(self, rule: str, why: str) -> None:
        self.failing[rule, why] = self.failing.get((rule, why), 0) + 1

    def _is_left_out(self, entry: Entry) -> bool:
        """Return whether an entry tells what this shadow finds out by itself, or ignores."""
        match entry.event:
            case documents.Ensured() | RuleFired() | events.Checkpoint():
                return True
            case events.HookAnswered(rule=rule):
                return bool(rule)
            case events.Adopted() | events.Forgotten():
                return entry.actor.startswith(ACTOR)
            case event:
                return isinstance(event, self.ignored)

    def _fold(self, entry: Entry) -> None:
        before = self.world
        self.world = project(before, entry, self.kinds)
        if self.world.errands:  # nothing is sent
            self.world = evolve(self.world, errands=EMPTY)
        match concern(before, self.world, entry, self.kinds):
            case Everything():
                self._concerned |= {*before.wanted, *self.world.wanted}
            case placements:
                self._concerned |= placements
        if isinstance(entry.event, documents.RulesLoaded):
            for name in concerned(before, self.world, entry.event):
                self._note(grounds(self.world, name))
        if self.world.deriving or before.grounds:
            self._stir(before, entry)

    def _stir(self, before: World, entry: Entry) -> None:
        """Note what an entry stirs."""
        found = stirred(before, self.world, entry, self.kinds)
        if isinstance(found, All):
            self._note_all(found.node)
            return
        for rule in self._rules():
            for one in found:
                self._note(grounds_of(self.world, rule, one))
                around = nodes_around(self.world, rule, one)
                self._wide |= dict.fromkeys((rule.name, node) for node in around)

    def _note(self, found: Iterable[Ground]) -> None:
        self._open |= dict.fromkeys(found)

    def _note_all(self, node: str = "") -> None:
        world = self.world
        for name in sorted({*world.deriving, *(rule for rule, _ in world.ensuring)}):
            self._note(grounds(world, name, node))

    def _rules(self) -> Iterator[Each]:
        for name in self.world.deriving:
            rule = self.world.rules[name]
            assert isinstance(rule, Each), "no other rule derives"
            yield rule

    def _derive(self, now_ms: int) -> None:
        """Fold what rules want otherwise now, until they have nothing more to say."""
        self._take_turns(now_ms)
        while self._open:
            found, self._open = sorted(self._open), {}
            for ground in found:
                self._ask(ground, now_ms)

    def _take_turns(self, now_ms: int) -> None:
        while self._over and self._over[0][0] <= now_ms:
            at_ms, ground = heappop(self._over)
            if self._due.get(ground) == at_ms:
                del self._due[ground]
                self._note((ground,))
        if self._wide and now_ms >= self._wide_ms:
            for name, node in self._wide:
                self._note(grounds(self.world, name, node))
            self._wide, self._wide_ms = {}, now_ms + TURN_MS
        if now_ms >= self._clock_ms:
            self._clock_ms = now_ms + CLOCK_MS
            for rule in self._rules():
                self._note(grounds(self.world, rule.name) if "now" in rule.names else ())

    def _ask(self, ground: Ground, now_ms: int) -> None:
        try:
            found = self.deriver.derived(self.world, ground, now_ms)
        except ExpressionFailed as failed:
            self._failed(ground.rule, str(failed))
            return  # it stays as it was
        if found is None and ground in self.world.lingering.get(ground.node, EMPTY):
            found = overdue(self.world, ground, all_fresh(self.world, now_ms), now_ms)
        if found is not None:
            self._fold(Entry(self.world.position, self.world.at_ms, 0, "", found))
        self._wait(ground, now_ms)

    def _wait(self, ground: Ground, now_ms: int) -> None:
        """Ask about a ground again once it has lingered, or in a while where it may not go yet."""
        until_ms = self.world.lingering.get(ground.node, EMPTY).get(ground, 0)
        at_ms = until_ms if until_ms > now_ms else now_ms + TURN_MS
        if until_ms and self._due.get(ground) != at_ms:
            self._due[ground] = at_ms
            heappush(self._over, (at_ms, ground))

    def _fire(self, entry: Entry) -> Iterator[RuleFired]:
        """Yield what rules do upon an entry, folded one after the other."""
        for rule in tuple(rules_upon(self.world, entry)):
            try:
                facts, _ = self.asker.fire(self.world, entry, rule, entry.position)
            except ExpressionFailed as failed:
                self._failed(rule.name, str(failed))
                continue
            for fact in facts:
                told = Entry(entry.position, entry.at_ms, fact.cause, fact.actor, fact.event)
                self._fold(told)
                if isinstance(fact.event, RuleFired):
                    yield fact.event


def _bare(entry: Entry) -> Entry:
    """Return an entry without what followed from it at once then."""
    event = entry.event
    if isinstance(event, documents.RulesLoaded):
        return evolve(entry, event=evolve(event, ensured=()))
    return entry
