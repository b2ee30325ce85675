"""The one function that folds an entry into the world.

    world' = project(world, entry, kinds)

It never fails on an entry that stands in the log: a fact about something that the world does not
know is kept in the log and changes nothing here.
"""

from attrs import evolve

from orchestrator.core.desired import with_configuration, with_state
from orchestrator.core.event import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Adopted,
    Checkpoint,
    ClockStepped,
    ConfigurationLoaded,
    DaemonStarted,
    DaemonStopped,
    DocumentAccepted,
    DocumentRejected,
    Entry,
    Forgotten,
    HookReceived,
    Looked,
    NodeFound,
    NodeLost,
    NodeRestarted,
    OperatorAsked,
    Parked,
    PlanApproved,
    PlanHeld,
    StateLoaded,
    TailLost,
)
from orchestrator.core.failure import Record, after_refusal, after_unreached, shifted
from orchestrator.core.limits import with_approval, with_hold, with_taken
from orchestrator.core.mapping import EMPTY, without
from orchestrator.core.observed import (
    with_adoption,
    with_claim,
    with_hook,
    with_look,
    with_owner,
    with_restart,
    with_touched,
    without_making,
)
from orchestrator.core.ordered import with_asked, with_forgotten
from orchestrator.core.resource import Kinds, Place, Placement
from orchestrator.core.world import Claim, InFlight, Lost, Making, Rejected, World

CALL = "call"  # what an operator sends by hand acts for no declared thing; looks tell what it did


def project(world: World, entry: Entry, kinds: Kinds) -> World:  # noqa: C901, PLR0912 - one table
    """Return the world after one more entry. Entries come in the order of their positions."""
    event = entry.event
    if isinstance(event, Checkpoint):
        checkpoint: World = event.world
        return evolve(checkpoint, position=entry.position, at_ms=entry.at_ms)
    world = evolve(world, position=entry.position, at_ms=entry.at_ms)
    match event:
        case HookReceived():
            return with_hook(world, event, kinds)
        case Looked():
            return with_look(world, event, kinds)
        case ActionStarted():
            return _started(world, event, kinds)
        case ActionFinished():
            return _finished(world, event, kinds)
        case ActionFailed():
            return _failed(world, event, kinds)
        case ConfigurationLoaded():
            return with_taken(world, with_configuration(world, event, kinds))
        case StateLoaded():
            return with_taken(world, with_state(world, event, kinds))
        case DocumentRejected(file=file, line=line, column=column, message=message):
            rejected = Rejected(Place(file, line, column), message, world.position)
            return evolve(world, rejected=world.rejected.set(file, rejected))
        case DocumentAccepted(file=file):
            return evolve(world, rejected=without(world.rejected, file))
        case Adopted():
            return with_adoption(world, event)
        case PlanHeld():
            return with_hold(world, event)
        case PlanApproved():
            return with_approval(world, event)
        case NodeLost(node=node, message=message):
            lost = Lost(world.position, world.at_ms, message)
            return evolve(world, lost=world.lost.set(node, lost))
        case NodeFound(node=node):
            return _found(world, node, kinds)
        case NodeRestarted():
            return with_restart(world, event, kinds)
        case Forgotten():
            return with_forgotten(world, entry, event)
        case OperatorAsked():
            return with_asked(world, event, entry.actor)
        case TailLost(position=position):
            return evolve(world, tail_lost=position)
        case DaemonStarted():
            return _began(world)
        case ClockStepped(by_ms=by_ms) if by_ms > 0:
            return _stepped(world, by_ms)
        case Parked() | DaemonStopped() | ClockStepped():  # pragma: no branch
            return world


def _stepped(world: World, by_ms: int) -> World:
    """Return the world after the clock was set forward: waits last as long as they were meant."""
    records = world.records
    for placement in sorted(records):
        records = records.set(placement, shifted(records[placement], by_ms))
    cliffs = world.cliffs
    for scope in sorted(cliffs):
        cliffs = cliffs.set(scope, evolve(cliffs[scope], at_ms=cliffs[scope].at_ms + by_ms))
    taken = tuple(evolve(taken, at_ms=taken.at_ms + by_ms) for taken in world.taken)
    orders = world.orders
    for key in sorted(orders):
        orders = orders.set(key, orders[key].shifted(by_ms))
    pauses = world.pauses
    for node in sorted(pauses):
        pauses = pauses.set(node, pauses[node].shifted(by_ms))
    return evolve(world, records=records, cliffs=cliffs, taken=taken, orders=orders, pauses=pauses)


def _began(world: World) -> World:
    """Return the world at a start: nothing was looked at, and calls in flight may have arrived."""
    for placement in sorted(world.in_flight):
        world = _unsettled(world, placement, "the daemon ended while the call was on its way")
    return evolve(world, fresh=EMPTY)


def _found(world: World, node: str, kinds: Kinds) -> World:
    fresh = world.fresh
    for kind in kinds:
        fresh = without(fresh, (node, kind))
    world = evolve(world, lost=without(world.lost, node), fresh=fresh)
    return with_touched(world, node, kinds)


def _started(world: World, event: ActionStarted, kinds: Kinds) -> World:
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
            world = _claimed(world, placement, event.natural)
    return evolve(world, records=world.records.set(placement, record))


def _making(world: World, placement: Placement, event: ActionStarted, kinds: Kinds) -> World:
    resource = world.wanted.get(placement)
    site = world.site(event.node)
    naturals = kinds[event.key.kind].declarable.naturals(resource.spec, site) if resource else ()
    making = Making(world.position, naturals, event.sent)
    world = without_making(world, placement)
    return evolve(world, making=world.making.set(placement, making))


def _claimed(world: World, placement: Placement, natural: str) -> World:
    """Return the world in which a thing that we change is no longer merely adopted."""
    thing = world.thing(placement.node, placement.key.kind, natural)
    if thing is None or thing.owner is None or thing.owner.claim is not Claim.ADOPTED:
        return world
    return with_owner(world, placement, thing, evolve(thing.owner, claim=Claim.CHANGED))


def _finished(world: World, event: ActionFinished, kinds: Kinds) -> World:
    if event.action == CALL:
        return with_touched(world, event.node, kinds)
    placement = Placement(event.node, event.key)
    flight = world.in_flight.get(placement)
    world, record = _landed(world, placement, kinds)
    refused = not 200 <= event.status < 300
    match event.action:
        case "create" if refused:
            world = without_making(world, placement)
            record = after_refusal(record, world.at_ms, event.error)
        case "create":
            record = evolve(record, accepted_ms=world.at_ms, unreached=0)
            world = evolve(world, records=world.records.set(placement, record))
            return _settled_making(world, placement, event.made)
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


def _failed(world: World, event: ActionFailed, kinds: Kinds) -> World:
    if event.action == CALL:
        return with_touched(world, event.node, kinds)
    placement = Placement(event.node, event.key)
    if event.reached:
        world = with_touched(world, placement.node, kinds, (placement.key.kind,))
        return _unsettled(world, placement, event.error)
    world, record = _landed(world, placement, kinds)
    world = without_making(world, placement)
    record = after_unreached(record, world.at_ms, event.error)
    return evolve(world, records=world.records.set(placement, record))


def _unsettled(world: World, placement: Placement, error: str) -> World:
    """Return the world after a call whose outcome only a look can tell."""
    flight = world.in_flight.get(placement)
    record = evolve(world.record(placement), acted=world.position)
    if flight is not None and flight.action in ("create", "update"):
        record = evolve(after_refusal(record, world.at_ms, error), accepted_ms=0)
    world = evolve(
        world,
        in_flight=without(world.in_flight, placement),
        records=world.records.set(placement, record),
    )
    return _settled_making(world, placement, "")


def _landed(world: World, placement: Placement, kinds: Kinds) -> tuple[World, Record]:
    world = with_touched(world, placement.node, kinds, (placement.key.kind,))
    world = evolve(world, in_flight=without(world.in_flight, placement))
    return world, evolve(world.record(placement), acted=world.position)


def _settled_making(world: World, placement: Placement, made: str) -> World:
    making = world.making.get(placement)
    if making is None:
        return world
    making = evolve(making, is_open=False, id=made)
    makers = world.makers
    if made:
        makers = makers.set((placement.node, placement.key.kind, made), placement)
    world = evolve(world, making=world.making.set(placement, making), makers=makers)
    return with_claim(world, placement)


def _with_sent(world: World, placement: Placement, flight: InFlight | None) -> World:
    """Return the world in which what an update set unseen is known to be set."""
    if flight is None:
        return world
    thing = world.thing(placement.node, placement.key.kind, flight.natural)
    if thing is None or thing.owner is None:
        return world
    sent = thing.owner.sent.update(flight.sent)
    return with_owner(world, placement, thing, evolve(thing.owner, sent=sent))
