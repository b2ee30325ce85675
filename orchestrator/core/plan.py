"""The plan: what to do now on one node, what not and why, and when to ask again.

A pure function of the world, of the times of the last looks, and of the time. It is never kept and
never resumed. Planning placement by placement gives what planning all of them at once gives, so an
event costs the planning of what it concerns.
"""

from collections.abc import Iterable

from attrs import frozen

from orchestrator.core.action import (
    NEVER,
    Action,
    CallingStep,
    Held,
    Look,
    Phase,
    Plan,
    Verdict,
)
from orchestrator.core.kind import Kinds
from orchestrator.core.look import NEVER_LOOKED, PAUSE_MS, Looks, due_ms
from orchestrator.core.mapping import EMPTY, without
from orchestrator.core.resource import Placement
from orchestrator.core.value import evolve
from orchestrator.core.verdict import judge
from orchestrator.core.world import STREAM, World

UNSURE = "unsure"
"""The reason that wants a look at the streams as well."""

PASSING = frozenset({"not-listed", "not-running", "ending", "look-due", UNSURE})
"""Reasons that only another look can end, so that it is worth one soon."""

AWAITING = PASSING | {"not-looked", "look-failed", "look-old", "node-unreachable"}
"""Reasons that any complete look can end, with news or without."""

SETTLING = frozenset({"stream-absent", "not-published", "no-media", "unused"})
"""Reasons to wait for which nothing is to be done here."""

AT_REST = frozenset({Phase.READY, Phase.STOPPED, Phase.FINISHED, Phase.PAUSED})
HELD_BACK = frozenset({Phase.HELD, Phase.PARKED})


def awaited(held: Held) -> tuple[str, ...]:
    """Return the kinds of which a look may end this waiting."""
    kind = held.placement.key.kind
    if held.reason == UNSURE:
        return (kind, STREAM)
    if held.awaits:
        return (kind, *held.awaits)
    return (kind,) if held.reason in AWAITING else ()


@frozen
class Planned:
    """A plan, and the verdicts that it rests on."""

    plan: Plan
    verdicts: tuple[Verdict, ...]


def plan(
    world: World,
    node: str,
    concerned: Iterable[Placement],
    kinds: Kinds,
    looks: Looks,
    now_ms: int,
) -> Planned:
    """Return what is to be done about the concerned placements on a node, and its due looks."""
    verdicts = tuple(
        _with_look(judge(world, placement, kinds, looks, now_ms), looks, now_ms)
        for placement in sorted(concerned)
    )
    actions: list[Action] = []
    held: list[Held] = []
    soon: set[str] = set()
    next_ms = NEVER
    for verdict in verdicts:
        match verdict.next:
            case None:
                pass
            case Held() as kept:
                held.append(kept)
                next_ms = min(next_ms, verdict.wake_ms)
                if kept.reason in PASSING:
                    soon.add(verdict.placement.key.kind)
                if kept.reason == UNSURE:
                    soon.add(STREAM)
            case step:
                actions.append(step)
    if world.node(node).retired:
        return Planned(Plan((), tuple(held), NEVER), verdicts)
    going, going_ms = _going(world, node, looks, now_ms)
    soon |= going
    next_ms = min(next_ms, going_ms)
    for kind in kinds.values():
        last = looks.get((node, kind.name), NEVER_LOOKED)
        due = due_ms(world, node, kind, last)
        if kind.name in soon:
            due = min(due, last.tried_ms + PAUSE_MS)
        if due <= now_ms:
            cause = world.touched_at(node, kind.name)
            actions.append(Look(node, kind.name, "due", cause))
        else:
            next_ms = min(next_ms, due)
    return Planned(Plan(tuple(actions), tuple(held), next_ms), verdicts)


def _going(world: World, node: str, looks: Looks, now_ms: int) -> tuple[set[str], int]:
    """Return the kinds of which a look lets go what rules no longer want, and when more is over."""
    soon: set[str] = set()
    next_ms = NEVER
    for ground, until_ms in world.lingering.get(node, EMPTY).items():
        if until_ms > now_ms:
            next_ms = min(next_ms, until_ms)
        elif not looks.get((node, ground.each.kind), NEVER_LOOKED).failing_ms:
            soon.add(ground.each.kind)
    return soon, next_ms


def _with_look(verdict: Verdict, looks: Looks, now_ms: int) -> Verdict:
    """Return the verdict, to be renewed when a look that can end its waiting may begin."""
    if not isinstance(verdict.next, Held) or verdict.next.reason not in PASSING:
        return verdict
    last = looks.get((verdict.placement.node, verdict.placement.key.kind), NEVER_LOOKED)
    may_ms = last.tried_ms + PAUSE_MS
    return evolve(verdict, wake_ms=min(verdict.wake_ms, may_ms)) if may_ms > now_ms else verdict


def is_still_due(
    step: CallingStep,
    seen: World,
    world: World,
    kinds: Kinds,
    looks: Looks,
    now_ms: int,
) -> bool:
    """Return whether a step that was decided on `seen` would be decided on `world` and now, too.

    There its intent stands in the log already, and more may have been written; and what was looked
    at may have become too old to end anything while the step waited for its turn.
    """
    placement = step.placement
    world = evolve(
        world,
        in_flight=without(world.in_flight, placement),
        records=world.records.set(placement, seen.record(placement)),
    )
    due = judge(world, placement, kinds, looks, now_ms).next
    return isinstance(due, CallingStep) and due.call == step.call


def is_settled(verdict: Verdict, *, allow_held: bool = False) -> bool:
    """Return whether nothing is to be done and nothing is under way for a placement.

    Waiting for a stream that is not there is settled, and so is what a retired node has left; held
    or parked is not, unless allowed.
    """
    is_allowed = verdict.phase in HELD_BACK and (allow_held or verdict.reason == "retired")
    is_waiting = verdict.phase is Phase.WAITING and verdict.reason in SETTLING
    return verdict.phase in AT_REST or is_allowed or is_waiting
