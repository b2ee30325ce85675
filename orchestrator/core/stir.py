"""Which subjects of rules an entry stirs: those of which a rule may have something new to say."""

from collections.abc import Iterable

from attrs import frozen

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.ensured import ground_of
from orchestrator.core.entry import Entry
from orchestrator.core.ground import Ground
from orchestrator.core.hook import CONNECT, CONNECTION_STATUS
from orchestrator.core.json import text
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY
from orchestrator.core.placement import placements
from orchestrator.core.resource import Gone, Placement, Seen
from orchestrator.core.rule import WIDE, Each, Subject
from orchestrator.core.subject import unencoded
from orchestrator.core.world import CALL, STREAM, World

OF_SESSIONS = frozenset({Subject.STREAM, Subject.CALL})
SORTS = ((STREAM, Subject.STREAM), (CALL, Subject.CALL))


@frozen
class Stirred:
    """A subject, by what its node knows it by."""

    node: str
    each: Subject
    natural: str


@frozen
class All:
    """All subjects of a node, of every node where `node` is ""."""

    node: str = ""


Stir = frozenset[Stirred] | All


def stirred(before: World, after: World, entry: Entry, kinds: Kinds) -> Stir:
    """Return the subjects that an entry stirs."""
    match entry.event:
        case events.HookReceived() as hook:
            return _of_hook(hook, kinds)
        case events.HookAnswered(node=node, method=method, about=about) if method == CONNECT:
            session = unencoded(about.removeprefix("connection/"))
            return frozenset({Stirred(node, Subject.CONNECTION, session)})
        case events.Looked(node=node, kind=kind) as looked:
            naturals = {one.natural for one in (*looked.appeared, *looked.changed)}
            naturals |= set(looked.vanished)
            each = dict(SORTS).get(kind)
            found = {Stirred(node, each, one) for one in naturals} if each else set()
            return frozenset(found)
        case documents.Ensured() as ensured:
            return _of_ensured(before, after, ensured, kinds)
        case documents.StateLoaded(items=items, removed=removed):
            keys = {*(item.key for item in items), *removed}
            nodes = after.configuration.nodes
            places = {Placement(node, key) for node in nodes for key in keys}
            return _of_makers(before, places, kinds) | _of_makers(after, places, kinds)
        case events.NodeRestarted(node=node):
            return All(node)
        case (
            documents.ConfigurationLoaded()
            | documents.RulesLoaded()
            | events.DaemonStarted()
            | events.Checkpoint()
        ):
            return All()
        case _:
            return frozenset()


def grounds_of(world: World, rule: Each, one: Stirred) -> list[Ground]:
    """Return the grounds of a rule that are to be asked about since a subject was stirred."""
    if one.each is rule.each:
        return [Ground(rule.name, one.node, one.each, one.natural)]
    if one.each is Subject.CONNECTION and rule.each in OF_SESSIONS:
        return _of_session(world, rule, one)
    return []


def nodes_around(world: World, rule: Each, one: Stirred) -> tuple[str, ...]:
    """Return the nodes of which a rule is to be asked about everything since one was stirred."""
    if "all" in rule.names:
        return tuple(world.configuration.nodes)
    return (one.node,) if WIDE & {*rule.names} else ()


def _of_session(world: World, rule: Each, session: Stirred) -> list[Ground]:
    """Return what a rule holds for and a session has brought, where the rule looks at that."""
    if not {"connection", rule.each.value} & {*rule.names}:
        return []
    things = world.things(session.node, rule.each.kind)
    return [
        Ground(rule.name, session.node, rule.each, natural)
        for natural, thing in things.items()
        if text(thing.seen.fields, "sessionId") == session.natural
    ]


def _of_hook(hook: events.HookReceived, kinds: Kinds) -> Stir:
    found = set()
    for kind, each in SORTS:
        heard = kinds[kind].hear(hook.method, hook.body)
        if isinstance(heard, Seen):
            found.add(Stirred(hook.node, each, heard.natural))
        elif isinstance(heard, Gone):
            found.add(Stirred(hook.node, each, heard.id))
    if hook.method in (CONNECT, CONNECTION_STATUS):
        found.add(Stirred(hook.node, Subject.CONNECTION, text(hook.body, "sessionId")))
    return frozenset(found)


def _of_ensured(before: World, after: World, ensured: documents.Ensured, kinds: Kinds) -> Stir:
    """Return the streams that a rule makes now, or made until now."""
    standing = before.grounds.get(ground_of(ensured))
    items = (*(standing.items if standing is not None else ()), *ensured.items)
    places = {place for item in items for place in placements(item, after.configuration)}
    return _of_makers(before, places, kinds) | _of_makers(after, places, kinds)


def _of_makers(world: World, places: Iterable[Placement], kinds: Kinds) -> frozenset[Stirred]:
    """Return the streams that are made by what is wanted there."""
    found: set[Stirred] = set()
    for place in (one for one in places if one in world.wanted):
        for name in kinds[place.key.kind].declarable.makes(world.wanted[place].spec):
            live = world.live.get((place.node, name), EMPTY)
            found |= {Stirred(place.node, Subject.STREAM, media) for media in live}
    return frozenset(found)
