"""The daemon's clock: Unix time that follows the monotonic clock inside a run.

Where the wall clock is set forward, so is this one, and `ClockStepped` tells the world by how much,
so that waits go on as long as they were meant to. Where it is set back, this one goes on as before:
times in the log never decrease, and nobody waits for an hour to be lived twice.
"""

import time
from collections.abc import Callable
from typing import Final

from attrs import define, field

STEP_MS: Final = 5_000  # smaller differences are the drift of two clocks, not a step


def wall_ms() -> int:
    """Return the wall clock's time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return the monotonic clock's time in milliseconds."""
    return time.monotonic_ns() // 1_000_000


@define(eq=False)
class Clock:
    """Unix milliseconds, never backwards."""

    wall: Callable[[], int] = wall_ms
    monotonic: Callable[[], int] = monotonic_ms
    _ahead_ms: int = field(init=False)
    _known_ms: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin at the wall clock's time."""
        self._known_ms = self._ahead_ms = self.wall() - self.monotonic()

    def now_ms(self) -> int:
        """Return the time."""
        return self.monotonic() + self._ahead_ms

    def not_before(self, at_ms: int) -> None:
        """Go on from a time that the log has reached already, if that is later."""
        self._ahead_ms = max(self._ahead_ms, at_ms - self.monotonic())

    def step_ms(self) -> int:
        """Return by how much the wall clock was set since the last call, 0 for less than 5 s."""
        ahead_ms = self.wall() - self.monotonic()
        by_ms = ahead_ms - self._known_ms
        if abs(by_ms) < STEP_MS:
            return 0
        self._known_ms = ahead_ms
        self._ahead_ms = max(self._ahead_ms, ahead_ms)
        return by_ms
