"""What rules may look at when they are asked about a hook: the hook, and the world at that time."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from orchestrator.core.event import HookReceived
from orchestrator.core.hook import CONNECT, PUBLISH
from orchestrator.core.json import Json, text
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rule import Names
from orchestrator.core.world import STREAM, World

CALL: Final = "call"
LISTED_MAX: Final = 5_001  # of a list: more is refused by whoever looks at it
ASKING_MS: Final = 15_000  # until a stream that was let in has to be published


def names_of(world: World, hook: HookReceived, now_ms: int) -> Names:
    """Return what a rule may look at when it is asked about a hook."""
    node, session = hook.node, text(hook.body, "sessionId")

    def connection() -> Json:
        known = world.connections.get(node, EMPTY).get(session)
        return known.body if known is not None else EMPTY

    return {
        "hook": lambda: hook.body,
        "connection": connection,
        "node": lambda: _node(world, node),
        "streams": lambda: _streams(world, node, hook, now_ms),
        "calls": lambda: _calls(world, node),
        "connections": lambda: _connections(world, node, hook),
        "all": lambda: _everywhere(world, hook, now_ms),
        "tables": lambda: Map({name: table.value for name, table in world.tables.items()}),
        "now": lambda: now_ms,
    }


def _streams(world: World, node: str, hook: HookReceived, now_ms: int) -> Sequence[Json]:
    """Return the published streams of a node, and those that were let in and are on their way.

    The one that is asked about is none of them.
    """
    connections = world.connections.get(node, EMPTY)
    seen, own = world.things(node, STREAM), text(hook.body, "mediaSessionId")
    bodies = {name: seen[name].seen.fields for name in islice(seen, LISTED_MAX)}
    asking = world.asking.get(node, EMPTY)
    for name in asking:
        if name not in seen and now_ms - asking[name].at_ms < ASKING_MS:
            bodies[name] = asking[name].fields
    is_asked = hook.method == PUBLISH
    listed = []
    for name in sorted(bodies):
        if not (is_asked and name == own):
            session = connections.get(text(bodies[name], "sessionId"))
            known = {"login": text(session.body, "login")} if session is not None else {}
            listed.append(Map({**bodies[name], **known, "mediaSessionId": name, "node": node}))
    return tuple(listed)


def _calls(world: World, node: str) -> Sequence[Json]:
    seen = world.things(node, CALL)
    return tuple(
        Map({**seen[name].seen.fields, "callId": name, "node": node})
        for name in sorted(islice(seen, LISTED_MAX))
    )


def _connections(world: World, node: str, hook: HookReceived) -> Sequence[Json]:
    """Return the sessions of a node, but for one that asks whether it may connect."""
    known, own = world.connections.get(node, EMPTY), text(hook.body, "sessionId")
    is_asked = hook.method == CONNECT and node == hook.node
    return tuple(
        Map({**known[name].body, "node": node})
        for name in sorted(islice(known, LISTED_MAX))
        if not (is_asked and name == own)
    )


def _everywhere(world: World, hook: HookReceived, now_ms: int) -> Json:
    nodes = sorted(world.configuration.nodes)
    return Map(
        {
            "streams": tuple(s for node in nodes for s in _streams(world, node, hook, now_ms)),
            "calls": tuple(call for node in nodes for call in _calls(world, node)),
            "connections": tuple(c for node in nodes for c in _connections(world, node, hook)),
        }
    )


def _node(world: World, name: str) -> Json:
    return Map({"name": name, "labels": world.node(name).labels})
