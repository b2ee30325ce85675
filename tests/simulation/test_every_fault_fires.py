"""A simulation proves nothing of faults that never happened: each of them is counted."""

import pytest

from tests.simulation.flock import flock
from tests.simulation.sky import FIXED, FIXED_STUDIOS, REPORT, failed_before, run, told, weathered
from tests.simulation.studio import AGENTS, STUDIOS

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


STARTS = (
    *("/pull/rtmp/pull", "/rtsp/startup", "/pull/pull", "/pull/push", "/mixer/startup"),
    *("/transcoder/startup", "/vod/startup", "/call/startup", "/stream/inject/startup"),
)
WORDS = ("refused", "failed", "odd", "unreachable", "vanished")
"""What befalls agents; the sort that it befalls stands before the word."""
FAULTS_OF_STUDIOS = frozenset(
    {
        *(f"agent {word}" for word in WORDS),
        *(f"foreign {path}" for path in STARTS),
        *("foreign end", "foreign /mixer/add", "foreign /mixer/remove", "fight of mixers"),
        *("rename", "call vanished", "injection vanished", "chain taken"),
    }
)


def missing(at_least, faults=FAULTS):
    fired = REPORT.fired()
    for what, times in tuple(fired.items()):
        sort, _, word = what.rpartition(" ")
        if sort in AGENTS and word in WORDS:
            fired[f"agent {word}"] += times
    return {what: fired[what] for what in sorted(faults) if fired[what] < at_least}


def test_every_fault_fires():
    run(map(weathered, (*failed_before(), *FIXED)))
    assert missing(1) == {}


@pytest.mark.nightly  # thirty studios take two minutes
def test_every_fault_of_studios_fires():
    failing = run(flock((*FIXED_STUDIOS, *range(STUDIOS + 200_000, STUDIOS + 200_020))))
    assert not failing, told(failing)
    assert missing(1, FAULTS_OF_STUDIOS) == {}


@pytest.mark.nightly
def test_every_fault_fires_a_hundred_times():
    failing = run(flock(range(100_000, 100_400)))
    assert not failing, told(failing)
    assert missing(100) == {}
