"""The JSON forms that tools outside are written against (PRODUCT section 2), from core values.

Fields may be added here, never renamed. `plain` turns a spec into JSON under its YAML names.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from orchestrator.core.action import (
    Adopt,
    Create,
    Delete,
    Finish,
    Held,
    Phase,
    Replace,
    Step,
    StopFight,
    Update,
    Verdict,
    name_of,
)
from orchestrator.core.json import Json, thaw
from orchestrator.core.kind import Kinds
from orchestrator.core.resource import Key, Placement, Resource
from orchestrator.core.sources import falls_with, media_of
from orchestrator.core.thing import Claim, Observed
from orchestrator.core.wish import wishes
from orchestrator.core.world import STREAM, World
from orchestrator.web.times import rfc3339, shown

Plain = Callable[[object], Json]


def resource(world: World, verdict: Verdict, plain: Plain, kinds: Kinds) -> dict[str, Json]:
    """Return one row of `get -o json`."""
    placement, key = verdict.placement, verdict.placement.key
    wanted = world.wanted.get(placement) or next((one.resource for one in wishes(world, key)), None)
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
        "since": shown(_since_ms(world, verdict, thing)),
        "next": shown(verdict.wake_ms),
        "owned": owner is not None,
        "adopted": owner is not None and owner.claim is not Claim.MADE,
        "desired": plain(wanted.spec) if wanted is not None else None,
        "observed": observed(thing),
        "media": _media(world, verdict, kinds),
        "attempts": record.failures,
        "source": _source(wanted),
        "position": max(
            world.changed.get(placement, 0), record.acted, thing.position if thing else 0
        ),
    }


def _source(wanted: Resource | None) -> Json:
    """Return the line, or the rule and its line, that a resource is wanted for."""
    if wanted is None:
        return None
    place: dict[str, Json] = {"file": wanted.place.file, "line": wanted.place.line}
    return {"rule": wanted.rule, **place} if wanted.rule else place


def _media(world: World, verdict: Verdict, kinds: Kinds) -> Json:
    """Return the word for each stream that counts for a resource, null where none is known."""
    wanted = world.wanted.get(verdict.placement)
    words = media_of(world, verdict.placement, wanted, kinds) if wanted is not None else {}
    return {name: words[name] for name in sorted(words) if words[name]} or None


def foreign(world: World, node: str, kind: str, natural: str) -> dict[str, Json]:
    """Return the row of a thing that is nobody's here: `kind/~fingerprint`."""
    thing = world.things(node, kind)[natural]
    row = _row(kind, f"~{fingerprint(natural)}", node)
    seen: dict[str, Json] = {"since": shown(thing.at_ms), "observed": observed(thing)}
    return {**row, **seen, "position": thing.position}


def streams(world: World, rows: Iterable[Mapping[str, Any]], kinds: Kinds) -> list[dict[str, Json]]:
    """Return the rows of the streams that these resources need, each with what needs it."""
    found: dict[tuple[str, str], list[Json]] = {}
    for row in rows:
        wanted = world.wanted.get(Placement(row["node"], Key(row["kind"], row["name"])))
        if wanted is not None:
            for source in kinds[row["kind"]].declarable.needs(wanted.spec):
                at = source.node or row["node"]
                found.setdefault((at, source.stream), []).append(row["resource"])
    return [_stream(world, node, name, feeds) for (node, name), feeds in sorted(found.items())]


def _stream(world: World, node: str, name: str, feeds: list[Json]) -> dict[str, Json]:
    ids = world.site(node).ids(name)
    thing = world.thing(node, STREAM, ids[0]) if ids else None
    phase = Phase.READY if thing is not None else Phase.WAITING
    return {
        **_row(STREAM, name, node),
        "phase": phase.value,
        "reason": "" if thing is not None else "stream-absent",
        "message": "" if thing is not None else f"stream {name} is not published on {node}",
        "since": shown(thing.at_ms) if thing is not None else None,
        "observed": observed(thing),
        "position": thing.position if thing is not None else 0,
        "settled": True,
        "feeds": feeds,
    }


def _row(kind: str, name: str, node: str) -> dict[str, Json]:
    """Return the row of something that nobody declares."""
    return {
        "resource": f"{kind}/{name}",
        "kind": kind,
        "name": name,
        "node": node,
        "labels": {},
        "phase": Phase.HELD.value,
        "reason": "foreign",
        "message": "not declared here; never touched",
        "since": None,
        "next": None,
        "owned": False,
        "adopted": False,
        "desired": None,
        "observed": None,
        "media": None,
        "attempts": 0,
        "source": None,
        "position": 0,
    }


def observed(thing: Observed | None) -> Json:
    """Return what was seen of a thing, its server-made id with it."""
    if thing is None:
        return None
    return {**{name: thaw(thing.seen.fields[name]) for name in sorted(thing.seen.fields)},
            "mediaSessionId": thing.seen.id}  # fmt: skip


def plan(world: World, verdicts: Iterable[Verdict], kinds: Kinds) -> dict[str, Json]:
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
                actions.append(_action(step, world, kinds))
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


def fingerprint(natural: str) -> str:
    """Return the short name of a thing that has none here."""
    return sha256(natural.encode()).hexdigest()[:12]


def _action(action: Step, world: World, kinds: Kinds) -> dict[str, Json]:
    ends = isinstance(action, Replace | Delete)
    affected = falls_with(world, action.placement, kinds) if ends else ()
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
        case Adopt() | Finish() | StopFight():  # pragma: no branch
            name, calls = name_of(action), ()
    return {
        "action": name,
        "resource": str(action.placement.key),
        "node": action.placement.node,
        "calls": list(calls),
        "interrupts": isinstance(action, Replace),
        "affects": [str(one.key) for one in affected],
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
        "until": shown(held.until_ms),
        "hold": held.hold or None,
    }


def _thing(world: World, verdict: Verdict, kinds: Kinds) -> Observed | None:
    placement = verdict.placement
    for thing in world.holdings(placement):
        return thing
    wanted = world.wanted.get(placement)
    if wanted is None:  # it clashes
        return None
    site = world.site(placement.node)
    for natural in kinds[placement.key.kind].declarable.naturals(wanted.spec, site):
        if thing_there := world.thing(placement.node, placement.key.kind, natural):
            return thing_there if thing_there.owner is None else None
    return None


def _since_ms(world: World, verdict: Verdict, thing: Observed | None) -> int:
    """Return since when it is so, as nearly as the world knows."""
    placement, record = verdict.placement, world.record(verdict.placement)
    flight = world.in_flight.get(placement)
    if flight is not None:
        return flight.at_ms
    order = world.order(placement, world.at_ms)
    ordered_ms = order.at_ms if order is not None else 0
    if verdict.phase is Phase.PAUSED:
        return ordered_ms
    lost = world.lost.get(placement.node)
    if verdict.phase is Phase.UNKNOWN and lost is not None:
        return lost.at_ms
    if verdict.phase is Phase.READY:
        return record.ready_ms or (thing.at_ms if thing is not None else 0)
    times = (record.failed_ms, record.accepted_ms, record.ending_ms, record.since_ms)
    return max(ordered_ms, *times)
