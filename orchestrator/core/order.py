"""What an operator asked for a resource or a node, for as long as it holds.

An order stands above the documents: what is stopped is ended and kept ended, what is paused is
left alone, what is forgotten is no longer ours until it is adopted again.
"""

from enum import Enum

from attrs import frozen

from orchestrator.core.value import evolve


class Verb(Enum):
    """The orders that last."""

    STOP = "stop"
    PAUSE = "pause"
    FORGET = "forget"


@frozen
class Order:
    """One order: who gave it, when (entry and time), why, and until when (0: until it is ended)."""

    verb: Verb
    position: int
    at_ms: int
    actor: str
    reason: str = ""
    until_ms: int = 0

    def is_in_force(self, now_ms: int) -> bool:
        """Return whether it still holds."""
        return not self.until_ms or now_ms < self.until_ms

    def shifted(self, by_ms: int) -> "Order":
        """Return the order with its end moved along with the clock."""
        return evolve(self, until_ms=self.until_ms + by_ms) if self.until_ms else self
