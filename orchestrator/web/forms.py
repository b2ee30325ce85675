"""The JSON forms that tools outside are written against (PRODUCT section 2), from core values.

Fields may be added here, never renamed. `plain` turns a spec into JSON under its YAML names.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final

from attrs import frozen

from orchestrator.core.action import (
    NEVER,
    Adopt,
    Create,
    Delete,
    Held,
    Phase,
    Replace,
    Step,
    Update,
    Verdict,
)
from orchestrator.core.json import Json, thaw
from orchestrator.core.look import LastLook, Looks
from orchestrator.core.plan import is_settled
from orchestrator.core.resource import Kinds
from orchestrator.core.world import Claim, Observed, World
from orchestrator.web.times import rfc3339

Plain = Callable[[object], Json]
WELL: Final = frozenset({Phase.READY, Phase.WAITING, Phase.STOPPED, Phase.FINISHED})


@frozen
class Vitals:
    """What the daemon knows of itself and no log keeps."""

    version: str
    started_ms: int
    now_ms: int
    log_refusal: str = ""
    hooks: int = 0
    keep_alives: int = 0
    refusals: tuple[tuple[str, str, str, int], ...] = ()


def resource(world: World, verdict: Verdict, plain: Plain, kinds: Kinds) -> dict[str, Json]:
    """Return one row of `get -o json`."""
    placement, key = verdict.placement, verdict.placement.key
    wanted = world.wanted.get(placement) or world.declared.get(key)
    record = world.record(placement)
    thing = _thing(world, verdict, kinds)
    owner = thing.owner if thing is not None else None
    return {
        "resource": str(key),
        "kind": key.kind,
        "name": key.name,
        "node": placement.node,
        "labels": thaw(wanted.labels) if wanted is not None else {},
        "phase": verdict.phase.value,
        "reason": verdict.reason,
        "message": verdict.message,
        "since": _time(_since_ms(world, verdict, thing)),
        "next": _time(verdict.wake_ms),
        "owned": owner is not None,
        "adopted": owner is not None and owner.claim is not Claim.MADE,
        "desired": plain(wanted.spec) if wanted is not None else None,
        "observed": observed(thing),
        "media": None,
        "attempts": record.failures,
        "source": {"file": wanted.place.file, "line": wanted.place.line} if wanted else None,
        "position": max(
            world.changed.get(placement, 0), record.acted, thing.position if thing else 0
        ),
    }


def foreign(world: World, node: str, kind: str, natural: str) -> dict[str, Json]:
    """Return the row of a thing that is nobody's here: `kind/~fingerprint`."""
    thing = world.things(node, kind)[natural]
    name = f"~{fingerprint(natural)}"
    return {
        "resource": f"{kind}/{name}",
        "kind": kind,
        "name": name,
        "node": node,
        "labels": {},
        "phase": Phase.HELD.value,
        "reason": "foreign",
        "message": "not declared here; never touched",
        "since": _time(thing.at_ms),
        "next": None,
        "owned": False,
        "adopted": False,
        "desired": None,
        "observed": observed(thing),
        "media": None,
        "attempts": 0,
        "source": None,
        "position": thing.position,
    }


def observed(thing: Observed | None) -> Json:
    """Return what was seen of a thing, its server-made id with it."""
    if thing is None:
        return None
    return {**{name: thaw(thing.seen.fields[name]) for name in sorted(thing.seen.fields)},
            "mediaSessionId": thing.seen.id}  # fmt: skip


def plan(world: World, verdicts: Iterable[Verdict]) -> dict[str, Json]:
    """Return `plan -o json`."""
    actions: list[Json] = []
    helds: list[Json] = []
    for verdict in verdicts:
        match verdict.next:
            case None:
                pass
            case Held() as held:
                helds.append(_held(held, verdict.phase))
            case step:
                actions.append(_action(step))
    return {"position": world.position, "actions": actions, "held": helds}


def event(row: Any) -> dict[str, Json]:
    """Return one line of `events -o json`; `row.body` is already JSON."""
    data = row.body
    if row.type == "HookReceived":
        data = {**data, "duplicateOf": data.get("duplicateOf") or None}
    return {
        "position": row.position,
        "time": rfc3339(row.at_ms),
        "type": row.type,
        "node": row.node,
        "subject": row.subject,
        "cause": row.cause or None,
        "actor": row.actor,
        "data": data,
    }


def status(
    world: World, verdicts: Iterable[Verdict], looks: Looks, vitals: Vitals, kinds: Kinds
) -> dict[str, Json]:
    """Return the one screen: nodes, counts by phase, what is not well, held, faulty, refused."""
    verdicts = tuple(verdicts)
    counts: dict[str, Json] = {}
    for phase in Phase:
        if count := sum(verdict.phase is phase for verdict in verdicts):
            counts[phase.value] = count
    ill = [verdict for verdict in verdicts if verdict.phase not in WELL]
    nodes: list[Json] = [
        _node(world, name, looks, kinds) for name in sorted(world.configuration.nodes)
    ]
    holds: list[Json] = [
        {"hold": name, "reason": hold.reason, "message": hold.message, "since": _time(hold.at_ms)}
        for name, hold in sorted(world.holds.items())
    ]
    rejected: list[Json] = [
        {"file": file, "line": fault.place.line, "column": fault.place.column,
         "message": fault.message}
        for file, fault in sorted(world.rejected.items())
    ]  # fmt: skip
    refused: list[Json] = [
        {"node": node, "peer": peer, "reason": reason, "count": count}
        for node, peer, reason, count in vitals.refusals
    ]
    is_well = not (ill or holds or rejected or world.lost or vitals.log_refusal or world.tail_lost)
    return {
        "well": is_well,
        "settled": all(is_settled(verdict) for verdict in verdicts),
        "version": vitals.version,
        "started": _time(vitals.started_ms),
        "time": _time(vitals.now_ms),
        "position": world.position,
        "log": vitals.log_refusal,
        "tailLost": world.tail_lost or None,
        "hooks": {"received": vitals.hooks, "keepAlivesWithoutNews": vitals.keep_alives},
        "nodes": nodes,
        "phases": counts,
        "notWell": [
            {"resource": str(v.placement.key), "node": v.placement.node, "phase": v.phase.value,
             "reason": v.reason, "message": v.message}
            for v in ill
        ],
        "held": holds,
        "rejected": rejected,
        "refusedHooks": refused,
    }  # fmt: skip


def fingerprint(natural: str) -> str:
    """Return the short name of a thing that has none here."""
    return sha256(natural.encode()).hexdigest()[:12]


def _node(world: World, name: str, looks: Looks, kinds: Kinds) -> dict[str, Json]:
    lasts = [looks.get((name, kind), LastLook()) for kind in kinds]
    node = world.configuration.nodes[name]
    state = "retired" if node.retired else "lost" if name in world.lost else "found"
    failing = [last.error for last in lasts if last.failing_ms]
    if state == "found" and not all(last.position for last in lasts):
        state = "unknown"
    return {
        "node": name,
        "state": state,
        "policy": node.policy.value,
        "message": world.lost[name].message if name in world.lost else "; ".join(failing[:1]),
        "lastLook": _time(min((last.at_ms for last in lasts), default=0)),
    }


def _action(action: Step) -> dict[str, Json]:
    calls: tuple[str, ...]
    match action:
        case Create(call=call):
            name, calls = "create", (call.path,)
        case Update(call=call):
            name, calls = "update", (call.path,)
        case Replace(call=call, then=then):
            name, calls = "replace", (call.path, then)
        case Delete(call=call):
            name, calls = "delete", (call.path,)
        case Adopt():  # pragma: no branch
            name, calls = "adopt", ()
    return {
        "action": name,
        "resource": str(action.placement.key),
        "node": action.placement.node,
        "calls": list(calls),
        "interrupts": isinstance(action, Replace),
        "affects": [],
        "reason": action.reason,
    }


def _held(held: Held, phase: Phase) -> dict[str, Json]:
    return {
        "resource": str(held.placement.key),
        "node": held.placement.node,
        "action": held.action,
        "phase": phase.value,
        "reason": held.reason,
        "message": held.message,
        "until": _time(held.until_ms),
        "hold": held.hold or None,
    }


def _thing(world: World, verdict: Verdict, kinds: Kinds) -> Observed | None:
    placement = verdict.placement
    for thing in world.holdings(placement):
        return thing
    wanted = world.wanted[placement]  # a verdict is on what is ours or wanted
    site = world.site(placement.node)
    for natural in kinds[placement.key.kind].declarable.naturals(wanted.spec, site):
        if thing_there := world.thing(placement.node, placement.key.kind, natural):
            return thing_there if thing_there.owner is None else None
    return None


def _since_ms(world: World, verdict: Verdict, thing: Observed | None) -> int:
    record = world.record(verdict.placement)
    flight = world.in_flight.get(verdict.placement)
    if flight is not None:
        return flight.at_ms
    if verdict.phase is Phase.READY:
        return record.ready_ms or (thing.at_ms if thing is not None else 0)
    return max(record.failed_ms, record.accepted_ms, record.ending_ms, record.since_ms)


def _time(at_ms: int) -> Json:
    return rfc3339(at_ms) if 0 < at_ms < NEVER else None
