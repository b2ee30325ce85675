"""Folding what rules do upon entries: how often, what it orders, and which calls are to leave.

Pure functions from world to world. A call is an errand from the entry that says so until its intent
is in the log: so after a kill it is sent if it was not, and never twice.
"""

from orchestrator.core.entry import Entry
from orchestrator.core.errand import Errand, Fired
from orchestrator.core.event import RuleFired
from orchestrator.core.json import text
from orchestrator.core.mapping import EMPTY, Map, without
from orchestrator.core.ordered import with_asked
from orchestrator.core.rule import CALL, Upon
from orchestrator.core.value import evolve
from orchestrator.core.world import World


def with_fired(world: World, entry: Entry, fired: RuleFired) -> World:
    """Return the world after a rule did one thing, or said that it does nothing for a while."""
    world = _counted(world, entry, fired)
    if fired.error or not fired.verb:
        return world
    if fired.verb != CALL:
        return with_asked(world, fired, entry.actor)
    body = fired.arguments.get("body", EMPTY)
    assert isinstance(body, Map), "that of a call is an object"
    errand = Errand(fired.rule, fired.node, text(fired.arguments, "method"), body)
    return evolve(world, errands=world.errands.set(entry.position, errand))


def without_errand(world: World, position: int) -> World:
    """Return the world after the intent of a call is in the log, or why it never leaves."""
    if position not in world.errands:
        return world
    return evolve(world, errands=without(world.errands, position))


def busy_until(world: World, rule: Upon, at_ms: int) -> int:
    """Return until when a rule did as much as it may, 0: it may do something now."""
    count, within_ms = rule.at_most.count, rule.at_most.within_ms
    times = world.fired.get(rule.name, Fired()).times
    if len(times) < count or times[-count] + within_ms <= at_ms:
        return 0
    return times[-count] + within_ms


def with_later(world: World, by_ms: int) -> World:
    """Return the world after the clock was set forward: limits hold for as long as they did."""
    fired = world.fired
    for name in sorted(fired):
        fired = fired.set(name, fired[name].shifted(by_ms))
    return evolve(world, fired=fired)


def _counted(world: World, entry: Entry, fired: RuleFired) -> World:
    """Return the world that counts what a rule did, for one entry once however many its steps."""
    rule, known = world.rules.get(fired.rule), world.fired.get(fired.rule, Fired())
    if not isinstance(rule, Upon):
        return world
    if fired.verb and entry.cause != known.cause:
        times = (*known.times, entry.at_ms)[-rule.at_most.count :]
        known = evolve(known, times=times, cause=entry.cause)
    known = evolve(known, until_ms=fired.until_ms)
    return evolve(world, fired=world.fired.set(fired.rule, known))
