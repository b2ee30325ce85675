"""Verdicts on what is wanted and not there: it waits, is to be made, or has had its life."""

from orchestrator.core.action import Create, Finish, Phase, Verdict
from orchestrator.core.case import Case, permitted
from orchestrator.core.failure import Record, after_refusal, is_parked, next_try_ms
from orchestrator.core.fight import still_fighting
from orchestrator.core.json import truth
from orchestrator.core.kind import Again, Repeat, Source
from orchestrator.core.look import NEVER_LOOKED
from orchestrator.core.resource import Resource
from orchestrator.core.sources import fed_since, is_used, lacking
from orchestrator.core.standing import occupant
from orchestrator.core.world import STREAM


def missing(case: Case, wanted: Resource) -> Verdict:
    """Return what comes next for what is wanted and not there."""
    for judge in (_finished, _waiting, _fought, _taken, _unlooked, _too_early, _doubtful, _unsure):
        if (verdict := judge(case, wanted)) is not None:
            return verdict
    world, placement = case.world, case.placement
    acted = world.record(placement).acted
    cause = max(world.changed.get(placement, 0), acted, _source_since(case, wanted))
    call = case.declared.create(wanted.spec, case.site)
    sent = case.declared.sent(wanted.spec)
    return permitted(case, Create(placement, call, sent, "missing", cause), Phase.STARTING)


def _finished(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where what is made once has had its life, None where it may be made."""
    record = case.world.record(case.placement)
    again = case.declared.again(wanted.spec)
    if again is Again.ALWAYS or not record.has_run:
        return None
    if again is Again.DROPPED and record.is_dropped and not record.finished_ms:
        return None
    message = "it ended; change its line, or `orchestrator restart` it, to have it made again"
    if record.finished_ms:
        return case.settled(Phase.FINISHED, "ended", message)
    timing = case.world.configuration.timing
    deadline_ms = record.accepted_ms + timing.start_deadline_ms
    if record.accepted_ms and case.now_ms < deadline_ms:
        message = "it was accepted and is not listed yet"
        return case.held(Phase.STARTING, "not-listed", message, deadline_ms)
    cause = max(case.world.changed.get(case.placement, 0), record.acted)
    return permitted(case, Finish(case.placement, "it ended", cause), Phase.FINISHED)


def _waiting(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where what it reads is not there, or nobody reads what it makes."""
    world, placement, spec = case.world, case.placement, wanted.spec
    for source in lacking(world, placement.node, case.declared.needs(spec)):
        sort = "stream like" if source.is_pattern else "stream"
        where = source.node or placement.node
        message = f"{sort} {source.stream} is not published on {where}"
        return case.held(Phase.WAITING, "stream-absent", message)
    waits = case.declared.waits_for_use(spec)
    if waits and not is_used(world, placement, wanted, case.kinds):
        message = "nothing that is declared and ready to read it needs it now"
        return case.held(Phase.WAITING, "unused", message)
    return None


def _fought(case: Case, _wanted: Resource) -> Verdict | None:
    """Return a verdict where it ended of what was fought over, as a mixer without inputs does."""
    fight = case.world.record(case.placement).fight
    return still_fighting(case, fight) if fight else None


def _taken(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where another one stands where this one should be."""
    other = occupant(case, wanted)
    if other is None:
        return None
    message = f"{other} stands where this one should be: end it, or wait until it has ended"
    return case.held(Phase.HELD, "target-taken", message)


def _unlooked(case: Case, _wanted: Resource) -> Verdict | None:
    """Return a verdict where the line is newer than all that was seen: it may run already."""
    if case.last.position >= case.world.lines.get(case.placement.key, 0):
        return None
    message = "its line is new: looking first whether it runs already"
    return case.held(Phase.STARTING, "look-due", message)


def _too_early(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where it was asked for and may still come, or is not to be tried yet."""
    world, placement = case.world, case.placement
    record, retry = world.record(placement), world.retry(wanted)
    if record.accepted_ms:
        deadline_ms = record.accepted_ms + world.configuration.timing.start_deadline_ms
        if case.now_ms < deadline_ms:
            message = "it was accepted and is not listed yet"
            return case.held(Phase.STARTING, "not-listed", message, deadline_ms)
        record = after_refusal(record, deadline_ms, "it was accepted, but never listed")
    if (name := _rival_stream(case, wanted, record)) is not None:
        message = f"another publishes stream {name} here: end that, or wait until it has ended"
        return case.held(Phase.HELD, "target-taken", f"{message}; the last try: {record.error}")
    due_ms = next_try_ms(record, retry, placement)
    if due_ms <= case.now_ms:
        return None
    if is_parked(record, retry):
        message = f"never worked, tried slowly: {record.error}"
        return case.held(Phase.PARKED, "never-worked", message, due_ms)
    reason = "dropped" if record.is_dropped else "refused"
    return case.held(Phase.BACKOFF, reason, record.error, due_ms)


def _rival_stream(case: Case, wanted: Resource, record: Record) -> str | None:
    """Return the stream that it should publish and another does, where that may be why it failed.

    A node refuses a name that is in use (hooks.md section 5), or ends what asked for it.
    """
    if record.is_dropped or not record.failures:
        return None
    made, node = case.declared.makes(wanted.spec), case.placement.node
    return next((name for name in made if case.world.is_streaming(node, name)), None)


def _doubtful(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where what it reads may have gone with it, None where it must be there.

    A thing that vanished may have done so because its stream ended, or the node restarted.
    """
    world, node = case.world, case.placement.node
    cliff, last = world.cliffs.get((node, STREAM)), case.looks.get((node, STREAM), NEVER_LOOKED)
    looked = last.position if cliff is None else 0
    since = max(world.changed.get(case.placement, 0), cliff.position if cliff is not None else 0)

    def is_sure(source: Source) -> bool:
        return bool(source.node) or max(looked, fed_since(world, node, (source,))) >= since

    needs = case.declared.needs(wanted.spec)
    required = [one for one in needs if one.is_required]
    is_known = all(map(is_sure, required)) if required else any(map(is_sure, needs))
    if is_known or not needs:
        return None
    message = "looking whether what it reads is still there"
    return case.held(Phase.STARTING, "unsure", message)


def _source_since(case: Case, wanted: Resource) -> int:
    """Return the position at which the newest stream that it needs was seen, 0 for none."""
    return fed_since(case.world, case.placement.node, case.declared.needs(wanted.spec))


def _unsure(case: Case, wanted: Resource) -> Verdict | None:
    """Return a verdict where a create might cut what runs unseen, None where nothing can.

    What is missing must be missing in a look that began after its stream came, after it went
    itself, or after we last acted on it, and the stream, looked at as late, must not say that it is
    recorded: a list that shows nothing although there is something is known to happen. A list of
    streams that is doubted says nothing of them.
    """
    if case.declared.repeat is not Repeat.CUTS:
        return None
    world, placement = case.world, case.placement
    came, went = _source_since(case, wanted), world.changed.get(placement, 0)
    since = max(came, went, world.record(placement).acted)
    streams = case.looks.get((placement.node, STREAM), NEVER_LOOKED)
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
