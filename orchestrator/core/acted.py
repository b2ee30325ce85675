"""Folding what we did: calls that leave, are answered, fail, or stay without a known outcome.

A call never tells what is there: it only makes us look, and wait.
"""

from orchestrator.core.event import ActionFailed, ActionFinished, ActionStarted
from orchestrator.core.failure import (
    Record,
    after_correction,
    after_refusal,
    after_unreached,
    sort_of,
    without_correction,
)
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import without
from orchestrator.core.observed import with_touched
from orchestrator.core.ownership import with_claim, with_owner, without_making
from orchestrator.core.renaming import current
from orchestrator.core.resource import Placement
from orchestrator.core.thing import Claim, InFlight, Making
from orchestrator.core.value import evolve
from orchestrator.core.world import World

CALL = "call"  # what an operator sends by hand acts for no declared thing; looks tell what it did


def started(world: World, event: ActionStarted, kinds: Kinds) -> World:
    """Return the world in which a call is on its way."""
    if event.action == CALL:
        return with_touched(world, event.node, kinds)
    placement = Placement(event.node, event.key)
    flight = InFlight(world.position, world.at_ms, event.action, event.natural, event.sent)
    world = evolve(world, in_flight=world.in_flight.set(placement, flight))
    record = world.record(placement)
    match event.action:
        case "create":
            world = _making(world, placement, event, kinds)
            if record.accepted_ms:  # the one before was taken, but no look ever showed its result
                record = after_refusal(record, world.at_ms, "it was accepted, but never listed")
        case "replace" | "delete":
            record = evolve(record, ending_ms=world.at_ms)
        case _:
            pass
    if event.action in ("replace", "update"):
        sort = sort_of(event.action, event.method, event.id, event.request, event.sent)
        record = after_correction(record, sort, world.at_ms)
    return evolve(world, records=world.records.set(placement, record))


def _making(world: World, placement: Placement, event: ActionStarted, kinds: Kinds) -> World:
    resource = world.wanted.get(placement)
    site = world.site(event.node)
    naturals = kinds[event.key.kind].declarable.naturals(resource.spec, site) if resource else ()
    making = Making(world.position, naturals, event.sent)
    world = without_making(world, placement)
    return evolve(world, making=world.making.set(placement, making))


def _claimed(world: World, placement: Placement) -> World:
    """Return the world in which a thing that we may have changed is no longer merely adopted."""
    flight = world.in_flight.get(placement)
    if flight is None or flight.action != "update":
        return world
    thing = world.thing(placement.node, placement.key.kind, flight.natural)
    if thing is None or thing.owner is None or thing.owner.claim is not Claim.ADOPTED:
        return world
    return with_owner(world, placement, thing, evolve(thing.owner, claim=Claim.CHANGED))


def finished(world: World, event: ActionFinished, kinds: Kinds) -> World:
    """Return the world after an answer, whatever its status."""
    if event.action == CALL:
        return with_touched(world, event.node, kinds)
    placement = current(world, Placement(event.node, event.key))
    flight = world.in_flight.get(placement)
    world = _claimed(world, placement)
    world, record = _landed(world, placement)
    refused = not 200 <= event.status < 300
    match event.action:
        case "create" if refused:
            world = without_making(world, placement)
            record = after_refusal(record, world.at_ms, event.error)
        case "create":
            record = evolve(record, accepted_ms=world.at_ms, unreached=0, has_run=True)
            world = evolve(world, records=world.records.set(placement, record))
            return _settled_making(world, placement, event.made, kinds)
        case "update" if refused:
            record = after_refusal(record, world.at_ms, event.error)
        case "update":
            world = _with_sent(world, placement, flight)
            record = evolve(record, failures=0, unreached=0)
        case _ if refused and event.status != 404:  # 404: it is gone already, which was the wish
            record = after_refusal(evolve(record, ending_ms=0), world.at_ms, event.error)
        case _:
            pass
    return evolve(world, records=world.records.set(placement, record))


def failed(world: World, event: ActionFailed, kinds: Kinds) -> World:
    """Return the world after a call without an answer; what never left has corrected nothing."""
    if event.action == CALL:
        return with_touched(world, event.node, kinds)
    placement = current(world, Placement(event.node, event.key))
    if event.reached:
        world = with_touched(world, placement.node, (placement.key.kind,))
        return unsettled(world, placement, event.error, kinds)
    flight = world.in_flight.get(placement)
    world, record = _landed(world, placement)
    world = without_making(world, placement)
    if flight is not None:
        record = without_correction(record, flight.at_ms)
    if event.withdrawn:
        record = evolve(record, ending_ms=0)
    else:
        record = after_unreached(record, world.at_ms, event.error)
    return evolve(world, records=world.records.set(placement, record))


def unsettled(world: World, placement: Placement, error: str, kinds: Kinds) -> World:
    """Return the world after a call whose outcome only a look can tell."""
    flight = world.in_flight.get(placement)
    world = _claimed(world, placement)
    record = evolve(world.record(placement), acted=world.position)
    if flight is not None and flight.action in ("create", "update"):
        record = evolve(after_refusal(record, world.at_ms, error), accepted_ms=0)
    if flight is not None and flight.action == "create":
        record = evolve(record, has_run=True)  # for all we know
    world = evolve(
        world,
        in_flight=without(world.in_flight, placement),
        records=world.records.set(placement, record),
    )
    return _settled_making(world, placement, "", kinds)


def _landed(world: World, placement: Placement) -> tuple[World, Record]:
    world = with_touched(world, placement.node, (placement.key.kind,))
    world = evolve(world, in_flight=without(world.in_flight, placement))
    return world, evolve(world.record(placement), acted=world.position)


def _settled_making(world: World, placement: Placement, made: str, kinds: Kinds) -> World:
    making = world.making.get(placement)
    if making is None:
        return world
    making = evolve(making, is_open=False, id=made)
    makers = world.makers
    if made:
        makers = makers.set((placement.node, placement.key.kind, made), placement)
    world = evolve(world, making=world.making.set(placement, making), makers=makers)
    return with_claim(world, placement, kinds)


def _with_sent(world: World, placement: Placement, flight: InFlight | None) -> World:
    """Return the world in which what an update set unseen is known to be set."""
    if flight is None:
        return world
    thing = world.thing(placement.node, placement.key.kind, flight.natural)
    if thing is None or thing.owner is None:
        return world
    sent = thing.owner.sent.update(flight.sent)
    return with_owner(world, placement, thing, evolve(thing.owner, sent=sent))
