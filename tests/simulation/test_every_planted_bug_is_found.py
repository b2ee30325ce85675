"""Who tests the test: bugs are planted in the daemon, and the simulation has to find each."""

import pytest

from tests.simulation.flock import flock
from tests.simulation.planted import BUGS, OF_STUDIOS, planted
from tests.simulation.sky import FIXED, FIXED_STUDIOS, command, judged, seconds
from tests.simulation.studio import STUDIOS

FOUND_BY = {
    "a_404_means_gone": 11,
    "a_world_beside_the_log": 7,
    "a_running_recording_is_cut": 57,
    "acknowledge_before_sync": 7,
    "acts_before_it_has_looked": 12,
    "adoption_of_what_differs": 29,
    "back_off_forgotten_at_restart": 37,
    "blind_repeat": 11,
    "deletion_by_a_hook": 8,
    "double_create_in_flight": 64,
    "every_look_is_news": 7,
    "forgotten_thing_taken_back": 5,
    "half_a_list_is_a_list": 8,
    "intent_after_the_call": 7,
    "keep_alive_as_publication": 317,
    "late_hooks_revive": 13,
    "limit_reset_by_restart": 12,
    "limits_ignored": 49,
    "looks_wake_nobody": 1,
    "open_calls_stay_open_over_a_restart": 7,
    "ownership_by_name": 29,
    "parked_for_ever": 37,
    "paused_thing_repaired": 1,
    "protection_ignored": 42,
    "stop_forgotten_at_restart": 7,
    "what_is_watched_is_changed": 7,
    "a_failed_look_stops_nothing": 1_000_002,
    "a_filter_is_empty": 1_000_002,
    "a_group_that_fails_is_empty": 1_000_002,
    "a_loop_that_is_not_asked_for": 1_000_002,
    "a_node_that_restarts_redials": 1_000_002,
    "a_vod_is_made_without_use": 1_000_034,
    "a_fight_never_ends": 1_000_007,
    "a_new_name_is_a_new_owner": 1_000_002,
    "inputs_of_others_are_taken_out": 1_000_052,
    "what_covers_is_not_waited_for": 1_000_002,
    "an_edge_asks_at_once": 1_000_002,
    "an_input_is_put_in_once": 1_000_034,
    "an_unanswered_call_is_dialled_again": 1_000_014,
    "dropped_is_always": 1_000_013,
    "finished_is_forgotten_at_restart": 1_000_002,
    "required_inputs_are_not_waited_for": 1_000_000,
    "sources_end_first": 1_000_015,
    "the_suffix_is_drift": 1_000_002,
    "the_unlisted_is_drift": 1_000_031,
    "the_word_for_failure_is_not_read": 1_000_013,
    "what_begins_is_given_no_time": 1_000_031,
}
"""A seed that finds each; found by search, so a change of the simulation may ask for another."""


def is_finding(outcome):
    """Return whether a law was broken; a bug that crashes is none that a judge is needed for."""
    return bool(outcome.found) and not outcome.is_crash


def test_every_bug_has_a_seed():
    assert set(FOUND_BY) == set(BUGS)
    assert set(FOUND_BY.values()) <= {*FIXED, *FIXED_STUDIOS}  # which are clean without a bug


@pytest.mark.parametrize("bug", sorted(set(FOUND_BY) - set(OF_STUDIOS)))
def test_every_planted_bug_is_found(bug):
    with planted(bug):
        outcome = judged(FOUND_BY[bug])
    assert is_finding(outcome), command(FOUND_BY[bug], bug)


@pytest.mark.nightly  # a studio takes some five times as long as another seed
@pytest.mark.parametrize("bug", sorted(set(FOUND_BY) & set(OF_STUDIOS)))
def test_every_planted_bug_of_studios_is_found(bug):
    with planted(bug):
        outcome = judged(FOUND_BY[bug])
    assert is_finding(outcome), command(FOUND_BY[bug], bug)


@pytest.mark.nightly
@pytest.mark.parametrize("bug", sorted(FOUND_BY))
def test_every_planted_bug_is_found_by_seeds_that_do_not_know_it(bug):
    is_of_studios = bug in OF_STUDIOS
    seeds = int(seconds("SIMULATION_BUG_SEEDS", 60 if is_of_studios else 200))
    first = 200_000 + STUDIOS * is_of_studios
    flown = flock(range(first, first + seeds), bug)
    assert any(map(is_finding, flown)), bug
