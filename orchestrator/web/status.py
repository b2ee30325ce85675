"""One screen for people and one object for scripts: is all well, and if not, what is not.

The form is part of the contract: fields may be added here, never renamed.
"""

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from orchestrator.core.action import Phase, Verdict
from orchestrator.core.hint import Hints
from orchestrator.core.hinted import is_silent
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.look import NEVER_LOOKED, Looks
from orchestrator.core.plan import is_settled
from orchestrator.core.world import STREAM, World
from orchestrator.web.times import shown

WELL: Final = frozenset({Phase.READY, Phase.WAITING, Phase.STOPPED, Phase.FINISHED})


@frozen
class Failure:
    """Why a rule could not be asked: about `count` subjects, of which `first` is one."""

    rule: str
    why: str
    first: str
    count: int = 1


@frozen
class Vitals:
    """What the daemon knows of itself and no log keeps."""

    version: str
    started_ms: int
    now_ms: int
    log_refusal: str = ""
    hooks: int = 0
    repeated: int = 0
    lost: int = 0
    keep_alives: int = 0
    refusals: tuple[tuple[str, str, str, int], ...] = ()
    denied: tuple[tuple[str, int], ...] = ()
    failing: tuple[Failure, ...] = ()


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
        _node(world, name, looks, kinds, vitals.now_ms)
        for name in sorted(world.configuration.nodes)
    ]
    silent = any(is_silent(world, name, vitals.now_ms) for name in world.configuration.nodes)
    holds: list[Json] = [
        {"hold": name, "reason": hold.reason, "message": hold.message, "since": shown(hold.at_ms)}
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
    clashes: list[Json] = [
        {"resource": str(placement.key), "node": placement.node, "rule": ground.rule,
         "message": clash.message}
        for placement, those in sorted(world.clashes.items())
        for ground, clash in sorted(those.items(), key=lambda one: one[0])
    ]  # fmt: skip
    troubles = (ill, holds, rejected, clashes, vitals.failing, world.lost, silent)
    is_well = not (any(troubles) or vitals.log_refusal or world.tail_lost)
    return {
        "well": is_well,
        "settled": all(is_settled(verdict) for verdict in verdicts),
        "version": vitals.version,
        "started": shown(vitals.started_ms),
        "time": shown(vitals.now_ms),
        "position": world.position,
        "log": vitals.log_refusal,
        "tailLost": world.tail_lost or None,
        "hooks": {
            "received": vitals.hooks,
            "repeated": vitals.repeated,
            "lost": vitals.lost,
            "keepAlivesWithoutNews": vitals.keep_alives,
        },
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
        "clashes": clashes,
        "failingRules": [
            {"rule": one.rule, "message": one.why, "first": one.first, "count": one.count}
            for one in vitals.failing
        ],
        "denied": [{"rule": rule, "count": count} for rule, count in vitals.denied],
    }  # fmt: skip


def _node(world: World, name: str, looks: Looks, kinds: Kinds, now_ms: int) -> dict[str, Json]:
    used = [kind for kind in kinds if kind == STREAM or world.is_in_use(name, kind)]
    lasts = [looks.get((name, kind), NEVER_LOOKED) for kind in used]
    node = world.configuration.nodes[name]
    state = "retired" if node.retired else "lost" if name in world.lost else "found"
    hints = world.hints.get(name, Hints())
    failing = [last.error for last in lasts if last.failing_ms]
    if state == "found" and not all(last.position for last in lasts):
        state = "unknown"
    return {
        "node": name,
        "state": state,
        "policy": node.policy.value,
        "message": world.lost[name].message if name in world.lost else "; ".join(failing[:1]),
        "missedHooks": hints.missed_by(now_ms),
        "silentSince": shown(hints.silent_ms) if is_silent(world, name, now_ms) else None,
        "lastLook": shown(min((last.at_ms for last in lasts), default=0)),
    }
