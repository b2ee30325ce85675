"""What rules do upon an entry: from the world with that entry in it to what is to be appended.

Verbs mean what they mean when an operator uses them; a call is said here and leaves later.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from attrs import frozen

from orchestrator.core.configuration import Policy
from orchestrator.core.doing import Unfilled, filled_steps
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.errand import Fired
from orchestrator.core.event import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Adopted,
    Event,
    Forgotten,
    HookReceived,
    RuleFired,
    node_of,
)
from orchestrator.core.filling import holds
from orchestrator.core.fired import busy_until
from orchestrator.core.hook import canonical
from orchestrator.core.http import Reply
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.linger import is_managed
from orchestrator.core.mapping import Map
from orchestrator.core.project import ahead
from orchestrator.core.rule import CALL, Around, Rate, Scoped, Step, Upon
from orchestrator.core.scope import names_upon
from orchestrator.core.world import World
from orchestrator.web.calls import misuse
from orchestrator.web.orders import ordered
from orchestrator.web.times import rfc3339

SAID_MAX: Final = 300  # letters of why something could not be done
ERRANDS_MAX: Final = 5_000  # calls of rules that wait to be sent
ACTOR: Final = "rule:"
DONE: Final = (RuleFired, ActionStarted, ActionFinished, ActionFailed, Adopted, Forgotten)
"""What follows from a rule that does something, said by that rule."""

Tell = Callable[[Entry], Json]
"""From an entry to what `events` shows of it."""


@frozen
class Upshot:
    """What comes of a step: what is said of it, and what follows from it at once."""

    fired: RuleFired
    events: tuple[Event, ...] = ()


@frozen
class Asker:
    """Asks rules upon entries."""

    around: Around
    tell: Tell
    kinds: Kinds

    def fire(self, world: World, entry: Entry, rule: Upon, first: int) -> tuple[list[Fact], World]:
        """Return what a rule does upon an entry, and the world with that.

        The world is the one with the entry, and the first fact will stand at position `first`.
        Each step is judged on what those before it have left.

        Raises:
            ExpressionFailed: it cannot be told whether it is to do anything.
        """
        scoped = self._scoped(world, entry)
        if not holds(rule.where, scoped({})):
            return [], world
        actor, facts = f"{ACTOR}{rule.name}", list[Fact]()
        if until_ms := busy_until(world, rule, entry.at_ms):
            return _refrained(world, rule, entry, until_ms), world
        for step in filled_steps(rule, scoped, node_of(entry.event)):
            upshot = self._upshot(world, entry, rule, step)
            position = first + len(facts)
            own = [Fact(upshot.fired, entry.position, actor)]
            own += [Fact(event, position, actor) for event in upshot.events]
            facts += own
            world = ahead(world, own, self.kinds)
        return facts, world

    def steps(self, world: World, entry: Entry, rule: Upon) -> list[Step | Unfilled] | None:
        """Return what a rule would do if anything can be done, None where it does not match.

        Raises:
            ExpressionFailed: it cannot be told whether it matches.
        """
        scoped = self._scoped(world, entry)
        if not holds(rule.where, scoped({})):
            return None
        return list(filled_steps(rule, scoped, node_of(entry.event)))

    def _scoped(self, world: World, entry: Entry) -> Scoped:
        names = names_upon(world, entry.event, partial(self.tell, entry), entry.at_ms)
        return self.around(names)

    def _upshot(self, world: World, entry: Entry, rule: Upon, step: Step | Unfilled) -> Upshot:
        """Return what comes of one step, or why nothing does."""
        if isinstance(step, Unfilled):
            return _failed(rule, step.verb, step.why)
        if step.verb == CALL:
            return self._called(world, rule, step)
        asked = {"names": step.resources, **({"forMs": step.for_ms} if step.for_ms else {})}
        order = ordered(step.verb, asked, world, self.kinds, entry.at_ms)
        if isinstance(order, Reply):
            return _failed(rule, step.verb, str(json.loads(order.body)["error"]))
        return Upshot(RuleFired(rule.name, rule.place, order.verb, order.arguments), order.events)

    def _called(self, world: World, rule: Upon, step: Step) -> Upshot:
        if len(world.errands) >= ERRANDS_MAX:
            return _failed(rule, CALL, f"{ERRANDS_MAX} calls wait to be sent already")
        destinations = world.configuration.destinations
        if why := unsent(world, step.node) or misuse(step.method, step.body, destinations):
            return _failed(rule, CALL, why)
        arguments: Map[str, Json] = Map(
            {"node": step.node, "method": step.method, "body": step.body}
        )
        return Upshot(RuleFired(rule.name, rule.place, CALL, arguments, step.node))


def rules_upon(world: World, entry: Entry) -> Iterator[Upon]:
    """Yield the rules that are asked upon an entry, in order.

    What came a second time asks nobody again, nor does what such rules did themselves.
    """
    if not world.firing or _is_done(entry):
        return
    match entry.event:
        case HookReceived(method=method, duplicate_of=0):
            word = canonical(method)
        case HookReceived():
            return
        case event:
            word = type(event).__name__
    for name in world.firing.get(word, ()):
        rule = world.rules[name]
        assert isinstance(rule, Upon), "no other rule does anything"
        yield rule


def _is_done(entry: Entry) -> bool:
    """Return whether an entry tells what a rule did itself."""
    return entry.actor.startswith(ACTOR) and isinstance(entry.event, DONE)


def _refrained(world: World, rule: Upon, entry: Entry, until_ms: int) -> list[Fact]:
    """Return that a rule did as much as it may, unless it was said since it last did anything."""
    if world.fired.get(rule.name, Fired()).until_ms > entry.at_ms:
        return []
    why = f"it did so {_told(rule.at_most)} already: nothing until {rfc3339(until_ms)}"
    fired = RuleFired(rule.name, rule.place, error=why, until_ms=until_ms)
    return [Fact(fired, entry.position, f"{ACTOR}{rule.name}")]


def _told(rate: Rate) -> str:
    """Return a rate in words."""
    return f"{rate.count} times within {rate.within_ms / 1000:g} s"


def unsent(world: World, node: str) -> str:
    """Return why no call is sent to a node, "" where one is."""
    if not node:
        return "no node is named, and what it is about has none: write `node`"
    if node not in world.configuration.nodes:
        return f"{node}: no such node"
    if not is_managed(world, node):
        return f"{node} is retired"
    is_observed = world.node(node).policy is Policy.OBSERVE
    return f"{node} is only observed: `policy: manage` lets rules call it" if is_observed else ""


def _failed(rule: Upon, verb: str, why: str) -> Upshot:
    return Upshot(RuleFired(rule.name, rule.place, verb, error=why[:SAID_MAX]))
