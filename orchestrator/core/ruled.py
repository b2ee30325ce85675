"""Folding what rules rest on: the rules themselves, tables, and who is connected.

Pure functions from world to world.
"""

from typing import Any, Final

from orchestrator.core.document import RulesLoaded
from orchestrator.core.event import HookAnswered, HookReceived
from orchestrator.core.hook import CONNECT, CONNECTION_STATUS, FIELDS, PUBLISH, STREAM_STATUS
from orchestrator.core.json import Json, JsonObject, text, weight
from orchestrator.core.mapping import EMPTY, Map, without
from orchestrator.core.observed import with_touched
from orchestrator.core.rule import MEASURED, Each, Rule, Subject, by_method, by_trigger, order
from orchestrator.core.session import Asking, Connection
from orchestrator.core.subject import unencoded
from orchestrator.core.value import evolve
from orchestrator.core.world import CALL, World

CONNECTIONS_MAX: Final = 20_000  # of one node; beyond it the longest there are forgotten
ASKING_MAX: Final = 1_000  # streams of one node that ask to be published
ASKED_MS: Final = 60_000
KEPT_MAX: Final = 2_000  # letters of one field of a connect
OVERRULED: Final = "overruled"
ASKED: Final = ("name", "appKey", "sessionId", "mediaProvider", "status")
OF_CALLS_TOLD: Final = frozenset({"call", "OnCallEvent", "CallStatusEvent", "hangup"})
ENDS: Final = frozenset({"FAILED", "DISCONNECTED"})


def with_rules(world: World, loaded: RulesLoaded) -> World:
    """Return the world with added, changed and removed rules and tables."""
    rules, tables, fired = world.rules, world.tables, world.fired
    for name in loaded.removed:
        rules, fired = without(rules, name), without(fired, name)
    for rule in loaded.items:
        rules = rules.set(rule.name, rule)
    for name in loaded.tables_removed:
        tables = without(tables, name)
    for table in loaded.tables:
        tables = tables.set(table.name, table)
    eaches = sorted((rule for rule in rules.values() if isinstance(rule, Each)), key=order)
    looked_at = {name for rule in rules.values() for name in rule.names}
    return evolve(
        world,
        rules=rules,
        tables=tables,
        admitting=by_method(rules.values()),
        firing=by_trigger(rules.values()),
        fired=fired,
        deriving=tuple(rule.name for rule in eaches),
        watched=(CALL,) if any(map(_looks_at_calls, rules.values())) else (),
        measured=tuple(name for name in MEASURED if name in looked_at),
    )


def _looks_at_calls(rule: Rule) -> bool:
    """Return whether a node is to be asked for its calls, since a rule looks at them."""
    is_about_calls = isinstance(rule, Each) and rule.each is Subject.CALL
    return is_about_calls or "calls" in rule.names or "all" in rule.names


def with_client(world: World, hook: HookReceived) -> World:
    """Return the world after a hook of a session or a stream that rules may look at."""
    if hook.method == PUBLISH:
        return _with_asking(world, hook)
    if hook.method == STREAM_STATUS:
        return _without_asking(world, hook.node, text(hook.body, "mediaSessionId"))
    if hook.method in OF_CALLS_TOLD and CALL in world.watched:
        return with_touched(world, hook.node, (CALL,))
    session = text(hook.body, "sessionId")
    known = world.connections.get(hook.node, EMPTY)
    if hook.method == CONNECT and session:
        connection = Connection(_kept(hook.body), world.position)
        return _with(world, hook.node, _room(known, CONNECTIONS_MAX).set(session, connection))
    if hook.method == CONNECTION_STATUS and session in known and text(hook.body, "status") in ENDS:
        return _with(world, hook.node, without(known, session))
    return world


def with_answer(world: World, answered: HookAnswered, cause: int) -> World:
    """Return the world after an answer: what was refused never began, a session has what it got."""
    if answered.decision == OVERRULED:
        return world
    is_refused = answered.status != 200
    if answered.method == PUBLISH and is_refused:
        asking = world.asking.get(answered.node, EMPTY)
        found = next((name for name in asking if asking[name].position == cause), "")
        return _without_asking(world, answered.node, found)
    if answered.method != CONNECT:
        return world
    known = world.connections.get(answered.node, EMPTY)
    session = unencoded(answered.about.removeprefix("connection/"))
    if session not in known or known[session].position != cause:
        return world
    if is_refused:
        return _with(world, answered.node, without(known, session))
    given = evolve(known[session], body=known[session].body.update(answered.overwrite))
    return _with(world, answered.node, known.set(session, given))


def without_sessions(world: World, node: str, since: int) -> World:
    """Return the world after a node forgot what it had; its new life began after `since`."""
    known = world.connections.get(node, EMPTY)
    for session in [name for name in known if known[name].position <= since]:
        known = without(known, session)
    return _with(world, node, known)


def _with_asking(world: World, hook: HookReceived) -> World:
    """Return the world in which a stream asks, and those of long ago do not any more."""
    media = text(hook.body, "mediaSessionId")
    if not media or PUBLISH not in world.admitting:
        return world
    asking = world.asking.get(hook.node, EMPTY)
    if len(asking) >= ASKING_MAX:
        for name in [one for one in asking if world.at_ms - asking[one].at_ms > ASKED_MS]:
            asking = without(asking, name)
        asking = _room(asking, ASKING_MAX)
    fields = Map({name: text(hook.body, name) for name in ASKED})
    asking = asking.set(media, Asking(fields, world.position, world.at_ms))
    return evolve(world, asking=world.asking.set(hook.node, asking))


def _without_asking(world: World, node: str, media: str) -> World:
    asking = world.asking.get(node, EMPTY)
    if media not in asking:
        return world
    left = without(asking, media)
    kept = world.asking.set(node, left) if left else without(world.asking, node)
    return evolve(world, asking=kept)


def _kept(body: JsonObject) -> Map[str, Json]:
    """Return what is kept of a connect: what is known of it, and of that nothing that is long."""
    given = {name: body[name] for name in FIELDS[CONNECT] if name in body}
    return Map({name: value for name, value in given.items() if weight(value) <= KEPT_MAX})


def _with(world: World, node: str, known: Map[str, Connection]) -> World:
    kept = world.connections.set(node, known) if known else without(world.connections, node)
    return evolve(world, connections=kept)


def _room(known: Map[str, Any], most: int) -> Map[str, Any]:
    """Return what is known with room for one more: a quarter goes at once, so it is rarely done."""
    if len(known) < most:
        return known
    oldest = sorted(known, key=lambda name: known[name].position)
    for name in oldest[: max(1, most // 4)]:
        known = without(known, name)
    return known
