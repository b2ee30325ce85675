"""How much a change of documents may take away or interrupt, and the sets that are held back.

Counted is what a change of documents does: lines that go, `enabled: false`, and replacements of
what runs. Not counted is what operators ask for, and what ends because its stream did. The verdict
falls when the change is loaded, once, for the whole of it: either all of its steps of a sort may go
on, or all of them wait under one id. So no step has been taken when an operator is asked.
"""

from hashlib import sha256
from typing import Final

from orchestrator.core.comparison import Comparison, Different, Later
from orchestrator.core.event import HeldStep, PlanApproved, PlanHeld
from orchestrator.core.hold import Hold, Member
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import without
from orchestrator.core.resource import OnChange, Placement
from orchestrator.core.sources import falls_with
from orchestrator.core.thing import Observed
from orchestrator.core.value import evolve
from orchestrator.core.world import Taken, World

HOUR_MS: Final = 3_600_000


def judge(before: World, after: World, kinds: Kinds) -> tuple[PlanHeld, ...]:
    """Return the sets that a change of documents, just folded into `after`, has to wait with."""
    holds: list[PlanHeld] = []
    losses = taken_away(after)
    if reason := _over_deletes(before, after, len(losses)):
        holds.append(_hold(after, "over-limit", f"{reason}; nothing of it was ended", losses))
    chosen, interrupted = _interrupted(after, kinds)
    limit = after.configuration.limits.interrupts_per_change
    first = {Placement(step.node, step.key) for step in interrupted}
    falling = {other for one in first for other in falls_with(after, one, kinds)}
    count = len(first | falling)
    if count > limit:
        message = f"the change interrupts {count} running things, more than {limit}"
        holds.append(_hold(after, "over-limit", message, interrupted))
    if chosen:
        message = f"{len(chosen)} changed things say `onChange: hold`"
        holds.append(_hold(after, "on-change", message, chosen))
    return tuple(holds)


def taken_away(world: World) -> tuple[HeldStep, ...]:
    """Return what the entry at the world's position took the line from, and may be ended."""
    return tuple(
        _step("delete", placement, thing)
        for placement in sorted(world.owned)
        for thing in world.holdings(placement)
        if thing.owner is not None
        and thing.owner.unwanted == world.position
        and not thing.owner.is_protected
    )


def with_taken(before: World, after: World) -> World:
    """Return the world in which a change of documents has drawn on the hour's allowance."""
    used = {member.hold for member in after.members.values()}
    holds = after.holds
    for hold in sorted(holds):
        holds = holds if hold in used else without(holds, hold)
    after = evolve(after, holds=holds)
    count = len(taken_away(after))
    if not count:
        return after
    recent = _recent(before, after.at_ms)
    return evolve(after, taken=(*recent, Taken(after.at_ms, count)))


def with_hold(world: World, held: PlanHeld) -> World:
    """Return the world in which a set waits; it gives back the allowance it did not use."""
    members = world.members
    for step in held.members:
        members = members.set(Placement(step.node, step.key), Member(held.hold, step))
    deletes = sum(step.action == "delete" for step in held.members)
    taken = world.taken
    if deletes and taken:
        taken = (*taken[:-1], evolve(taken[-1], count=taken[-1].count - deletes))
    hold = Hold(world.position, world.at_ms, held.reason, held.message)
    return evolve(world, members=members, holds=world.holds.set(held.hold, hold), taken=taken)


def with_approval(world: World, approved: PlanApproved) -> World:
    """Return the world in which the steps of a set may go on."""
    members = world.members
    for placement in sorted(members):
        if members[placement].hold == approved.hold:
            members = members.set(placement, evolve(members[placement], is_approved=True))
    return evolve(world, members=members, holds=without(world.holds, approved.hold))


def holding(world: World, placement: Placement, action: str, thing: Observed) -> Member | None:
    """Return the held step that keeps this action back, None where it may go on."""
    member = world.members.get(placement)
    if member is None or member.is_approved or member.step != _step(action, placement, thing):
        return None
    return member


def _over_deletes(before: World, after: World, count: int) -> str:
    """Return which limit on taking away this change is over, "" when none."""
    deletes = after.configuration.limits.deletes
    if not count:
        return ""
    if count > deletes.per_change:
        return f"the change takes away {count} things, more than {deletes.per_change} in one change"
    hour = count + sum(taken.count for taken in _recent(before, after.at_ms))
    if hour > deletes.per_hour:
        return f"{hour} things would be taken away within the hour, more than {deletes.per_hour}"
    owned = _with_line(before) + hour - count
    if owned >= deletes.above and hour * 100 > deletes.percent * owned:
        return (
            f"{hour} of {owned} things would be taken away within the hour, "
            f"more than {deletes.percent} %"
        )
    return ""


def _with_line(world: World) -> int:
    """Return how many things are ours and wanted; one that was taken away may still be there."""
    return sum(
        thing.owner is not None and not thing.owner.unwanted
        for placement in world.owned
        for thing in world.holdings(placement)
    )


def _interrupted(world: World, kinds: Kinds) -> tuple[tuple[HeldStep, ...], tuple[HeldStep, ...]]:
    """Return what the change replaces: first what says `onChange: hold`, then the rest."""
    chosen: list[HeldStep] = []
    others: list[HeldStep] = []
    for placement in sorted(world.owned):
        if world.changed.get(placement) != world.position:
            continue
        resource = world.wanted[placement]
        declared = kinds[placement.key.kind].declarable
        for thing in world.holdings(placement):
            assert thing.owner is not None
            site = world.site(placement.node)
            compared = declared.compare(resource.spec, thing.seen, thing.owner.sent, site)
            if is_replacing(compared, resource.on_change):
                held = chosen if resource.on_change is OnChange.HOLD else others
                held.append(_step("replace", placement, thing))
    return tuple(chosen), tuple(others)


def is_replacing(compared: Comparison, on_change: OnChange | None) -> bool:
    """Return whether what is there has to end for what is declared, once nothing holds it back."""
    match compared:
        case Different():
            return True
        case Later():
            return on_change is not None
        case _:
            return False


def _hold(world: World, reason: str, message: str, members: tuple[HeldStep, ...]) -> PlanHeld:
    text = f"{world.position} {reason} {members}"
    return PlanHeld(f"h-{sha256(text.encode()).hexdigest()[:8]}", reason, message, members)


def _step(action: str, placement: Placement, thing: Observed) -> HeldStep:
    return HeldStep(placement.node, placement.key, action, thing.seen.natural, thing.seen.id)


def _recent(world: World, at_ms: int) -> tuple[Taken, ...]:
    return tuple(taken for taken in world.taken if at_ms - taken.at_ms < HOUR_MS)
