"""From past failures to waiting: back-off, dropping and parking, all of it from the log.

A `Record` is folded from events and so survives restarts. Jitter comes from the key and the number
of the attempt, never from a random source, so a replay waits exactly as long.
"""

from zlib import crc32

from attrs import frozen

from orchestrator.core.configuration import Retry
from orchestrator.core.json import JsonObject, thaw
from orchestrator.core.resource import Placement
from orchestrator.core.value import evolve

FIGHT_MS = 600_000
CORRECTIONS_MAX = 5  # of one sort in that time
CORRECTIONS_KEPT = 32
JITTER = 0.1  # a tenth is enough to part what failed together, and keeps shown times honest


@frozen
class Correction:
    """When drift was corrected; two of one sort said the same."""

    sort: int
    at_ms: int


@frozen
class Record:
    """How it went with one placement since it was declared, or last had reason for a new try.

    Times are Unix milliseconds; 0: has not happened. `failures` are consecutive ones, `unreached`
    calls that never left (they make us wait, and never park). `accepted_ms` is when a create was
    taken that no look has confirmed; `ready_ms` is since when the thing is there; `ending_ms` is
    when our own call to end it left, until it is gone; `acted` is the position at which the last
    action ended, which a look must have passed; `since_ms` is when the sheet began, or when it
    or its stream went. `has_run`: a create of it was taken, or may have been, or it was seen;
    `finished_ms` is when what is made once was found to have ended. `corrections` are the
    recent ones of drift, and `fight` says what was at odds when they were stopped.
    """

    failures: int = 0
    unreached: int = 0
    failed_ms: int = 0
    is_dropped: bool = False
    ending_ms: int = 0
    has_worked: bool = False
    ready_ms: int = 0
    accepted_ms: int = 0
    acted: int = 0
    since_ms: int = 0
    has_run: bool = False
    finished_ms: int = 0
    corrections: tuple[Correction, ...] = ()
    fight: str = ""
    error: str = ""


def after_refusal(record: Record, at_ms: int, error: str) -> Record:
    """Return the record after a create or update that had no effect."""
    return evolve(
        record,
        failures=record.failures + 1,
        unreached=0,
        failed_ms=at_ms,
        is_dropped=False,
        accepted_ms=0,
        error=error,
    )


def after_unreached(record: Record, at_ms: int, error: str) -> Record:
    """Return the record after a call that never reached the node.

    There is a next try only where the one before, if it was taken, was never listed in time.
    """
    if record.accepted_ms:
        record = after_refusal(record, at_ms, "it was accepted, but never listed")
    return evolve(record, unreached=record.unreached + 1, failed_ms=at_ms, ending_ms=0, error=error)


def after_drop(record: Record, at_ms: int, retry: Retry) -> Record:
    """Return the record after it was there and is no more, without our doing.

    What had worked for `stable` begins again at the first, and has no failure on its account.
    """
    stable = record.ready_ms > 0 and at_ms - record.ready_ms >= retry.stable_ms
    return evolve(
        record,
        failures=1 if stable else record.failures + 1,
        failed_ms=at_ms,
        is_dropped=True,
        has_worked=record.has_worked or stable,
        ready_ms=0,
        accepted_ms=0,
        fight="",
        error="it was there and vanished",
    )


def after_appearance(record: Record, at_ms: int, *, runs: bool) -> Record:
    """Return the record after a look has shown it, running or only begun."""
    ready_ms = (record.ready_ms or at_ms) if runs else 0
    return evolve(record, ready_ms=ready_ms, accepted_ms=0, has_run=True)


def after_turn(record: Record, at_ms: int, retry: Retry, *, runs: bool) -> Record:
    """Return the record after what is there began to run, or runs no longer."""
    if runs:
        return evolve(record, ready_ms=at_ms)
    stable = record.ready_ms > 0 and at_ms - record.ready_ms >= retry.stable_ms
    return evolve(record, ready_ms=0, since_ms=at_ms, has_worked=record.has_worked or stable)


def afresh(record: Record, at_ms: int) -> Record:
    """Return the record with a clean sheet: something changed that makes a new try worth it.

    What was corrected of late is not forgotten, or a fight would go on with each new publication.
    """
    return evolve(
        record,
        failures=0,
        unreached=0,
        failed_ms=0,
        is_dropped=False,
        accepted_ms=0,
        since_ms=at_ms,
        fight="",
        error="",
    )


def renewed(record: Record, at_ms: int) -> Record:
    """Return the record of what is wanted anew: even what is made once may be made again."""
    return evolve(afresh(record, at_ms), has_run=False, finished_ms=0, corrections=())


def unwanted(record: Record) -> Record:
    """Return the record of what has to end: how hard it was to make it says nothing of that."""
    return evolve(record, failures=0, unreached=0, is_dropped=False, error="")


def after_correction(record: Record, sort: int, at_ms: int) -> Record:
    """Return the record with one more correction, and without those of long ago."""
    recent = [one for one in record.corrections if at_ms - one.at_ms < FIGHT_MS]
    return evolve(record, corrections=(*recent, Correction(sort, at_ms))[-CORRECTIONS_KEPT:])


def without_correction(record: Record, at_ms: int) -> Record:
    """Return the record without the correction that was to leave then, if there was one."""
    kept = tuple(one for one in record.corrections if one.at_ms != at_ms)
    return evolve(record, corrections=kept)


def corrections(record: Record, sort: int, now_ms: int) -> int:
    """Return how often the same was corrected of late."""
    return sum(one.sort == sort and now_ms - one.at_ms < FIGHT_MS for one in record.corrections)


def sort_of(action: str, path: str, id_: str, request: JsonObject, sent: JsonObject) -> int:
    """Return what equal corrections share: the life that they change, but for replacements."""
    said = "" if action == "replace" else f"{id_} {thaw(request)} {thaw(sent)}"
    return crc32(f"{action} {path} {said}".encode())


def shifted(record: Record, by_ms: int) -> Record:
    """Return the record with its times moved along with the clock; what has not happened stays."""
    names = ("failed_ms", "ready_ms", "accepted_ms", "ending_ms", "since_ms", "finished_ms")
    times = {name: getattr(record, name) for name in names}
    return evolve(record, **{name: at_ms + by_ms for name, at_ms in times.items() if at_ms})


def is_parked(record: Record, retry: Retry) -> bool:
    """Return whether it is tried only now and then: it never worked, and failed often."""
    return not record.has_worked and record.failures >= retry.park_after


def next_try_ms(record: Record, retry: Retry, placement: Placement) -> int:
    """Return when the next try is due; a time in the past means now."""
    free = 1 if record.is_dropped and record.failures else 0
    failures = record.failures + record.unreached - free
    if failures == 0:
        return 0
    if is_parked(record, retry):
        wait_ms = retry.probe_ms
    else:
        exponent = min(failures - 1, 32)
        wait_ms = min(int(retry.first_ms * retry.factor**exponent), retry.max_ms)
    return record.failed_ms + wait_ms + _jitter_ms(wait_ms, failures, placement)


def _jitter_ms(wait_ms: int, failures: int, placement: Placement) -> int:
    share = crc32(f"{placement.node}/{placement.key}/{failures}".encode()) / 2**32
    return int(wait_ms * JITTER * share)
