"""What rules do upon an entry: from the world with that entry in it to what is to be appended.

Verbs mean what they mean when an operator uses them; a call is said here and leaves later.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from orchestrator.core.configuration import Policy
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.errand import Fired
from orchestrator.core.event import Event, HookReceived, RuleFired, node_of
from orchestrator.core.filling import filled
from orchestrator.core.fired import CALL, busy_until
from orchestrator.core.hook import canonical
from orchestrator.core.http import Reply
from orchestrator.core.json import Json, JsonObject
from orchestrator.core.kind import Kinds
from orchestrator.core.linger import is_managed
from orchestrator.core.mapping import Map
from orchestrator.core.reference import guarded, with_references
from orchestrator.core.rule import Around, Evaluate, Rate, Step, Upon
from orchestrator.core.scope import names_upon
from orchestrator.core.world import World
from orchestrator.errors import ExpressionFailed
from orchestrator.web.calls import misuse
from orchestrator.web.orders import ordered
from orchestrator.web.times import rfc3339

ITEM: Final = "item"
"""The name by which expressions know the member of `forEach` that a step is taken for."""
STEPS_MAX: Final = 1_000  # upon one entry, by one rule
SAID_MAX: Final = 300  # letters of why something could not be done
ACTOR: Final = "rule:"

Tell = Callable[[Entry], Json]
"""From an entry to what `events` shows of it."""

Seal = Callable[[JsonObject], Map[str, Json]]
"""From the body of a call to what the log may show of it; references to secrets stay."""


@frozen
class Upshot:
    """What a rule does upon an entry: each thing with what follows from it at once."""

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
        scoped = self.around(names_upon(world, entry.event, lambda: self.tell(entry), entry.at_ms))
        evaluate = scoped({})
        matches = evaluate(rule.where)
        if not isinstance(matches, bool):
            raise ExpressionFailed("`where` is neither true nor false")
        if not matches:
            return ()
        if until_ms := busy_until(world, rule, entry.at_ms):
            return _refrained(world, rule, entry, until_ms)
        try:
            members = _members(rule, evaluate)
        except ExpressionFailed as failed:
            return (_failed(rule, rule.do[0], str(failed)),)
        found: list[Upshot] = []
        for member in members:
            own = scoped({ITEM: partial(_same, member)} if rule.for_each else {})
            found += [self._upshot(world, entry, rule, step, own) for step in rule.do]
        return tuple(found)

    def _upshot(
        self, world: World, entry: Entry, rule: Upon, step: Step, evaluate: Evaluate
    ) -> Upshot:
        """Return what comes of one step, or why nothing does."""
        try:
            if step.verb == CALL:
                return self._call(world, entry, rule, step, evaluate)
            return self._order(world, entry, rule, step, evaluate)
        except ExpressionFailed as failed:
            return _failed(rule, step, str(failed))

    def _call(
        self, world: World, entry: Entry, rule: Upon, step: Step, evaluate: Evaluate
    ) -> Upshot:
        node = _text(filled(step.node, evaluate)) or node_of(entry.event)
        body = with_references(filled(step.body, guarded(evaluate)))
        assert isinstance(body, Mapping), "the body of a call is an object"
        if why := _unsent(world, node) or misuse(step.method, body):
            return _failed(rule, step, why)
        arguments: Map[str, Json] = Map(
            {"node": node, "method": step.method, "body": self.seal(body)}
        )
        return Upshot(RuleFired(rule.name, rule.place, CALL, arguments, node))

    def _order(
        self, world: World, entry: Entry, rule: Upon, step: Step, evaluate: Evaluate
    ) -> Upshot:
        names = [_text(name) for one in step.resources for name in _listed(filled(one, evaluate))]
        if not names:
            return _failed(rule, step, "it names no resource")
        asked = {"names": names, **({"forMs": step.for_ms} if step.for_ms else {})}
        order = ordered(step.verb, asked, world, self.kinds, entry.at_ms)
        if isinstance(order, Reply):
            return _failed(rule, step, str(json.loads(order.body)["error"]))
        fired = RuleFired(rule.name, rule.place, order.verb, order.arguments)
        return Upshot(fired, order.events)


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


def _members(rule: Upon, evaluate: Evaluate) -> Sequence[Json]:
    """Return for what the steps are taken, one by one."""
    if not rule.for_each:
        return (None,)
    members = evaluate(rule.for_each)
    if isinstance(members, str) or not isinstance(members, Sequence):
        raise ExpressionFailed("`forEach` is no list")
    if len(members) * len(rule.do) > STEPS_MAX:
        raise ExpressionFailed(f"over {STEPS_MAX} steps upon one entry: narrow `forEach`")
    return members


def _same(value: Json) -> Json:
    return value


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


def _failed(rule: Upon, step: Step, why: str) -> Upshot:
    return Upshot(RuleFired(rule.name, rule.place, step.verb, error=why[:SAID_MAX]))


def _listed(value: Json) -> Sequence[Json]:
    return (value,) if isinstance(value, str) or not isinstance(value, Sequence) else value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ExpressionFailed("what names a thing is a text")
    return value
