"""Which placements an entry concerns: those whose verdict it can change.

Told from the world before and after it, by the indices, so that the answer costs what it names.
`EVERYTHING` stands for all placements of a node, or of all nodes.
"""

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.ensured import ground_of
from orchestrator.core.entry import Entry
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.mapping import EMPTY
from orchestrator.core.ordered import Asked, keys_of, nodes_of
from orchestrator.core.renaming import current
from orchestrator.core.resource import Gone, Key, Placement, Seen
from orchestrator.core.sources import makers_for
from orchestrator.core.thing import stream_name
from orchestrator.core.world import World


@frozen
class Everything:
    """All placements of a node, of every node where `node` is "", and some others."""

    node: str = ""
    others: frozenset[Placement] = frozenset()


Concern = frozenset[Placement] | Everything
NONE: frozenset[Placement] = frozenset()
NOTHING: Concern = NONE


def concern(  # noqa: C901 - one table
    before: World, after: World, entry: Entry, kinds: Kinds
) -> Concern:
    """Return the placements whose verdict an entry can change."""
    match entry.event:
        case events.HookReceived() as hook:
            return _of_hook(before, after, hook, kinds)
        case events.Looked() as looked:
            return _of_look(before, after, looked, kinds)
        case (
            events.ActionStarted(action="call")
            | events.ActionFinished(action="call")
            | events.ActionFailed(action="call")
        ):
            return NOTHING
        case (
            events.ActionStarted(node=node, key=key)
            | events.ActionFinished(node=node, key=key)
            | events.ActionFailed(node=node, key=key)
            | events.Adopted(node=node, key=key)
            | events.Forgotten(node=node, key=key)
            | events.Finished(node=node, key=key)
            | events.FightStopped(node=node, key=key)
        ):
            placement = Placement(node, key)
            return frozenset({placement, current(before, placement)})
        case events.OperatorAsked() | events.RuleFired() as asked:
            return _of_verb(after, asked)
        case documents.StateLoaded(items=items, removed=removed, moved=moved):
            names = (key for one in moved for key in (one.old, one.new))
            return _of_names(
                before, after, {*(item.key for item in items), *removed, *names}, kinds
            )
        case documents.Ensured() as ensured:
            return _of_names(before, after, _names_of(before, ensured), kinds)
        case documents.RulesLoaded(ensured=ensured):
            keys = {key for one in ensured for key in _names_of(before, one)}
            return _of_names(before, after, keys, kinds)
        case events.PlanHeld(members=members):
            return frozenset(Placement(member.node, member.key) for member in members)
        case (
            events.NodeLost(node=node)
            | events.NodeFound(node=node)
            | events.NodeRestarted(node=node)
        ):
            return Everything(node, _distant(after, node))
        case (
            documents.ConfigurationLoaded()
            | events.PlanApproved()
            | events.DaemonStarted()
            | events.TailLost()
            | events.Checkpoint()
        ):
            return Everything()
        case (  # pragma: no branch
            events.HookAnswered()
            | events.HooksLost()
            | documents.DocumentRejected()
            | documents.DocumentAccepted()
            | events.Parked()
            | events.DaemonStopped()
            | events.ClockStepped()
        ):
            return NOTHING


def _of_names(before: World, after: World, keys: Iterable[Key], kinds: Kinds) -> Concern:
    """Return what has one of these names, what makes its streams, and what it clashes with."""
    nodes = {*before.configuration.nodes, *after.configuration.nodes}
    placements = frozenset(Placement(node, key) for key in keys for node in nodes)
    makers = makers_for(before, placements, kinds) | makers_for(after, placements, kinds)
    return placements | makers | _clashing(before, after, placements)


def _clashing(
    before: World, after: World, placements: frozenset[Placement]
) -> frozenset[Placement]:
    """Return what clashed or clashes with one of these, and what does with that in turn."""
    found: set[Placement] = set()
    open_ends = set(placements) if before.clashes or after.clashes else set()
    while open_ends:
        one = open_ends.pop()
        for world in (before, after):
            held = world.clashes.get(one, EMPTY).values()
            rivals = {clash.rival for clash in held if clash.rival is not None}
            new = {*world.blocked.get(one, EMPTY), *rivals} - found
            found |= new
            open_ends |= new
    return frozenset(found)


def _names_of(before: World, ensured: documents.Ensured) -> frozenset[Key]:
    """Return the names of what a rule wants now, and of what it wanted before on that ground."""
    standing = before.grounds.get(ground_of(ensured))
    old = standing.items if standing is not None else ()
    return frozenset(item.key for item in (*old, *ensured.items))


def _of_verb(world: World, asked: Asked) -> Concern:
    """Return what a verb names; a node counts with all that is on it."""
    if asked.verb == "log accept" or nodes_of(asked):
        return Everything()
    nodes = world.configuration.nodes
    return frozenset(Placement(node, key) for node in nodes for key in keys_of(asked))


def _of_hook(before: World, after: World, hook: events.HookReceived, kinds: Kinds) -> Concern:
    concerned: frozenset[Placement] = frozenset()
    for kind in kinds.values():
        heard = kind.hear(hook.method, hook.body)
        if isinstance(heard, Seen):
            concerned |= _of_stream(after, hook.node, kind.name, heard.natural, kinds)
        elif isinstance(heard, Gone):
            concerned |= _of_stream(before, hook.node, kind.name, heard.id, kinds)
    return concerned


def _of_look(before: World, after: World, looked: events.Looked, kinds: Kinds) -> Concern:
    node, kind = looked.node, looked.kind
    scope = (node, kind)
    if scope not in before.fresh or before.cliffs.get(scope) != after.cliffs.get(scope):
        return Everything(node, _distant(after, node) if kinds[kind].declared is None else NONE)
    naturals = {
        *(seen.natural for seen in (*looked.appeared, *looked.changed)),
        *looked.vanished,
    }
    concerned: frozenset[Placement] = frozenset()
    for natural in naturals:
        if kinds[kind].declared is None:
            concerned |= _of_stream(before, node, kind, natural, kinds)
            concerned |= _of_stream(after, node, kind, natural, kinds)
        else:
            concerned |= after.claimants(node, kind, natural)
            concerned |= _rivals(before, after, kinds[kind], node, natural)
            concerned |= _owners(before, node, kind, natural) | _owners(after, node, kind, natural)
    return concerned


def _rivals(
    before: World, after: World, kind: Kind[Any], node: str, natural: str
) -> frozenset[Placement]:
    """Return what wants to send where a thing that came or went does."""
    thing = before.thing(node, kind.name, natural) or after.thing(node, kind.name, natural)
    targets = kind.declarable.occupied(thing.seen) if thing is not None else ()
    wanting = (after.by_target.get((node, kind.name, target), EMPTY) for target in targets)
    return frozenset(placement for placements in wanting for placement in placements)


def _of_stream(
    world: World, node: str, kind: str, natural: str, kinds: Kinds
) -> frozenset[Placement]:
    """Return what reads a stream, and what is made only while that is ready to read it."""
    thing = world.thing(node, kind, natural)
    if thing is None:
        return frozenset()
    name = stream_name(thing)
    readers = frozenset(world.readers_of(node, name))
    publishers = frozenset(world.publishers.get((node, name), EMPTY))
    return readers | publishers | makers_for(world, readers, kinds)


def _distant(world: World, node: str) -> frozenset[Placement]:
    """Return what reads streams of a node on other nodes."""
    return frozenset(world.distant.get(node, EMPTY))


def _owners(world: World, node: str, kind: str, natural: str) -> frozenset[Placement]:
    thing = world.thing(node, kind, natural)
    if thing is None or thing.owner is None:
        return frozenset()
    return frozenset({Placement(node, thing.owner.key)})
