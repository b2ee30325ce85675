"""Storms: the whole daemon under faults drawn from a seed; then calm, in which it must converge.

While faults rage, safety; when they have stopped, liveness; then rest. What is right is said by the
checker, which reads the log, the emulator's journal and the disk's notes, and nothing else. Which
seeds are run is fixed, how many depends on the time that there is.
"""

from itertools import chain

import pytest

from tests.simulation.flock import flock
from tests.simulation.sky import (
    FIXED,
    FIXED_STUDIOS,
    failed_before,
    onwards,
    run,
    seconds,
    told,
    weathered,
)

NEW = 1_000
NIGHTLY = 110_000


@pytest.mark.slow
def test_storms_are_weathered():
    seeds = chain(failed_before(), FIXED, FIXED_STUDIOS, onwards(NEW))
    failing = run(map(weathered, seeds), seconds("SIMULATION_S", 150))
    assert not failing, told(failing)


@pytest.mark.nightly
def test_storms_are_weathered_all_night():
    new = onwards(int(seconds("SIMULATION_FROM", NIGHTLY)))
    seeds = chain(failed_before(), FIXED, FIXED_STUDIOS, new)
    failing = run(flock(seeds), seconds("SIMULATION_NIGHT_S", 900))
    assert not failing, told(failing)
