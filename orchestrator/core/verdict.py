"""What a single declared or owned thing is like now, and the one step that comes next for it.

The heart is one `match` over (wanted, seen, owned). What surrounds it turns a step into a `Held`
with a reason and a time, never into silence.
"""

from attrs import evolve

from orchestrator.core.action import (
    NEVER,
    Adopt,
    Create,
    Phase,
    Update,
    Verdict,
)
from orchestrator.core.case import Case, compared, permitted
from orchestrator.core.ending import deletion, ending, guarded, obeying, replacement
from orchestrator.core.failure import after_refusal, is_parked, next_try_ms
from orchestrator.core.json import truth
from orchestrator.core.look import LastLook, Looks
from orchestrator.core.order import Verb
from orchestrator.core.resource import (
    Different,
    InPlace,
    Kinds,
    Later,
    Past,
    Placement,
    Repeat,
    Resource,
    Same,
)
from orchestrator.core.standing import occupant, thing_of
from orchestrator.core.world import STREAM, Observed, World

IN_FLIGHT = {"create": Phase.STARTING, "delete": Phase.STOPPING}


def judge(world: World, placement: Placement, kinds: Kinds, looks: Looks, now_ms: int) -> Verdict:
    """Return the verdict on one placement; equal worlds, looks and times give equal verdicts."""
    case = Case(world, placement, kinds[placement.key.kind], looks, now_ms)
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
        return case.settled(Phase.STOPPED)
    if wanted is None:
        assert thing is not None
        return guarded(case, thing, deletion(case, thing, "its line is gone"), Phase.STOPPING)
    return _missing(case, wanted) if thing is None else _there(case, wanted, thing)


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


def _missing(case: Case, wanted: Resource) -> Verdict:
    """Return what comes next for what is wanted and not there."""
    world, placement = case.world, case.placement
    for name in case.declared.needs(wanted.spec):
        if not world.is_streaming(placement.node, name):
            message = f"stream {name} is not published on {placement.node}"
            return case.held(Phase.WAITING, "stream-absent", message)
    if (other := occupant(case, wanted)) is not None:
        message = f"{other} stands where this one should be: end it, or wait until it has ended"
        return case.held(Phase.HELD, "target-taken", message)
    record, retry = world.record(placement), world.retry(wanted)
    if record.accepted_ms:
        deadline_ms = record.accepted_ms + world.configuration.timing.start_deadline_ms
        if case.now_ms < deadline_ms:
            message = "it was accepted and is not listed yet"
            return case.held(Phase.STARTING, "not-listed", message, deadline_ms)
        record = after_refusal(record, deadline_ms, "it was accepted, but never listed")
    due_ms = next_try_ms(record, retry, placement)
    if due_ms > case.now_ms:
        if is_parked(record, retry):
            message = f"never worked, tried slowly: {record.error}"
            return case.held(Phase.PARKED, "never-worked", message, due_ms)
        reason = "dropped" if record.is_dropped else "refused"
        return case.held(Phase.BACKOFF, reason, record.error, due_ms)
    cause = max(world.changed.get(placement, 0), record.acted, _source_since(case, wanted))
    if case.declared.repeat is Repeat.CUTS and (unsure := _unsure(case, wanted)) is not None:
        return unsure
    spec, site = wanted.spec, case.site
    call, sent = case.declared.create(spec, site), case.declared.sent(spec)
    return permitted(case, Create(placement, call, sent, "missing", cause), Phase.STARTING)


def _source_since(case: Case, wanted: Resource) -> int:
    """Return the position at which the newest stream that it needs was seen, 0 for none."""
    names = case.declared.needs(wanted.spec)
    return max((case.world.stream_since(case.placement.node, name) for name in names), default=0)


def _unsure(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where a create might cut what runs unseen, None where nothing can.

    What is missing must be missing in a look that began after its stream came, after it went
    itself, or after we last acted on it, and the stream, looked at as late, must not say that it is
    recorded: a list that shows nothing although there is something is known to happen. A list of
    streams that is doubted says nothing of them.
    """
    world, placement = case.world, case.placement
    came, went = _source_since(case, wanted), world.changed.get(placement, 0)
    since = max(came, went, world.record(placement).acted)
    streams = case.looks.get((placement.node, STREAM), LastLook())
    is_doubted = (placement.node, STREAM) in world.cliffs
    if is_doubted or min(case.last.position, streams.position) < since:
        message = "looking whether it runs already, since starting it again would cut it"
        return case.held(Phase.STARTING, "unsure", message)
    for natural in case.declared.naturals(wanted.spec, case.site):
        stream = world.thing(placement.node, STREAM, natural)
        if stream is not None and truth(stream.seen.fields, "record"):
            message = "its stream says that it is recorded, by nothing listed; end that first"
            return case.held(Phase.HELD, "recorded", message)
    return None


def _there(case: Case, wanted: Resource, thing: Observed) -> Verdict:
    """Return what comes next for what is wanted and there in some form."""
    if thing.owner is not None and thing.owner.ending:
        step = replacement(case, wanted, thing, "a restart was asked for")
        return ending(case, evolve(step, cause=thing.owner.ending), Phase.UPDATING)
    match (compared(case, wanted, thing), thing.owner):
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
            message = "the node lists it; whether media moves cannot be seen here"
            return case.settled(Phase.READY, "unverified", message)
        case (InPlace() as change, _):
            return _update(case, thing, change)
        case (Different(fields=fields) | Later(fields=fields), _):  # pragma: no branch
            reason = f"{', '.join(fields)} changed"
            step = replacement(case, wanted, thing, reason)
            return guarded(case, thing, step, Phase.UPDATING)


def _update(case: Case, thing: Observed, change: InPlace) -> Verdict:
    record = case.world.record(case.placement)
    due_ms = next_try_ms(record, case.world.retry(case.resource), case.placement)
    if record.failures and due_ms > case.now_ms:
        return case.held(Phase.BACKOFF, "refused", record.error, due_ms)
    cause = max(case.world.changed.get(case.placement, 0), thing.position)
    reason = f"{', '.join(change.fields)} differs"
    seen = thing.seen
    step = Update(case.placement, seen.natural, seen.id, change.call, change.sent, reason, cause)
    return permitted(case, step, Phase.UPDATING)
