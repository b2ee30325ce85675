"""The one function that folds an entry into the world.

    world' = project(world, entry, kinds)

It never fails on an entry that stands in the log: a fact about something that the world does not
know is kept in the log and changes nothing here.
"""

from collections.abc import Iterable

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.acted import failed, finished, started, unsettled
from orchestrator.core.desired import with_configuration, with_state
from orchestrator.core.ensured import with_ensured, with_loaded, with_shifted
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.failure import shifted
from orchestrator.core.fired import with_fired, with_later, without_errand
from orchestrator.core.hinted import with_told, with_untold
from orchestrator.core.kind import Kinds
from orchestrator.core.limits import with_approval, with_hold, with_taken
from orchestrator.core.mapping import EMPTY, without
from orchestrator.core.observed import (
    restarted_since,
    with_hook,
    with_look,
    with_restart,
    with_touched,
)
from orchestrator.core.ordered import with_asked, with_forgotten
from orchestrator.core.ownership import with_adoption
from orchestrator.core.renaming import with_renamed
from orchestrator.core.resource import Place, Placement
from orchestrator.core.ruled import with_answer, with_client, without_sessions
from orchestrator.core.value import evolve
from orchestrator.core.world import Lost, Rejected, World


def project(world: World, entry: Entry, kinds: Kinds) -> World:  # noqa: C901, PLR0912 - one table
    """Return the world after one more entry. Entries come in the order of their positions."""
    event = entry.event
    if isinstance(event, events.Checkpoint):
        checkpoint: World = event.world
        return evolve(checkpoint, position=entry.position, at_ms=entry.at_ms)
    world = evolve(world, position=entry.position, at_ms=entry.at_ms)
    match event:
        case events.HookReceived():
            return with_told(with_client(with_hook(world, event, kinds), event), event, kinds)
        case events.HookAnswered():
            return with_answer(world, event, entry.cause)
        case events.HooksLost(node=node):
            return with_touched(world, node)
        case events.Looked():
            return with_untold(world, with_look(world, event, kinds), event)
        case events.ActionStarted():
            return without_errand(started(world, event, kinds), entry.cause)
        case events.ActionFinished():
            return finished(world, event, kinds)
        case events.ActionFailed():
            return without_errand(failed(world, event, kinds), entry.cause)
        case documents.ConfigurationLoaded():
            return with_taken(world, with_configuration(world, event, kinds))
        case documents.StateLoaded():
            renamed = with_renamed(world, event, kinds)
            return with_taken(world, with_state(renamed, event, kinds))
        case documents.RulesLoaded():
            return with_taken(world, with_loaded(world, event, kinds))
        case documents.Ensured():
            return with_ensured(world, event, kinds)
        case documents.DocumentRejected():
            return _rejected(world, event)
        case documents.DocumentAccepted(file=file):
            return evolve(world, rejected=without(world.rejected, file))
        case events.Adopted():
            return with_adoption(world, event, kinds)
        case events.PlanHeld():
            return with_hold(world, event)
        case events.PlanApproved():
            return with_approval(world, event)
        case events.NodeLost():
            return _lost(world, event)
        case events.NodeFound(node=node):
            return _found(world, node, kinds)
        case events.NodeRestarted():
            since = restarted_since(world, event.node)
            return without_sessions(with_restart(world, event, kinds), event.node, since)
        case events.Forgotten():
            return with_forgotten(world, entry, event)
        case events.FightStopped(node=node, key=key, message=message):
            placement = Placement(node, key)
            record = evolve(world.record(placement), fight=message)
            return evolve(world, records=world.records.set(placement, record))
        case events.Finished(node=node, key=key):
            placement = Placement(node, key)
            record = evolve(world.record(placement), finished_ms=world.at_ms)
            return evolve(world, records=world.records.set(placement, record))
        case events.OperatorAsked():
            return with_asked(world, event, entry.actor)
        case events.RuleFired():
            return with_fired(world, entry, event)
        case events.TailLost(position=position):
            return evolve(world, tail_lost=position)
        case events.DaemonStarted():
            return _began(world, kinds)
        case events.ClockStepped(by_ms=by_ms) if by_ms > 0:
            return _stepped(world, by_ms)
        case events.Parked() | events.DaemonStopped() | events.ClockStepped():  # pragma: no branch
            return world


def ahead(world: World, facts: Iterable[Fact], kinds: Kinds) -> World:
    """Return the world as it will be with some facts, at the time that it has now."""
    for fact in facts:
        entry = Entry(world.position + 1, world.at_ms, fact.cause, fact.actor, fact.event)
        world = project(world, entry, kinds)
    return world


def _stepped(world: World, by_ms: int) -> World:
    """Return the world after the clock was set forward: waits last as long as they were meant."""
    records = world.records
    for placement in sorted(records):
        records = records.set(placement, shifted(records[placement], by_ms))
    cliffs = world.cliffs
    for scope in sorted(cliffs):
        cliffs = cliffs.set(scope, evolve(cliffs[scope], at_ms=cliffs[scope].at_ms + by_ms))
    world = with_later(with_shifted(world, by_ms), by_ms)
    taken = tuple(evolve(taken, at_ms=taken.at_ms + by_ms) for taken in world.taken)
    orders = world.orders
    for key in sorted(orders):
        orders = orders.set(key, orders[key].shifted(by_ms))
    pauses = world.pauses
    for node in sorted(pauses):
        pauses = pauses.set(node, pauses[node].shifted(by_ms))
    return evolve(world, records=records, cliffs=cliffs, taken=taken, orders=orders, pauses=pauses)


def _began(world: World, kinds: Kinds) -> World:
    """Return the world at a start: nothing was looked at, and calls in flight may have arrived."""
    for placement in sorted(world.in_flight):
        error = "the daemon ended while the call was on its way"
        world = unsettled(world, placement, error, kinds)
    return evolve(world, fresh=EMPTY)


def _rejected(world: World, event: documents.DocumentRejected) -> World:
    place = Place(event.file, event.line, event.column)
    rejected = Rejected(place, event.message, world.position)
    return evolve(world, rejected=world.rejected.set(event.file, rejected))


def _lost(world: World, event: events.NodeLost) -> World:
    lost = Lost(world.position, world.at_ms, event.message)
    return evolve(world, lost=world.lost.set(event.node, lost))


def _found(world: World, node: str, kinds: Kinds) -> World:
    fresh = world.fresh
    for kind in kinds:
        fresh = without(fresh, (node, kind))
    world = evolve(world, lost=without(world.lost, node), fresh=fresh)
    return with_touched(world, node)
