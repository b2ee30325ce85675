"""What the daemon holds between two entries of the log.

The world, folded entry by entry; the times of the last looks; and for each node the placements
whose verdict may have changed. None of it is a truth of its own: after a restart it is folded,
looked at and planned again.
"""

from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush

import trio
from attrs import define, evolve, field

from orchestrator.core.action import NEVER, Held, Phase, Verdict
from orchestrator.core.concern import Everything, concern
from orchestrator.core.entry import Entry
from orchestrator.core.event import node_of
from orchestrator.core.ground import Ground
from orchestrator.core.kind import Kinds
from orchestrator.core.look import NEVER_LOOKED, LastLook
from orchestrator.core.plan import awaited, plan
from orchestrator.core.project import project
from orchestrator.core.resource import Placement
from orchestrator.core.stir import stirred
from orchestrator.core.world import Scope, World
from orchestrator.daemon.repeats import Repeats
from orchestrator.daemon.stirs import Stirs
from orchestrator.web.status import Failure


@define(eq=False)
class NodeMemory:
    """What one node's loop has to think of next."""

    concerned: set[Placement] = field(factory=set)
    is_all_concerned: bool = True
    awaiting_look: dict[str, set[Placement]] = field(factory=dict)
    busy: set[Placement] = field(factory=set)
    calling: int = 0
    looking: set[str] = field(factory=set)
    verdicts: dict[Placement, Verdict] = field(factory=dict)
    stirred: trio.Event = field(factory=trio.Event)
    _wakes: list[tuple[int, Placement]] = field(factory=list)
    _wake_of: dict[Placement, int] = field(factory=dict)

    def stir(self) -> None:
        """Wake the loop, now or when it next goes to sleep."""
        self.stirred.set()

    def next_wake_ms(self) -> int:
        """Return when the next placement is due."""
        return self._wakes[0][0] if self._wakes else NEVER

    def take(self, world: World, node: str, now_ms: int) -> set[Placement]:
        """Return what is to be planned now, and forget that it is."""
        taken, self.concerned = self.concerned, set()
        if self.is_all_concerned:
            taken.update(world.placements_on(node))
            self.is_all_concerned = False
        while self._wakes and self._wakes[0][0] <= now_ms:
            placement = heappop(self._wakes)[1]
            self._wake_of.pop(placement, None)
            taken.add(placement)
        return taken - self.busy

    def note(self, verdicts: Iterable[Verdict]) -> list[Held]:
        """Keep when each verdict wants to be renewed; return what is held anew."""
        news: list[Held] = []
        for verdict in verdicts:
            placement = verdict.placement
            for waiting in self.awaiting_look.values():
                waiting.discard(placement)
            if isinstance(verdict.next, Held):
                self._wake_at(verdict.wake_ms, placement)
                for kind in awaited(verdict.next):
                    self.awaiting_look.setdefault(kind, set()).add(placement)
                if _reason(self.verdicts.get(placement)) != verdict.next.reason:
                    news.append(verdict.next)
            if verdict.next is None and verdict.phase is Phase.STOPPED:
                self.verdicts.pop(placement, None)  # nothing is wanted and nothing is there
            else:
                self.verdicts[placement] = verdict
        return news

    def unsure(self, world: World, node: str, now_ms: int) -> set[Placement]:
        """Return the placements whose last verdict may not hold any more."""
        placements = world.placements_on(node)
        if self.is_all_concerned:
            return set(placements)
        new = {placement for placement in placements if placement not in self.verdicts}
        due = {placement for at_ms, placement in self._wakes if at_ms <= now_ms}
        return (self.concerned | self.busy | due) & set(placements) | new

    def _wake_at(self, at_ms: int, placement: Placement) -> None:
        if at_ms < NEVER and self._wake_of.get(placement) != at_ms:
            self._wake_of[placement] = at_ms
            heappush(self._wakes, (at_ms, placement))

    def after_look(self, kind: str) -> None:
        """Have everything planned again that waited for a look at this kind."""
        self.concerned |= self.awaiting_look.pop(kind, set())
        self.stir()


@define(eq=False)
class Ahead:
    """A world that goes on from another one by entries on their way to disk; `last` is the last."""

    base: World
    count: int
    last: Entry | None
    world: World

    def leads_to(self, pending: Sequence[Entry]) -> bool:
        """Return whether these begin with those that it was made with."""
        return 0 < self.count <= len(pending) and pending[self.count - 1] is self.last


@define(eq=False)
class Memory:
    """All that changes while the daemon runs. `now_ms` is its clock: Unix time, never backwards.

    `failing` is, by ground, why a rule could not be asked when it last was.
    """

    kinds: Kinds
    now_ms: Callable[[], int]
    world: World = field(factory=World)
    is_verified: bool = False
    looks: dict[Scope, LastLook] = field(factory=dict)
    nodes: dict[str, NodeMemory] = field(factory=dict)
    repeats: Repeats = field(factory=Repeats)
    stirs: Stirs = field(factory=Stirs)
    failing: dict[Ground, str] = field(factory=dict)
    _ahead: Ahead | None = None

    def node(self, name: str) -> NodeMemory:
        """Return what is to be thought of for a node."""
        return self.nodes.setdefault(name, NodeMemory())

    def committed(self, entries: Sequence[Entry]) -> None:
        """Fold new entries, and wake the loops of the nodes that they concern."""
        now_ms = self.now_ms()
        for entry in entries:
            self.repeats.keep(entry, now_ms)
            before = self.world
            self.world = project(before, entry, self.kinds)
            if before.deriving or self.world.deriving or before.grounds:
                self.stirs.add(stirred(before, self.world, entry, self.kinds), entry.position)
            match concern(before, self.world, entry, self.kinds):
                case Everything(node=""):
                    for node in self.nodes.values():
                        node.is_all_concerned = True
                        node.stir()
                case Everything(node=name, others=others):
                    self.node(name).is_all_concerned = True
                    self.node(name).stir()
                    self._concern(others)
                case placements:
                    self._concern(placements)
            if name := node_of(entry.event):
                self.node(name).stir()

    def failures(self) -> tuple[Failure, ...]:
        """Return why rules could not be asked, each reason of a rule once."""
        found: dict[tuple[str, str], list[Ground]] = {}
        for ground, why in sorted(self.failing.items()):
            found.setdefault((ground.rule, why), []).append(ground)
        return tuple(
            Failure(
                rule,
                why,
                f"{those[0].each.value} {those[0].natural} of {those[0].node}",
                len(those),
            )
            for (rule, why), those in sorted(found.items())
        )

    def after(self, pending: Sequence[Entry]) -> World:
        """Return the world as it will be with entries that are on their way to disk.

        Each is folded once, however often one asks with some more of them.
        """
        ahead, count = self._ahead, 0
        world = self.world
        if ahead is not None and ahead.base is world and ahead.leads_to(pending):
            world, count = ahead.world, ahead.count
        for entry in pending[count:]:
            world = project(world, entry, self.kinds)
        last = pending[-1] if pending else None
        self._ahead = Ahead(self.world, len(pending), last, world)
        return world

    def _concern(self, placements: Iterable[Placement]) -> None:
        for placement in placements:
            self.node(placement.node).concerned.add(placement)
            self.node(placement.node).stir()

    def judged(self) -> tuple[Verdict, ...]:
        """Return the verdict on everything, in order; only what may have changed is judged anew."""
        world, now_ms = self.world, self.now_ms()
        verdicts: list[Verdict] = []
        for name in sorted({*world.configuration.nodes, *world.placed}):
            own = self.node(name)
            anew = own.unsure(world, name, now_ms)
            known = {one: own.verdicts[one] for one in world.placements_on(name) if one not in anew}
            planned = plan(world, name, anew, self.kinds, self.looks, now_ms)
            known |= {verdict.placement: verdict for verdict in planned.verdicts}
            verdicts += [known[placement] for placement in sorted(known)]
        return tuple(verdicts)

    def looked(self, scope: Scope, began: LastLook) -> None:
        """Keep that a complete look began then."""
        if self.looks.get(scope, NEVER_LOOKED).failing_ms:
            self._doubt(scope)
        self.looks[scope] = began
        if self.world.lingering.get(scope[0]):
            self.stirs.nudge()

    def look_failed(self, scope: Scope, began: LastLook, error: str) -> None:
        """Keep that a look failed; the last complete one stays what it was."""
        last = self.looks.get(scope, NEVER_LOOKED)
        if not last.failing_ms:
            self._doubt(scope)
        self.looks[scope] = evolve(
            last,
            tried_ms=began.at_ms,
            failing_ms=last.failing_ms or began.at_ms,
            failures=last.failures + 1,
            error=error,
        )

    def _doubt(self, scope: Scope) -> None:
        """Have everything of a kind on a node judged anew: looks began to fail, or got through."""
        node, kind = scope
        self.node(node).concerned |= set(self.world.placements_of(node, kind))


def _reason(verdict: Verdict | None) -> str:
    return verdict.next.reason if verdict is not None and isinstance(verdict.next, Held) else ""
