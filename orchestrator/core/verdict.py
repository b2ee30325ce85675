"""What a single declared or owned thing is like now, and the one step that comes next for it.

The heart is one `match` over (wanted, seen, owned). What surrounds it turns a step into a `Held`
with a reason and a time, never into silence.
"""

from typing import Any

from attrs import evolve, frozen

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
    name_of,
)
from orchestrator.core.configuration import Policy
from orchestrator.core.failure import after_refusal, is_parked, next_try_ms
from orchestrator.core.json import truth
from orchestrator.core.limits import holding
from orchestrator.core.look import LastLook, Looks
from orchestrator.core.order import Order, Verb
from orchestrator.core.resource import (
    Comparison,
    Declarable,
    Different,
    InPlace,
    Key,
    Kind,
    Kinds,
    Later,
    Past,
    Placement,
    Repeat,
    Resource,
    Same,
)
from orchestrator.core.site import Site
from orchestrator.core.world import STREAM, Observed, World

IN_FLIGHT = {"create": Phase.STARTING, "delete": Phase.STOPPING}


@frozen
class Case:
    """Everything that a verdict on one placement rests on."""

    world: World
    placement: Placement
    kind: Kind[Any]
    looks: Looks
    now_ms: int

    @property
    def last(self) -> LastLook:
        """Return the last look at the kind on the node."""
        return self.looks.get((self.placement.node, self.kind.name), LastLook())

    @property
    def site(self) -> Site:
        """Return what the kind may know of the node."""
        return self.world.site(self.placement.node)

    @property
    def declared(self) -> Declarable[Any]:
        """Return how things of the kind are made and ended."""
        return self.kind.declarable

    @property
    def resource(self) -> Resource | None:
        """Return what is wanted, None where nothing is."""
        return self.world.wanted.get(self.placement)

    def held(self, phase: Phase, reason: str, message: str, until_ms: int = NEVER) -> Verdict:
        """Return a verdict that waits."""
        held = Held(self.placement, "", reason, message, until_ms)
        return Verdict(self.placement, phase, reason, message, held, until_ms)

    def settled(self, phase: Phase, reason: str = "", message: str = "") -> Verdict:
        """Return a verdict with nothing to do."""
        return Verdict(self.placement, phase, reason, message)


def judge(world: World, placement: Placement, kinds: Kinds, looks: Looks, now_ms: int) -> Verdict:
    """Return the verdict on one placement; equal worlds, looks and times give equal verdicts."""
    case = Case(world, placement, kinds[placement.key.kind], looks, now_ms)
    order = world.order(placement, now_ms)
    is_paused = order is not None and order.verb is Verb.PAUSE
    unseeing = _in_flight(case) or (None if is_paused else _unseeing(case))
    if unseeing is not None:
        return unseeing
    thing = _thing(case)
    if order is not None:
        return _obeying(case, order)
    wanted = case.resource
    if wanted is None and thing is None:
        return case.settled(Phase.STOPPED)
    if wanted is None:
        assert thing is not None
        return _guarded(case, thing, _delete(case, thing, "its line is gone"), Phase.STOPPING)
    return _missing(case, wanted) if thing is None else _there(case, wanted, thing)


def _obeying(case: Case, order: Order) -> Verdict:
    """Return a verdict that does as an operator ordered, whatever the documents say."""
    until_ms = order.until_ms or NEVER
    who = f"by {order.actor}{f': {order.reason}' if order.reason else ''}"
    match order.verb:
        case Verb.PAUSE:
            message = f"paused {who}; `orchestrator resume` ends it"
            return case.held(Phase.PAUSED, "paused", message, until_ms)
        case Verb.FORGET:
            message = f"let go {who}; `orchestrator adopt {case.placement.key}` takes it back"
            return case.held(Phase.HELD, "forgotten", message)
        case Verb.STOP:  # pragma: no branch
            for thing in case.world.holdings(case.placement):
                step = evolve(_delete(case, thing, f"stopped {who}"), cause=order.position)
                return _ending(case, step, Phase.STOPPING)
            message = f"stopped {who}; `orchestrator start` ends it"
            return case.held(Phase.STOPPED, "stopped", message, until_ms)


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


def _thing(case: Case) -> Observed | None:
    """Return the seen thing that the verdict is about: one of ours first, else a match."""
    resource = case.resource
    ours = tuple(case.world.holdings(case.placement))
    if resource is None:
        return ours[0] if ours else None
    present = [thing for thing in ours if not isinstance(_compared(case, resource, thing), Past)]
    naturals = case.declared.naturals(resource.spec, case.site)
    strays = [thing for thing in present if thing.seen.natural not in naturals]
    return next(iter((*strays, *present)), None) or _match(case, resource)


def _compared(case: Case, wanted: Resource, thing: Observed) -> Comparison:
    owner = thing.owner
    sent = owner.sent if owner is not None else case.declared.sent(wanted.spec)
    return case.declared.compare(wanted.spec, thing.seen, sent, case.site)


def _match(case: Case, resource: Resource) -> Observed | None:
    """Return a stranger's thing that stands where ours should be.

    Where a node lists names with a prefix, two declared things may both match one listed name; it
    belongs to the one for which that name is the likelier.
    """
    node, kind = case.placement.node, case.placement.key.kind
    naturals = case.declared.naturals(resource.spec, case.site)
    for natural in naturals:
        thing = case.world.thing(node, kind, natural)
        if thing is None or thing.owner is not None:
            continue
        rivals = case.world.claimants(node, kind, natural) - {case.placement}
        if natural == naturals[0] or not any(_likelier(case, rival, natural) for rival in rivals):
            return thing
    return None


def _in_the_way(case: Case, wanted: Resource) -> Key | None:
    """Return whose thing stands where this one should be: one of ours that has another name."""
    node, kind = case.placement.node, case.placement.key.kind
    for natural in case.declared.naturals(wanted.spec, case.site):
        thing = case.world.thing(node, kind, natural)
        if thing is None or thing.owner is None or thing.owner.key == case.placement.key:
            continue
        rival = Placement(node, thing.owner.key)
        if rival not in case.world.wanted or not _likelier(case, rival, natural):
            return rival.key
    return None


def _likelier(case: Case, rival: Placement, natural: str) -> bool:
    spec = case.world.wanted[rival].spec
    return natural in case.declared.naturals(spec, case.site)[:1]


def _missing(case: Case, wanted: Resource) -> Verdict:
    """Return what comes next for what is wanted and not there."""
    world, placement = case.world, case.placement
    for name in case.declared.needs(wanted.spec):
        if not world.is_streaming(placement.node, name):
            message = f"stream {name} is not published on {placement.node}"
            return case.held(Phase.WAITING, "stream-absent", message)
    if (key := _in_the_way(case, wanted)) is not None:
        return case.held(Phase.HELD, "foreign", f"{key} still stands where it should be")
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
    return _permitted(case, Create(placement, call, sent, "missing", cause), Phase.STARTING)


def _source_since(case: Case, wanted: Resource) -> int:
    """Return the position at which the newest stream that it needs was seen, 0 for none."""
    names = case.declared.needs(wanted.spec)
    return max((case.world.stream_since(case.placement.node, name) for name in names), default=0)


def _unsure(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where a create might cut what runs unseen, None where nothing can.

    What is missing must be missing in a look that began after its stream came, or after it went
    itself, and the stream, looked at as late, must not say that it is recorded: a list that shows
    nothing although there is something is known to happen.
    """
    world, placement = case.world, case.placement
    since = max(_source_since(case, wanted), world.changed.get(placement, 0))
    streams = case.looks.get((placement.node, STREAM), LastLook())
    if min(case.last.position, streams.position) < since:
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
        step = _replace(case, wanted, thing, "a restart was asked for")
        return _ending(case, evolve(step, cause=thing.owner.ending), Phase.UPDATING)
    match (_compared(case, wanted, thing), thing.owner):
        case (Same(), None):
            natural, media = thing.seen.natural, thing.seen.id
            cause = max(case.world.changed.get(case.placement, 0), thing.position)
            adopt = Adopt(case.placement, natural, media, "runs as declared", cause)
            return _permitted(case, adopt, Phase.STARTING)
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
            step = _replace(case, wanted, thing, reason)
            return _guarded(case, thing, step, Phase.UPDATING)


def _update(case: Case, thing: Observed, change: InPlace) -> Verdict:
    record = case.world.record(case.placement)
    due_ms = next_try_ms(record, case.world.retry(case.resource), case.placement)
    if record.failures and due_ms > case.now_ms:
        return case.held(Phase.BACKOFF, "refused", record.error, due_ms)
    cause = max(case.world.changed.get(case.placement, 0), thing.position)
    reason = f"{', '.join(change.fields)} differs"
    seen = thing.seen
    step = Update(case.placement, seen.natural, seen.id, change.call, change.sent, reason, cause)
    return _permitted(case, step, Phase.UPDATING)


def _delete(case: Case, thing: Observed, reason: str) -> Delete:
    cause = thing.owner.unwanted if thing.owner is not None else 0
    call = case.declared.delete(thing.seen, case.site)
    return Delete(case.placement, thing.seen.natural, thing.seen.id, call, reason, cause)


def _replace(case: Case, wanted: Resource, thing: Observed, reason: str) -> Replace:
    cause = case.world.changed.get(case.placement, 0)
    seen, site = thing.seen, case.site
    call, then = case.declared.delete(seen, site), case.declared.create(wanted.spec, site).path
    return Replace(case.placement, seen.natural, seen.id, call, then, reason, cause)


def _guarded(case: Case, thing: Observed, step: Delete | Replace, phase: Phase) -> Verdict:
    """Return a verdict that ends something, unless anything speaks against it."""
    world, owner = case.world, thing.owner
    assert owner is not None, "only what is ours is ever ended"
    if owner.is_protected:
        message = "its line is gone, but it is protected; end it by hand or declare it again"
        return _keeping(case, step, Phase.HELD, "protected", message)
    member = holding(world, case.placement, name_of(step), thing)
    if member is not None:
        hold = world.holds[member.hold]
        message = f"{hold.message}; `orchestrator approve {member.hold}` lets it go on"
        return _keeping(case, step, Phase.HELD, hold.reason, message, hold=member.hold)
    return _ending(case, step, phase)


def _ending(case: Case, step: Delete | Replace, phase: Phase) -> Verdict:
    """Return a verdict that ends something as soon as what we know of it is good enough."""
    world = case.world
    record = world.record(case.placement)
    timing = world.configuration.timing
    deadline_ms = record.ending_ms + timing.start_deadline_ms
    if record.ending_ms and case.now_ms < deadline_ms:
        return _keeping(
            case, step, phase, "ending", "it was asked to end and is still listed", deadline_ms
        )
    due_ms = next_try_ms(record, world.retry(case.resource), case.placement)
    if record.error and not record.is_dropped and due_ms > case.now_ms:
        return _keeping(case, step, Phase.BACKOFF, "refused", record.error, due_ms)
    every_ms = world.configuration.look_every_ms(case.kind.plural)
    if case.now_ms - case.last.at_ms > 2 * every_ms + timing.call_ms:
        return _keeping(case, step, phase, "look-old", "the last look is too old to end anything")
    return _permitted(case, step, phase)


def _permitted(case: Case, step: Step, phase: Phase) -> Verdict:
    """Return a verdict that acts, unless we may only watch."""
    world, resource = case.world, case.resource
    observes = world.node(case.placement.node).policy is Policy.OBSERVE or (
        resource is not None and resource.policy is Policy.OBSERVE
    )
    if world.tail_lost:
        message = "the log has lost its tail; `orchestrator log accept --reason …` ends the watch"
        return _keeping(case, step, Phase.HELD, "tail-lost", message)
    if observes:
        message = f"policy observe: would {name_of(step)} ({step.reason})"
        return _keeping(case, step, Phase.HELD, "observe", message)
    return Verdict(case.placement, phase, name_of(step), step.reason, step)


def _keeping(
    case: Case,
    step: Step,
    phase: Phase,
    reason: str,
    message: str,
    until_ms: int = NEVER,
    hold: str = "",
) -> Verdict:
    verdict = case.held(phase, reason, message, until_ms)
    held = Held(case.placement, name_of(step), reason, message, until_ms, hold)
    return evolve(verdict, next=held)
