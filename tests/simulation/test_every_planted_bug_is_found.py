"""Who tests the test: bugs are planted in the daemon, and the simulation has to find each."""

import pytest

from tests.simulation.planted import BUGS, planted
from tests.simulation.sky import FIXED, command, judged, seconds

FOUND_BY = {
    "a_404_means_gone": 11,
    "a_world_beside_the_log": 7,
    "a_running_recording_is_cut": 1008,
    "acknowledge_before_sync": 7,
    "acts_before_it_has_looked": 18,
    "adoption_of_what_differs": 29,
    "back_off_forgotten_at_restart": 25,
    "blind_repeat": 10,
    "deletion_by_a_hook": 10,
    "double_create_in_flight": 26,
    "every_look_is_news": 7,
    "forgotten_thing_taken_back": 5,
    "half_a_list_is_a_list": 10,
    "intent_after_the_call": 7,
    "keep_alive_as_publication": 34,
    "limit_reset_by_restart": 8,
    "limits_ignored": 8,
    "open_calls_stay_open_over_a_restart": 7,
    "ownership_by_name": 29,
    "paused_thing_repaired": 9,
    "protection_ignored": 8,
    "stop_forgotten_at_restart": 7,
    "what_is_watched_is_changed": 7,
}
"""A seed that finds each; found by search, so a change of the simulation may ask for another."""

RARE = frozenset({"late_hooks_revive", "parked_for_ever", "looks_wake_nobody"})
"""Bugs that few seeds find, so that they are looked for at night only."""


def test_every_bug_has_a_seed_or_is_looked_for_at_night():
    assert {*FOUND_BY, *RARE} == set(BUGS)
    assert set(FOUND_BY) & RARE == set()
    assert set(FOUND_BY.values()) <= set(FIXED)  # which are clean without a bug


@pytest.mark.parametrize("bug", sorted(FOUND_BY))
def test_every_planted_bug_is_found(bug):
    with planted(bug):
        found = judged(FOUND_BY[bug]).found
    assert found, command(FOUND_BY[bug], bug)


@pytest.mark.nightly
@pytest.mark.parametrize("bug", sorted(BUGS))
def test_every_planted_bug_is_found_by_seeds_that_do_not_know_it(bug):
    seeds = int(seconds("SIMULATION_BUG_SEEDS", 200))
    with planted(bug):
        assert any(judged(seed).found for seed in range(200_000, 200_000 + seeds)), bug
