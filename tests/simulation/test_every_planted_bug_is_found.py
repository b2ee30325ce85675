"""Who tests the test: bugs are planted in the daemon, and the simulation has to find each."""

import pytest

from tests.simulation.planted import BUGS, planted
from tests.simulation.sky import command, judged, seconds

FOUND_BY = {}
"""A seed that finds each; found by search, so a change of the simulation may ask for another."""


def test_every_bug_has_a_seed():
    assert set(FOUND_BY) == set(BUGS)


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_every_planted_bug_is_found(bug):
    with planted(bug):
        assert judged(FOUND_BY[bug]).found, command(FOUND_BY[bug], bug)


@pytest.mark.nightly
@pytest.mark.parametrize("bug", sorted(BUGS))
def test_every_planted_bug_is_found_by_seeds_that_do_not_know_it(bug):
    seeds = int(seconds("SIMULATION_BUG_SEEDS", 200))
    with planted(bug):
        assert any(judged(seed).found for seed in range(200_000, 200_000 + seeds)), bug
