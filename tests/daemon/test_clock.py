"""The daemon's time: it follows the monotonic clock, takes steps forward, and never goes back."""

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.daemon.clock import STEP_MS, Clock, monotonic_ms, wall_ms

START_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


@define
class Hands:
    """A wall clock that people set, and a monotonic one that only runs."""

    wall_ms: int = START_MS
    since_boot_ms: int = 50_000

    def pass_ms(self, by_ms):
        self.wall_ms += by_ms
        self.since_boot_ms += by_ms

    def clock(self):
        return Clock(lambda: self.wall_ms, lambda: self.since_boot_ms)


@pytest.fixture
def hands():
    """Give clocks that stand still."""
    return Hands()


def test_begins_at_the_wall_clock_and_runs_with_the_monotonic_one(hands):
    clock = hands.clock()
    assert clock.now_ms() == START_MS
    hands.pass_ms(1_234)
    assert (clock.now_ms(), clock.step_ms()) == (START_MS + 1_234, 0)


@pytest.mark.parametrize("drift_ms", [1, -1, STEP_MS - 1, 1 - STEP_MS])
def test_drift_is_no_step(hands, drift_ms):
    clock = hands.clock()
    hands.wall_ms += drift_ms
    assert (clock.step_ms(), clock.now_ms()) == (0, START_MS)


@pytest.mark.parametrize("by_ms", [STEP_MS, HOUR_MS])
def test_a_step_forward_is_taken_and_told_once(hands, by_ms):
    clock = hands.clock()
    hands.wall_ms += by_ms
    assert clock.now_ms() == START_MS
    assert (clock.step_ms(), clock.step_ms(), clock.now_ms()) == (by_ms, 0, START_MS + by_ms)


@pytest.mark.parametrize("by_ms", [-STEP_MS, -HOUR_MS, -10 * 365 * 24 * HOUR_MS])
def test_a_step_back_is_told_once_and_no_time_is_lived_twice(hands, by_ms):
    clock = hands.clock()
    hands.wall_ms += by_ms
    assert (clock.step_ms(), clock.step_ms(), clock.now_ms()) == (by_ms, 0, START_MS)
    hands.pass_ms(10)
    assert clock.now_ms() == START_MS + 10


def test_a_step_back_that_is_taken_back_leaves_the_time_as_it_was(hands):
    clock = hands.clock()
    hands.wall_ms -= HOUR_MS
    assert clock.step_ms() == -HOUR_MS
    hands.wall_ms += HOUR_MS
    assert (clock.step_ms(), clock.now_ms()) == (HOUR_MS, START_MS)


def test_slow_drift_that_adds_up_becomes_a_step(hands):
    clock = hands.clock()
    hands.wall_ms += STEP_MS - 1
    assert clock.step_ms() == 0
    hands.wall_ms += 1
    assert clock.step_ms() == STEP_MS


def test_goes_on_from_where_the_log_was(hands):
    clock = hands.clock()
    clock.not_before(START_MS + HOUR_MS)
    assert clock.now_ms() == START_MS + HOUR_MS
    assert clock.step_ms() == 0
    hands.pass_ms(5)
    assert clock.now_ms() == START_MS + HOUR_MS + 5


def test_a_log_that_ended_earlier_changes_nothing(hands):
    clock = hands.clock()
    clock.not_before(START_MS - HOUR_MS)
    assert clock.now_ms() == START_MS


moves = st.lists(
    st.tuples(st.sampled_from(["pass", "set", "ask", "log"]), st.integers(-(10**9), 10**9))
)


@given(moves)
def test_never_goes_back_whatever_is_done_to_the_wall_clock(moves):
    hands = Hands()
    clock = hands.clock()
    last_ms = clock.now_ms()
    for move, by_ms in moves:
        match move:
            case "pass":
                hands.pass_ms(abs(by_ms))
            case "set":
                hands.wall_ms += by_ms
            case "ask":
                clock.step_ms()
            case _:
                clock.not_before(last_ms + by_ms)
        assert clock.now_ms() >= last_ms
        last_ms = clock.now_ms()


def test_the_real_clocks_run():
    before = (wall_ms(), monotonic_ms())
    assert Clock().now_ms() >= before[0]
    assert monotonic_ms() >= before[1]
