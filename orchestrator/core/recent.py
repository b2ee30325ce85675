"""What happened lately, remembered within a bound: two generations of a map from name to time.

A name is recalled for at least one generation and forgotten after two, so memory stays flat
however many names come, and forgetting costs nothing.
"""

from typing import Final

from attrs import field, frozen

from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.value import evolve

GENERATION_MS: Final = 600_000
LATE_MS: Final = 3 * 86_400_000  # a hook as late as that is still recognised as late
GENERATION_MAX: Final = (
    16_384  # names; a flood of others shortens the memory, not the daemon's life
)


@frozen
class Recent:
    """Names with the times of their last mention, in Unix milliseconds."""

    since_ms: int = 0
    now: Map[str, int] = field(default=EMPTY)
    before: Map[str, int] = field(default=EMPTY)

    def recalled_ms(self, name: str) -> int:
        """Return when a name was last mentioned, 0 when that is forgotten or never was."""
        return self.now.get(name, 0) or self.before.get(name, 0)


def remembered(recent: Recent, name: str, at_ms: int, for_ms: int = GENERATION_MS) -> Recent:
    """Return the memory with one more mention, recalled for that long at least."""
    if len(recent.now) >= GENERATION_MAX or at_ms - recent.since_ms >= for_ms:
        recent = Recent(since_ms=at_ms, before=recent.now)
    return evolve(recent, now=recent.now.set(name, at_ms))
