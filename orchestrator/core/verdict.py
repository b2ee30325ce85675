"""What a single declared or owned thing is like now, and the one step that comes next for it.

The heart is one `match` over (wanted, seen, owned). What surrounds it turns a step into a `Held`
with a reason and a time, never into silence.
"""

from orchestrator.core.action import (
    NEVER,
    Adopt,
    Phase,
    Update,
    Verdict,
)
from orchestrator.core.case import Case, compared, permitted
from orchestrator.core.comparison import Different, InPlace, Later, Past, Same
from orchestrator.core.ending import deletion, ending, guarded, obeying, replacement
from orchestrator.core.failure import next_try_ms
from orchestrator.core.fight import fighting
from orchestrator.core.json import text
from orchestrator.core.kind import Kinds
from orchestrator.core.look import Looks
from orchestrator.core.mapping import EMPTY
from orchestrator.core.media import MOVING, STILL
from orchestrator.core.missing import missing
from orchestrator.core.order import Verb
from orchestrator.core.resource import Placement, Resource
from orchestrator.core.sources import lacking, media_of, unpublished_of
from orchestrator.core.standing import thing_of
from orchestrator.core.thing import Observed
from orchestrator.core.value import evolve
from orchestrator.core.world import World

IN_FLIGHT = {"create": Phase.STARTING, "delete": Phase.STOPPING}


def judge(world: World, placement: Placement, kinds: Kinds, looks: Looks, now_ms: int) -> Verdict:
    """Return the verdict on one placement; equal worlds, looks and times give equal verdicts."""
    case = Case(world, placement, kinds, looks, now_ms)
    if world.node(placement.node).retired:
        message = f"{placement.node} is retired or not configured: nothing is done there"
        return case.held(Phase.HELD, "retired", message)
    order = world.order(placement, now_ms)
    is_paused = order is not None and order.verb is Verb.PAUSE
    unseeing = _in_flight(case) or (None if is_paused else _unseeing(case))
    if unseeing is not None:
        return unseeing
    if order is not None:
        verdict = obeying(case, order)
        return evolve(verdict, wake_ms=min(verdict.wake_ms, order.until_ms or NEVER))
    thing, wanted = thing_of(case), case.resource
    if wanted is None and thing is None:
        return _clashing(case) or case.settled(Phase.STOPPED)
    if wanted is None:
        assert thing is not None
        return guarded(case, thing, deletion(case, thing, "its line is gone"), Phase.STOPPING)
    return missing(case, wanted) if thing is None else _there(case, wanted, thing)


def _in_flight(case: Case) -> Verdict | None:
    flight = case.world.in_flight.get(case.placement)
    if flight is None:
        return None
    phase = IN_FLIGHT.get(flight.action, Phase.UPDATING)
    message = f"{flight.action} is on its way to {case.placement.node}"
    return case.held(phase, "in-flight", message)


def _unseeing(case: Case) -> Verdict | None:
    """Return a verdict where we cannot know how things are, None where we can."""
    world, placement = case.world, case.placement
    scope = (placement.node, placement.key.kind)
    if placement.node in world.lost:
        lost = world.lost[placement.node]
        message = f"node {placement.node} cannot be reached: {lost.message}"
        return case.held(Phase.UNKNOWN, "node-unreachable", message)
    if scope in world.cliffs:
        message = (
            f"{placement.node} suddenly listed far fewer {placement.key.kind}s than before; "
            "waiting for a witness"
        )
        return case.held(Phase.UNKNOWN, "cliff", message)
    if case.last.failing_ms:
        message = f"the last look at {placement.node} failed: {case.last.error}"
        return case.held(Phase.UNKNOWN, "look-failed", message)
    if scope not in world.fresh or not case.last.position:
        message = f"{placement.node} was not looked at yet"
        return case.held(Phase.UNKNOWN, "not-looked", message)
    if case.last.position < world.record(placement).acted:
        phase = Phase.STARTING if case.resource is not None else Phase.STOPPING
        return case.held(phase, "look-due", "the next look tells what came of the last call")
    return None


def _clashing(case: Case) -> Verdict | None:
    """Return a verdict on what rules want and do not get, None where that is nothing."""
    clashes = case.world.clashes.get(case.placement, EMPTY)
    for ground in sorted(clashes):
        message = f"rule {ground.rule} wants it, but {clashes[ground].message}: change one of them"
        return case.held(Phase.HELD, "clash", message)
    return None


def _there(case: Case, wanted: Resource, thing: Observed) -> Verdict:
    """Return what comes next for what is wanted and there in some form."""
    if thing.owner is not None and thing.owner.ending:
        step = replacement(case, wanted, thing, "a restart was asked for")
        return ending(case, evolve(step, cause=thing.owner.ending), Phase.UPDATING)
    comparison = compared(case, wanted, thing)
    is_different = isinstance(comparison, Different) and thing.owner is not None
    if not is_different and not case.kind.is_running(thing.seen):
        return _beginning(case, wanted, thing)
    match (comparison, thing.owner):
        case (Same(), None):
            natural, media = thing.seen.natural, thing.seen.id
            cause = max(case.world.changed.get(case.placement, 0), thing.position)
            adopt = Adopt(case.placement, natural, media, "runs as declared", cause)
            return permitted(case, adopt, Phase.STARTING)
        case (InPlace(fields=fields) | Different(fields=fields) | Later(fields=fields), None):
            message = f"a stranger's {case.placement.key.kind} differs in {', '.join(fields)}"
            return case.held(Phase.HELD, "foreign", message)
        case (Later(fields=fields), _) if wanted.on_change is None:
            message = f"changed {', '.join(fields)} takes effect with its next life"
            return case.settled(Phase.READY, "changes-later", message)
        case (Same() | Past(), _):
            if lacking(case.world, case.placement.node, case.declared.needs(wanted.spec)):
                message = "it runs, and none of what it reads is published"
                return case.settled(Phase.WAITING, "stream-absent", message)
            return _ready(case, wanted, thing)
        case (InPlace() as change, _):
            return _update(case, wanted, thing, change)
        case (Different(fields=fields) | Later(fields=fields), _):  # pragma: no branch
            reason = f"{', '.join(fields)} changed"
            step = replacement(case, wanted, thing, reason)
            fight = fighting(case, wanted, thing.seen, fields, step)
            return fight or guarded(case, thing, step, Phase.UPDATING)


def _ready(case: Case, wanted: Resource, thing: Observed) -> Verdict:
    """Return that all is as declared, unless a stream is not there or its media stands still."""
    unpublished = unpublished_of(case.world, case.placement, wanted, case.kinds)
    if unpublished:
        message = f"it runs, and stream {unpublished[0]} that it should publish is not there"
        deadline_ms = thing.at_ms + case.world.configuration.timing.start_deadline_ms
        if case.now_ms < deadline_ms:
            return case.held(Phase.STARTING, "not-published", message, deadline_ms)
        return case.settled(Phase.WAITING, "not-published", message)
    words = media_of(case.world, case.placement, wanted, case.kinds)
    still = sorted(name for name in words if words[name] == STILL)
    if still:
        for_s = case.world.configuration.timing.no_media_after_ms // 1_000
        message = f"stream {still[0]} is published and has moved no media for {for_s} s or more"
        return case.settled(Phase.WAITING, "no-media", message)
    if words and all(word == MOVING for word in words.values()):
        return case.settled(Phase.READY)
    message = "the node lists it; whether media moves is not known"
    return case.settled(Phase.READY, "unverified", message)


def _beginning(case: Case, wanted: Resource, thing: Observed) -> Verdict:
    """Return what comes next for what is there and does not run; what is made once takes its time.

    What has not begun in time is ended and made anew, as often as any other failure is tried.
    """
    status = text(thing.seen.fields, "status")
    message = f"it is there and does not run yet: its status is {status or 'unknown'}"
    if thing.owner is None or case.declared.is_patient:
        return case.held(Phase.STARTING, "connecting", message)
    record = case.world.record(case.placement)
    begun_ms = max(thing.at_ms, record.since_ms)
    deadline_ms = begun_ms + case.world.configuration.timing.start_deadline_ms
    if case.now_ms < deadline_ms:
        return case.held(Phase.STARTING, "not-running", message, deadline_ms)
    step = replacement(case, wanted, thing, "it did not begin to run in time")
    return ending(case, step, Phase.STARTING)


def _update(case: Case, wanted: Resource, thing: Observed, change: InPlace) -> Verdict:
    record = case.world.record(case.placement)
    due_ms = next_try_ms(record, case.world.retry(case.resource), case.placement)
    if record.failures and due_ms > case.now_ms:
        return case.held(Phase.BACKOFF, "refused", record.error, due_ms)
    cause = max(case.world.changed.get(case.placement, 0), thing.position)
    reason = f"{', '.join(change.fields)} differs"
    seen = thing.seen
    step = Update(case.placement, seen.natural, seen.id, change.call, change.sent, reason, cause)
    fight = fighting(case, wanted, seen, change.fields, step)
    return fight or permitted(case, step, Phase.UPDATING)
