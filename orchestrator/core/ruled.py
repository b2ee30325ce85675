"""Folding what rules rest on: the rules themselves, tables, and who is connected.

Pure functions from world to world.
"""

from typing import Final

from orchestrator.core.document import RulesLoaded
from orchestrator.core.event import HookAnswered, HookReceived
from orchestrator.core.hook import CONNECT
from orchestrator.core.json import text
from orchestrator.core.mapping import EMPTY, Map, without
from orchestrator.core.rule import by_method
from orchestrator.core.value import evolve
from orchestrator.core.world import Connection, World

CONNECTIONS_MAX: Final = 20_000  # of one node; beyond it the longest there are forgotten
STATUS: Final = "ConnectionStatusEvent"
ENDS: Final = frozenset({"FAILED", "DISCONNECTED"})


def with_rules(world: World, loaded: RulesLoaded) -> World:
    """Return the world with added, changed and removed rules and tables."""
    rules, tables = world.rules, world.tables
    for name in loaded.removed:
        rules = without(rules, name)
    for rule in loaded.items:
        rules = rules.set(rule.name, rule)
    for name in loaded.tables_removed:
        tables = without(tables, name)
    for table in loaded.tables:
        tables = tables.set(table.name, table)
    return evolve(world, rules=rules, tables=tables, admitting=by_method(rules.values()))


def with_session(world: World, hook: HookReceived) -> World:
    """Return the world after a hook of a session: it began, ended, or neither."""
    session = text(hook.body, "sessionId")
    known = world.connections.get(hook.node, EMPTY)
    if hook.method == CONNECT and session:
        return _with(world, hook.node, _room(known).set(session, _connection(world, hook)))
    if hook.method == STATUS and session in known and text(hook.body, "status") in ENDS:
        return _with(world, hook.node, without(known, session))
    return world


def with_answer(world: World, answered: HookAnswered, cause: int) -> World:
    """Return the world after an answer: a session that was refused never began."""
    if answered.method != CONNECT or answered.status == 200:
        return world
    known = world.connections.get(answered.node, EMPTY)
    refused = next((name for name in known if known[name].position == cause), None)
    return world if refused is None else _with(world, answered.node, without(known, refused))


def without_sessions(world: World, node: str) -> World:
    """Return the world after a node forgot all sessions."""
    return evolve(world, connections=without(world.connections, node))


def _connection(world: World, hook: HookReceived) -> Connection:
    return Connection(hook.body, world.position)


def _with(world: World, node: str, known: Map[str, Connection]) -> World:
    kept = world.connections.set(node, known) if known else without(world.connections, node)
    return evolve(world, connections=kept)


def _room(known: Map[str, Connection]) -> Map[str, Connection]:
    """Return the sessions with room for one more: a quarter goes at once, so it is rarely done."""
    if len(known) < CONNECTIONS_MAX:
        return known
    oldest = sorted(known, key=lambda name: known[name].position)
    for name in oldest[: CONNECTIONS_MAX // 4]:
        known = without(known, name)
    return known
