"""Verdicts that end something: on a line that went or changed, and on an operator's order.

Every step here is destructive, so every guard is here too: limits and protection where documents
want the end, the age of what we know in any case.
"""

from orchestrator.core.action import NEVER, Delete, Held, Phase, Replace, Verdict, name_of
from orchestrator.core.case import Case, kept, permitted
from orchestrator.core.failure import next_try_ms
from orchestrator.core.limits import holding
from orchestrator.core.mapping import EMPTY
from orchestrator.core.order import Order, Verb
from orchestrator.core.resource import Placement, Resource
from orchestrator.core.thing import Observed
from orchestrator.core.value import evolve
from orchestrator.core.world import World


def obeying(case: Case, order: Order) -> Verdict:
    """Return a verdict that does as an operator ordered, whatever the documents say."""
    until_ms = order.until_ms or NEVER
    who = f"by {order.actor}{f': {order.reason}' if order.reason else ''}"
    match order.verb:
        case Verb.PAUSE:
            message = f"paused {who}; `orchestrator resume` ends it"
            return case.held(Phase.PAUSED, "paused", message, until_ms)
        case Verb.FORGET:
            message = f"let go {who}; `orchestrator adopt {case.placement.key}` takes it back"
            return case.held(Phase.HELD, "forgotten", message)
        case Verb.STOP:  # pragma: no branch
            for thing in case.world.holdings(case.placement):
                step = evolve(deletion(case, thing, f"stopped {who}"), cause=order.position)
                return ending(case, step, Phase.STOPPING)
            message = f"stopped {who}; `orchestrator start` ends it"
            return case.held(Phase.STOPPED, "stopped", message, until_ms)


def deletion(case: Case, thing: Observed, reason: str) -> Delete:
    """Return the step that ends what is not wanted."""
    cause = thing.owner.unwanted if thing.owner is not None else 0
    call = case.declared.delete(thing.seen, case.site)
    return Delete(case.placement, thing.seen.natural, thing.seen.id, call, reason, cause)


def replacement(case: Case, wanted: Resource, thing: Observed, reason: str) -> Replace:
    """Return the step that ends what is to be made anew."""
    cause = max(case.world.lines.get(case.placement.key, 0), thing.position)
    seen, site = thing.seen, case.site
    call, then = case.declared.delete(seen, site), case.declared.create(wanted.spec, site).path
    return Replace(case.placement, seen.natural, seen.id, call, then, reason, cause)


def guarded(case: Case, thing: Observed, step: Delete | Replace, phase: Phase) -> Verdict:
    """Return a verdict that ends something, unless anything speaks against it."""
    world, owner = case.world, thing.owner
    assert owner is not None, "only what is ours is ever ended"
    if owner.is_protected:
        message = "its line is gone, but it is protected; end it by hand or declare it again"
        return kept(case, step, Phase.HELD, "protected", message)
    member = holding(world, case.placement, name_of(step), thing)
    if member is not None:
        hold = world.holds[member.hold]
        message = f"{hold.message}; `orchestrator approve {member.hold}` lets it go on"
        return kept(case, step, Phase.HELD, hold.reason, message, hold=member.hold)
    return ending(case, step, phase)


def ending(case: Case, step: Delete | Replace, phase: Phase) -> Verdict:
    """Return a verdict that ends something as soon as what we know of it is good enough."""
    world = case.world
    if isinstance(step, Delete) and (readers := _readers(case, step)):
        message = f"{readers[0].key} still reads what it makes, and ends first"
        held = kept(case, step, phase, "dependents", message)
        assert isinstance(held.next, Held)
        kinds = tuple(sorted({reader.key.kind for reader in readers}))
        return evolve(held, next=evolve(held.next, awaits=kinds))
    record = world.record(case.placement)
    timing = world.configuration.timing
    deadline_ms = record.ending_ms + timing.start_deadline_ms
    if record.ending_ms and case.now_ms < deadline_ms:
        return kept(
            case, step, phase, "ending", "it was asked to end and is still listed", deadline_ms
        )
    due_ms = next_try_ms(record, world.retry(case.resource), case.placement)
    if record.error and not record.is_dropped and due_ms > case.now_ms:
        return kept(case, step, Phase.BACKOFF, "refused", record.error, due_ms)
    every_ms = world.configuration.look_every_ms(case.kind.plural)
    if case.now_ms - case.last.at_ms > 2 * every_ms + timing.call_ms:
        return kept(case, step, phase, "look-old", "the last look is too old to end anything")
    return permitted(case, step, phase)


def _readers(case: Case, step: Delete) -> tuple[Placement, ...]:
    """Return what lost its line too, reads what this one makes, and can end before it."""
    world, node = case.world, case.placement.node
    owners = [one.owner for one in world.holdings(case.placement) if one.seen.id == step.id]
    made = [name for owner in owners if owner is not None for name in owner.makes]
    readers = {one for name in made for one in world.draining.get((node, name), EMPTY)}
    return tuple(sorted(one for one in readers - {case.placement} if _can_end(world, one)))


def _can_end(world: World, placement: Placement) -> bool:
    """Return whether nothing but time keeps what has no line from its end."""
    member, record = world.members.get(placement), world.record(placement)
    is_held = member is not None and not member.is_approved
    owners = [one.owner for one in world.holdings(placement)]
    is_protected = any(owner is not None and owner.is_protected for owner in owners)
    return not (is_held or is_protected or record.error or world.order(placement, world.at_ms))
