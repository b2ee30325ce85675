"""What rules do upon an entry: from the world with that entry in it to what is to be appended.

Verbs mean what they mean when an operator uses them; a call is said here and leaves later.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from orchestrator.core.configuration import Policy
from orchestrator.core.doing import Unfilled, filled_steps
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.errand import Fired
from orchestrator.core.event import Event, HookReceived, RuleFired, node_of
from orchestrator.core.filling import holds
from orchestrator.core.fired import busy_until
from orchestrator.core.hook import canonical
from orchestrator.core.http import Reply
from orchestrator.core.json import Json, JsonObject
from orchestrator.core.kind import Kinds
from orchestrator.core.linger import is_managed
from orchestrator.core.mapping import Map
from orchestrator.core.rule import CALL, Around, Rate, Scoped, Step, Upon
from orchestrator.core.scope import names_upon
from orchestrator.core.world import World
from orchestrator.web.calls import misuse
from orchestrator.web.orders import ordered
from orchestrator.web.times import rfc3339

SAID_MAX: Final = 300  # letters of why something could not be done
ACTOR: Final = "rule:"

Tell = Callable[[Entry], Json]
"""From an entry to what `events` shows of it."""

Seal = Callable[[JsonObject], Map[str, Json]]
"""From the body of a call to what the log may show of it; references to secrets stay."""


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
    seal: Seal
    kinds: Kinds

    def upshots(self, world: World, entry: Entry, rule: Upon) -> tuple[Upshot, ...]:
        """Return what a rule does upon an entry, on the world that has it.

        Raises:
            ExpressionFailed: it cannot be told whether it is to do anything.
        """
        scoped = self._scoped(world, entry)
        if not holds(rule.where, scoped({})):
            return ()
        if until_ms := busy_until(world, rule, entry.at_ms):
            return _refrained(world, rule, entry, until_ms)
        steps = filled_steps(rule, scoped, node_of(entry.event))
        return tuple(self._upshot(world, entry, rule, step) for step in steps)

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
        destinations = world.configuration.destinations
        if why := _unsent(world, step.node) or misuse(step.method, step.body, destinations):
            return _failed(rule, CALL, why)
        arguments: Map[str, Json] = Map(
            {"node": step.node, "method": step.method, "body": self.seal(step.body)}
        )
        return Upshot(RuleFired(rule.name, rule.place, CALL, arguments, step.node))


def rules_upon(world: World, entry: Entry) -> Iterator[Upon]:
    """Yield the rules that are asked upon an entry, in order.

    What came a second time asks nobody again, nor does what such rules did themselves.
    """
    if not world.firing or isinstance(_doer(world, entry), Upon):
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


def facts_of(upshots: Sequence[Upshot], cause: int, first: int) -> list[Fact]:
    """Return what is to be appended upon the entry at `cause`; the first one comes at `first`."""
    facts: list[Fact] = []
    for upshot in upshots:
        actor = f"{ACTOR}{upshot.fired.rule}"
        position = first + len(facts)
        facts.append(Fact(upshot.fired, cause, actor))
        facts += [Fact(event, position, actor) for event in upshot.events]
    return facts


def _doer(world: World, entry: Entry) -> object:
    """Return the rule that an entry comes from, None where it comes from none."""
    is_of_rule = entry.actor.startswith(ACTOR)
    return world.rules.get(entry.actor.removeprefix(ACTOR)) if is_of_rule else None


def _refrained(world: World, rule: Upon, entry: Entry, until_ms: int) -> tuple[Upshot, ...]:
    """Return that a rule did as much as it may, unless it was said since it last did anything."""
    if world.fired.get(rule.name, Fired()).until_ms > entry.at_ms:
        return ()
    why = f"it did so {told_rate(rule.at_most)} already: nothing until {rfc3339(until_ms)}"
    return (Upshot(RuleFired(rule.name, rule.place, error=why, until_ms=until_ms)),)


def told_rate(rate: Rate) -> str:
    """Return a rate in words."""
    return f"{rate.count} times within {rate.within_ms // 1000} s"


def _unsent(world: World, node: str) -> str:
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
