"""What the steps of a rule are once their expressions have values."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from orchestrator.core.filling import filled
from orchestrator.core.json import Json, depth, weight
from orchestrator.core.mapping import Map
from orchestrator.core.reference import guarded, with_references
from orchestrator.core.rule import CALL, Evaluate, Scoped, Step, Upon
from orchestrator.core.value import evolve
from orchestrator.errors import ExpressionFailed

ITEM: Final = "item"
"""The name by which expressions know the member of `forEach` that a step is taken for."""
STEPS_MAX: Final = 1_000  # upon one entry, by one rule
BODY_MAX: Final = 16_384  # letters of what one call sends
ALL_MAX: Final = 1_048_576  # letters of what is sent upon one entry, by one rule
DEPTH_MAX: Final = 32


@frozen
class Unfilled:
    """A step whose expressions have no value, and why."""

    verb: str
    why: str


def filled_steps(rule: Upon, scoped: Scoped, node: str) -> Iterator[Step | Unfilled]:
    """Yield the steps of a rule with values for expressions; calls go to `node` by default."""
    try:
        members = _members(rule, scoped({}))
    except ExpressionFailed as failed:
        yield Unfilled(rule.do[0].verb, str(failed))
        return
    room, left = ALL_MAX, STEPS_MAX
    for member in members:
        evaluate = scoped({ITEM: partial(_same, member)} if rule.for_each else {})
        for step in rule.do:
            try:
                found = _filled(step, evaluate, node)
            except ExpressionFailed as failed:
                yield Unfilled(step.verb, str(failed))
                continue
            room -= weight(found.body)
            if room < 0:
                yield Unfilled(step.verb, f"all that is to be sent has over {ALL_MAX} letters")
                return
            each = tuple(_each(found))
            left -= len(each)
            if left < 0:
                yield Unfilled(step.verb, f"over {STEPS_MAX} resources are named: narrow it")
                return
            yield from each


def _each(step: Step) -> Iterator[Step]:
    """Yield a step for each resource that it names: one that is wrong holds up no other."""
    if step.verb == CALL:
        yield step
    for name in step.resources:
        yield evolve(step, resources=(name,))


def _filled(step: Step, evaluate: Evaluate, node: str) -> Step:
    resources = [_text(one) for text in step.resources for one in _listed(filled(text, evaluate))]
    if step.verb != CALL and not resources:
        raise ExpressionFailed("it names no resource")
    body = with_references(filled(step.body, guarded(evaluate)))
    assert isinstance(body, Map), "the body of a call is an object"
    if depth(body) > DEPTH_MAX:
        raise ExpressionFailed(f"what is to be sent nests deeper than {DEPTH_MAX}")
    if weight(body) > BODY_MAX:
        raise ExpressionFailed(f"what is to be sent has over {BODY_MAX} letters")
    named = _text(filled(step.node, evaluate)) or node
    return evolve(step, resources=tuple(resources), body=body, node=named)


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


def _listed(value: Json) -> Sequence[Json]:
    return (value,) if isinstance(value, str) or not isinstance(value, Sequence) else value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ExpressionFailed("what names a thing is a text")
    return value
