"""What rules may look at: a hook or a subject of theirs, and the world around it at that time."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from orchestrator.core.event import Event, HookReceived, node_of
from orchestrator.core.ground import Ground
from orchestrator.core.hook import CONNECT, PUBLISH
from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rule import Names, Subject
from orchestrator.core.world import CALL, STREAM, World

LISTED_MAX: Final = 5_001  # of a list: more is refused by whoever looks at it
ASKING_MS: Final = 15_000  # until a stream that was let in has to be published


def names_of(world: World, hook: HookReceived, now_ms: int) -> Names:
    """Return what a rule may look at when it is asked about a hook."""
    session = text(hook.body, "sessionId")
    own: Names = {
        "hook": lambda: hook.body,
        "connection": lambda: _connection(world, hook.node, session),
        "now": lambda: now_ms,
    }
    return {**_around(world, hook.node, hook, now_ms), **own}


def names_upon(world: World, event: Event, told: Callable[[], Json], now_ms: int) -> Names:
    """Return what a rule may look at upon an entry, which is told as `events` shows it."""
    if isinstance(event, HookReceived):
        return {**names_of(world, event, now_ms), "event": told}
    own: Names = {"event": told, "connection": lambda: EMPTY, "now": lambda: now_ms}
    return {**_around(world, node_of(event), "", now_ms), **own}


def names_around(world: World, node: str, rule: str) -> Names:
    """Return what a rule may look at whichever subject of a node it is asked about.

    Streams that would not be there without the rule are not around it, or its own would undo it.
    """
    return _around(world, node, rule, 0)


def names_about(world: World, ground: Ground, body: JsonObject, now_ms: int) -> Names:
    """Return what it may look at only when it is asked about this one, whose body is given."""
    session = ground.natural if ground.each is Subject.CONNECTION else text(body, "sessionId")
    own: Names = {
        "connection": lambda: _connection(world, ground.node, session),
        "now": lambda: now_ms,
    }
    return {**own, ground.each.value: lambda: body}


def body_of(world: World, ground: Ground) -> JsonObject | None:
    """Return a subject as rules know it, None where it is not there (any more)."""
    node, natural = ground.node, ground.natural
    match ground.each:
        case Subject.STREAM:
            stream = world.thing(node, STREAM, natural)
            return _stream(world, node, natural, stream.seen.fields) if stream else None
        case Subject.CALL:
            call = world.thing(node, CALL, natural)
            return _call(node, natural, call.seen.fields) if call else None
        case Subject.CONNECTION:
            known = world.connections.get(node, EMPTY).get(natural)
            return Map({**known.body, "node": node}) if known is not None else None
        case Subject.NODE:  # pragma: no branch
            return _node(world, node)


def subjects(world: World, node: str, each: Subject) -> Iterable[str]:
    """Return what a node knows all subjects of one sort by."""
    match each:
        case Subject.STREAM:
            return world.things(node, STREAM)
        case Subject.CALL:
            return world.things(node, CALL)
        case Subject.CONNECTION:
            return world.connections.get(node, EMPTY)
        case Subject.NODE:  # pragma: no branch
            return (node,)


def _around(world: World, node: str, asked: HookReceived | str, now_ms: int) -> Names:
    """Return what is around a hook, or around any subject of the rule of that name."""
    return {
        "node": lambda: _node(world, node),
        "streams": lambda: _streams(world, node, asked, now_ms),
        "calls": lambda: _calls(world, node),
        "connections": lambda: _connections(world, node, asked),
        "all": lambda: _everywhere(world, asked, now_ms),
        "tables": lambda: Map({name: table.value for name, table in world.tables.items()}),
    }


def _connection(world: World, node: str, session: str) -> Json:
    known = world.connections.get(node, EMPTY).get(session)
    return known.body if known is not None else EMPTY


def _streams(world: World, node: str, asked: HookReceived | str, now_ms: int) -> Sequence[Json]:
    """Return the published streams of a node, and for a hook those that were let in already.

    The one that a hook asks about is none of them, and for a rule those are not that it made.
    """
    seen = world.things(node, STREAM)
    bodies = {
        name: thing.seen.fields
        for name in islice(seen, LISTED_MAX)
        for thing in (seen[name],)
        if thing.origin is None or asked not in thing.origin.before
    }
    hook = asked if isinstance(asked, HookReceived) else None
    if hook is not None:
        asking = world.asking.get(node, EMPTY)
        for name in asking:
            if name not in seen and now_ms - asking[name].at_ms < ASKING_MS:
                bodies[name] = asking[name].fields
        if hook.method == PUBLISH:
            bodies.pop(text(hook.body, "mediaSessionId"), None)
    return tuple(_stream(world, node, name, bodies[name]) for name in sorted(bodies))


def _stream(world: World, node: str, media: str, fields: JsonObject) -> JsonObject:
    """Return a stream as rules know it: whether it is published, and who connected for it."""
    session = world.connections.get(node, EMPTY).get(text(fields, "sessionId"))
    about: dict[str, Json] = {"mediaSessionId": media, "node": node}
    if session is not None:
        about["login"] = text(session.body, "login")
    about["published"] = text(fields, "status") == "PUBLISHING"
    return Map({**fields, **about})


def _call(node: str, natural: str, fields: JsonObject) -> JsonObject:
    return Map({**fields, "callId": natural, "node": node})


def _calls(world: World, node: str) -> Sequence[Json]:
    seen = world.things(node, CALL)
    naturals = sorted(islice(seen, LISTED_MAX))
    return tuple(_call(node, name, seen[name].seen.fields) for name in naturals)


def _connections(world: World, node: str, asked: HookReceived | str) -> Sequence[Json]:
    """Return the sessions of a node, but for one that asks whether it may connect."""
    known = world.connections.get(node, EMPTY)
    hook = asked if isinstance(asked, HookReceived) else None
    is_asked = hook is not None and hook.method == CONNECT and node == hook.node
    own = text(hook.body, "sessionId") if hook is not None else ""
    return tuple(
        Map({**known[name].body, "node": node})
        for name in sorted(islice(known, LISTED_MAX))
        if not (is_asked and name == own)
    )


def _everywhere(world: World, asked: HookReceived | str, now_ms: int) -> Json:
    nodes = sorted(world.configuration.nodes)
    return Map(
        {
            "streams": tuple(s for node in nodes for s in _streams(world, node, asked, now_ms)),
            "calls": tuple(call for node in nodes for call in _calls(world, node)),
            "connections": tuple(c for node in nodes for c in _connections(world, node, asked)),
        }
    )


def _node(world: World, name: str) -> JsonObject:
    return Map({"name": name, "labels": world.node(name).labels})
