"""A simulation proves nothing of faults that never happened: each of them is counted."""

import pytest

from tests.simulation.flock import flock
from tests.simulation.sky import FIXED, REPORT, failed_before, run, told, weathered

FAULTS = frozenset(
    {
        *("hook lost", "hook doubled", "hook delayed", "hook reordered", "hook lying"),
        *("call fails", "call hangs", "answer lost", "answer truncated", "answer html"),
        *("answer delayed", "listing hidden", "listing reshaped"),
        *("transponder vanished", "recording vanished", "stream vanished"),
        *("node restarts", "node silent"),
        *("kill at any time", "kill before write", "kill after write", "kill at call"),
        *("kill at hook", "disk refuses", "disk denies", "start refused"),
        *("foreign create", "foreign record", "foreign unrecord", "fight"),
        *("foreign /push/terminate", "foreign /push/mute", "foreign /push/unmute"),
        *("edit", "purge", "document garbled", "node configured", "approval"),
        *("order stop", "order start", "order pause", "order resume", "order restart"),
        *("order adopt", "order forget"),
    }
)


def missing(at_least):
    fired = REPORT.fired()
    return {what: fired[what] for what in sorted(FAULTS) if fired[what] < at_least}


def test_every_fault_fires():
    run(map(weathered, (*failed_before(), *FIXED)))
    assert missing(1) == {}


@pytest.mark.nightly
def test_every_fault_fires_a_hundred_times():
    failing = run(flock(range(100_000, 100_400)))
    assert not failing, told(failing)
    assert missing(100) == {}
