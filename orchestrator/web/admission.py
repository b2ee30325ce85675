"""Answers of rules to hooks that may be refused: decided from the world alone, and replayable.

Rules are asked in the order of files and lines; the first that matches decides, and where none does
the hook is allowed. What our own calls started is never asked about (seed: hooks of the REST API
should not be declined).
"""

import json
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from orchestrator.core.event import HookAnswered, HookReceived
from orchestrator.core.filling import filled, holds
from orchestrator.core.hook import CONNECT, PLAY, PUBLISH, canonical
from orchestrator.core.http import Reply
from orchestrator.core.json import Json, text, thaw
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Placement
from orchestrator.core.rule import Admit, Decision, Evaluate, Scoped
from orchestrator.core.scope import names_of
from orchestrator.core.seal import has_seal
from orchestrator.core.subject import subject_of
from orchestrator.core.world import CALL, World
from orchestrator.errors import ExpressionFailed
from orchestrator.web.body import BadBody, parsed
from orchestrator.web.hooks import error
from orchestrator.web.policies import merged, policies_of

STARTED: Final = frozenset({PUBLISH, PLAY, CALL})
"""What calls to the REST API may cause to be asked."""
REFUSED: Final = error(403, "refused by a rule")


@frozen
class Decided:
    """What a rule decided, as it goes into the log; `error` where an expression of it failed."""

    rule: Admit
    decision: Decision
    overwrite: Map[str, Json] = EMPTY
    error: str = ""

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return 200 if self.decision is Decision.ALLOW else 403


def is_asked(world: World, hook: HookReceived) -> bool:
    """Return whether any rule answers hooks of that method."""
    return canonical(hook.method) in world.admitting


def decided(world: World, hook: HookReceived, scoped: Scoped, now_ms: int) -> Decided | None:
    """Return what the first rule that matches decides, None where none does."""
    names = world.admitting.get(canonical(hook.method), ())
    if not names or is_ours(world, hook):
        return None
    evaluate = scoped(names_of(world, hook, now_ms))
    for name in names:
        rule = world.rules[name]
        assert isinstance(rule, Admit), "no other rule answers"
        if (found := _of_rule(rule, evaluate)) is not None:
            return found
    return None


def answered(hook: HookReceived, found: Decided, seen: int) -> HookAnswered:
    """Return what is to be said of a decision that was made on the world at `seen`."""
    return HookAnswered(
        node=hook.node,
        method=hook.method,
        status=found.status,
        decision=found.decision.value,
        about=subject_of(hook),
        rule=found.rule.name,
        place=found.rule.place,
        seen=seen,
        error=found.error,
        overwrite=found.overwrite,
    )


def reply(
    world: World, hook: HookReceived, found: Decided | None, base: Reply, echo: Reply
) -> Reply:
    """Return the answer: the base, refused or with fields of ours; a session gets its policies.

    A base that is no JSON object cannot take fields: then the echo of the hook does.
    """
    if found is not None and found.decision is Decision.DENY:
        return REFUSED
    fields = found.overwrite if found is not None else EMPTY
    policies = policies_of(world.rules.values()) if hook.method == CONNECT else EMPTY
    if (not fields and not policies) or base.status != 200:
        return base
    read = parsed(base.body)
    if isinstance(read, BadBody):
        read = parsed(echo.body)
    assert not isinstance(read, BadBody), "a hook that was taken is an object"
    body: dict[str, object] = dict(read)
    body |= {name: thaw(value) for name, value in fields.items()}
    if policies:
        body["restClientConfig"] = merged(body.get("restClientConfig"), policies)
    return Reply(200, json.dumps(body, allow_nan=False).encode(), base.headers)


def is_ours(world: World, hook: HookReceived) -> bool:
    """Return whether one of our own calls started what a hook asks about.

    No client that is connected asks, and it is about a thing with the id of one of ours, or about a
    call or a stream that we have just asked for. A name alone never lets anybody play.
    """
    node, body = hook.node, hook.body
    is_client = text(body, "sessionId") in world.connections.get(node, EMPTY)
    if is_client or hook.method not in STARTED:
        return False
    if media := text(body, "mediaSessionId"):
        for kind in world.placed.get(node, EMPTY):
            natural = world.ids.get((node, kind, media))
            thing = world.thing(node, kind, natural) if natural is not None else None
            if (thing is not None and thing.owner) or (node, kind, media) in world.makers:
                return True
    if hook.method == CALL:
        called = world.by_natural.get((node, CALL, text(body, "callId")), EMPTY)
        return _is_starting(world, node, called)
    if hook.method != PUBLISH:
        return False
    return _is_starting(world, node, world.publishers.get((node, text(body, "name")), EMPTY))


def _of_rule(rule: Admit, evaluate: Evaluate) -> Decided | None:
    """Return what one rule decides, None where it does not match or leaves it to the next."""
    try:
        if not holds(rule.where, evaluate):
            return None
        return Decided(rule, rule.decide, _fields(rule, evaluate))
    except ExpressionFailed as failed:
        if rule.on_error is None:
            return None
        return Decided(rule, rule.on_error, error=str(failed))


def _fields(rule: Admit, evaluate: Evaluate) -> Map[str, Json]:
    """Return the fields of an answer; a seal in one would leave as if it were the value itself."""
    fields = Map({name: filled(rule.overwrite[name], evaluate) for name in rule.overwrite})
    if has_seal(fields):
        raise ExpressionFailed("a sealed value cannot be written into an answer")
    return fields


def _is_starting(world: World, node: str, placements: Iterable[Placement]) -> bool:
    """Return whether one of these was asked for there and does not run yet."""
    return any(_has_begun(world, one) for one in placements if one.node == node)


def _has_begun(world: World, placement: Placement) -> bool:
    record = world.record(placement)
    is_unready = placement in world.owned and not record.ready_ms
    return placement in world.in_flight or record.accepted_ms > 0 or is_unready
