"""Hooks that should have come: streams of clients that only looks have shown, or shown gone.

A hint that is late is not missed: what a look finds waits a while for its hook.
"""

from typing import Final

from attrs import field, frozen

from orchestrator.core.mapping import EMPTY, Map, without
from orchestrator.core.value import evolve

LATE_MS: Final = 60_000  # three more tries, each after `rest_request_timeout` of 15 s
UNHEARD_MAX: Final = 2_000


@frozen
class Hints:
    """What a node told by hooks, and what it did not tell.

    `has_spoken`: any hook ever came. `silent_ms` is when a look first found, after the last hook,
    what one should have told (0: nothing). `unheard` are such findings that may still be told late.
    """

    has_spoken: bool = False
    silent_ms: int = 0
    missed: int = 0
    unheard: Map[str, int] = field(default=EMPTY)

    def missed_by(self, now_ms: int) -> int:
        """Return how many hooks never came, as far as can be told by now."""
        return self.missed + sum(now_ms - at_ms > LATE_MS for at_ms in self.unheard.values())

    @property
    def are_all_told(self) -> bool:
        """Return whether one more hook, whatever it is about, changes nothing here."""
        return self.has_spoken and not self.silent_ms and not self.unheard

    def heard(self, media: str, *, is_end: bool, at_ms: int) -> "Hints":
        """Return the hints after a hook about a stream, "" for one about anything else."""
        kept = evolve(self._settled(at_ms), has_spoken=True, silent_ms=0)
        name = _name(media, is_end=is_end)
        return evolve(kept, unheard=without(kept.unheard, name)) if name in kept.unheard else kept

    def found(self, media: str, *, is_end: bool, at_ms: int) -> "Hints":
        """Return the hints after a look found a stream that no hook had told of."""
        kept = self._settled(at_ms)
        silent_ms = kept.silent_ms or at_ms
        if len(kept.unheard) >= UNHEARD_MAX:
            return evolve(kept, missed=kept.missed + 1, silent_ms=silent_ms)
        unheard = kept.unheard.set(_name(media, is_end=is_end), at_ms)
        return evolve(kept, unheard=unheard, silent_ms=silent_ms)

    def _settled(self, at_ms: int) -> "Hints":
        """Return the hints in which what is too late counts as missed."""
        gone = [name for name, found_ms in self.unheard.items() if at_ms - found_ms > LATE_MS]
        if not gone:
            return self
        unheard = self.unheard
        for name in gone:
            unheard = without(unheard, name)
        return evolve(self, unheard=unheard, missed=self.missed + len(gone))


def _name(media: str, *, is_end: bool) -> str:
    return f"{'end' if is_end else 'begin'} {media}"
