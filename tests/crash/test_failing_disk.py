"""One operation of the disk after the other fails, once or from then on.

Each case starts from a copy of a log that a kill in the middle of a roll has left. While the disk
fails, appends may be refused; when it is well again the same process must append, and afterwards
all that was ever acknowledged must be there, whole and in order. (T02, T04, T05, T06)
"""

import errno
import time
from itertools import count

import pytest

from tests.crash.faults import READ, SYNC

pytestmark = pytest.mark.peer("gcc")
NIGHTLY, NIGHTLY_S = 2_000, 180  # power cuts of each of five jobs, and how long they may take
STRIDES = {"write": 4, "roll": 41, "checkpoint": 9, "open": 5, "backup": 3}  # for every change
modes = pytest.mark.parametrize("mode", ["once", "from now on"])
jobs = pytest.mark.parametrize("job", STRIDES)


def ends(job):
    """Return how a job may end: starts and backups fail with a reason, appending goes on."""
    match job:
        case "open":
            return {"well", "LogRefused", "LogUnreadable"}
        case "backup":
            return {"well", "LogUncopied", "LogUnreadable"}
        case _:
            return {"well"}


def fail(faulty, job, mode, stride=1):
    return faulty.swept(job, ends(job), stride, mode=mode)


def fail_reads(faulty, job, mode, stride=1):
    """Let reads fail; what saw one fail once may call it damage, the next start does not."""
    more = {"LogDamaged"} if job in ("open", "backup") and mode == "once" else set()
    return faulty.swept(job, ends(job) | more, stride, mode=mode, kinds=READ)


def fill_up(faulty, job, stride=1):
    return faulty.swept(job, ends(job), stride, mode="from now on", error=errno.ENOSPC)


def fail_syncs(faulty, job, mode, stride=1):
    return faulty.swept(job, ends(job), stride, mode=mode, kinds=SYNC, drops=1)


def cut_power(faulty, job, stride=1, seed=0):
    return faulty.swept(job, {""}, stride, seed, mode="crash", drops=1)


@jobs
@modes
def test_t04_whichever_operation_fails_nothing_is_acknowledged_that_is_not_on_disk(
    faulty, figure, job, mode
):
    cases = fail(faulty, job, mode, STRIDES[job])
    figure(f"T04 {job}, {mode}: {cases} failing operations, 0 acknowledged lost, 0 hung")


@pytest.mark.parametrize("job", ["roll", "open", "backup"])
def test_t04_a_failing_read_is_not_taken_for_damage(faulty, figure, job):
    cases = fail_reads(faulty, job, "from now on", STRIDES[job])
    figure(f"T04 {job}: {cases} failing reads, 0 acknowledged lost, 0 taken for damage")


@jobs
def test_t05_a_disk_that_fills_up_at_any_write_is_written_again_when_it_has_space(
    faulty, figure, job
):
    cases = fill_up(faulty, job, STRIDES[job])
    figure(f"T05 {job}: full at {cases} operations, 0 acknowledged lost, written again each time")


@jobs
@modes
def test_t06_a_sync_that_fails_and_drops_its_pages_loses_nothing_acknowledged(
    faulty, figure, job, mode
):
    cases = fail_syncs(faulty, job, mode, 1 + STRIDES[job] // 4)
    figure(f"T06 {job}, {mode}: {cases} failing syncs, 0 acknowledged lost")


@jobs
def test_t02_a_power_cut_at_any_operation_loses_nothing_acknowledged(faulty, figure, job):
    cases = cut_power(faulty, job, STRIDES[job])
    figure(f"T02 {job}: power cut at {cases} operations, 0 acknowledged lost")


@pytest.mark.nightly
@jobs
@modes
def test_t04_to_t06_with_every_operation(faulty, figure, job, mode):
    cases = (
        fail(faulty, job, mode),
        fail_reads(faulty, job, mode),
        fill_up(faulty, job),
        fail_syncs(faulty, job, mode),
    )
    figure(
        f"{job}, {mode}: T04 {cases[0]} operations, {cases[1]} reads; T05 {cases[2]}; "
        f"T06 {cases[3]} syncs; 0 acknowledged lost, 0 hung"
    )


@pytest.mark.nightly
@jobs
def test_t02_thousands_of_power_cuts(faulty, figure, job):
    cases, until = 0, time.monotonic() + NIGHTLY_S
    for seed in count(step=10_000):
        cases += cut_power(faulty, job, seed=seed)
        if time.monotonic() > until or cases >= NIGHTLY:
            break
    figure(f"T02 {job}: {cases} power cuts, seeds to {seed}, 0 acknowledged lost")
