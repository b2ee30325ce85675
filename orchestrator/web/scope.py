"""What rules may look at when they are asked about a hook: the hook, and the world at that time."""

from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.core.event import HookReceived
from orchestrator.core.json import Json, text
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rule import Names
from orchestrator.core.world import STREAM, World
from orchestrator.errors import ExpressionFailed

CALL: Final = "call"
ITEMS_MAX: Final = 1_000  # of a list in a hook: an expression may go through it twice over


def names_of(world: World, hook: HookReceived, now_ms: int) -> Names:
    """Return what a rule may look at when it is asked about a hook.

    Raises:
        ExpressionFailed: by the names themselves, where the hook is too large to be looked through.
    """
    node, session = hook.node, text(hook.body, "sessionId")

    def connection() -> Json:
        known = world.connections.get(node, EMPTY).get(session)
        return _bounded(known.body) if known is not None else EMPTY

    return {
        "hook": lambda: _bounded(hook.body),
        "connection": connection,
        "node": lambda: _node(world, node),
        "streams": lambda: things(world, node, STREAM),
        "calls": lambda: things(world, node, CALL),
        "connections": lambda: _connections(world, node),
        "all": lambda: _everywhere(world),
        "tables": lambda: Map({name: table.value for name, table in world.tables.items()}),
        "now": lambda: now_ms,
    }


def things(world: World, node: str, kind: str) -> Sequence[Json]:
    """Return what is seen of a kind on a node, each with its fields and its id."""
    key = "mediaSessionId" if kind == STREAM else "callId"
    seen = world.things(node, kind)
    return tuple(Map({**seen[name].seen.fields, key: name, "node": node}) for name in sorted(seen))


def _connections(world: World, node: str) -> Sequence[Json]:
    known = world.connections.get(node, EMPTY)
    return tuple(Map({**known[name].body, "node": node}) for name in sorted(known))


def _everywhere(world: World) -> Json:
    nodes = sorted(world.configuration.nodes)
    return Map(
        {
            "streams": tuple(one for node in nodes for one in things(world, node, STREAM)),
            "calls": tuple(one for node in nodes for one in things(world, node, CALL)),
            "connections": tuple(one for node in nodes for one in _connections(world, node)),
        }
    )


def _node(world: World, name: str) -> Json:
    node = world.node(name)
    return Map({"name": name, "labels": node.labels, "retired": node.retired})


def _bounded(value: Json) -> Json:
    """Return a value as it is, unless a list in it is too long to be looked through."""
    match value:
        case str():
            pass
        case Mapping():
            for name in value:
                _bounded(value[name])
        case Sequence():
            if len(value) > ITEMS_MAX:
                raise ExpressionFailed(
                    f"a list with over {ITEMS_MAX} members is not looked through"
                )
            for member in value:
                _bounded(member)
        case _:
            pass
    return value
