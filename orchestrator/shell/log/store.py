"""What a log is kept in, as the log asks for it: a folder of segments, or memory.

All of it is blocking and called by one thread at a time. Knows nothing of what rows mean.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from attrs import frozen

from orchestrator.codec import Row
from orchestrator.core.filter import Filter
from orchestrator.shell.log.chain import Head


@frozen
class Opened:
    """What a store found when it was opened: its head, and the anchor if that is further on."""

    head: Head
    lost: Head | None = None


class Store(Protocol):
    """Where rows are kept."""

    def open(self, first: Callable[[Head], Row]) -> Opened:
        """Take the store for writing; an empty one gets its first entry."""

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows; they are on disk when this returns."""

    def is_full(self) -> bool:
        """Return whether the newest segment wants a successor."""

    def roll(self, row: Row) -> None:
        """Close the newest segment and begin another with this row, a checkpoint."""

    def recover(self, head: Head) -> list[Row]:
        """Open again after a failed write; return verified rows that stand beyond `head`."""

    def rows(self, wanted: Filter) -> Iterator[Row]:
        """Yield rows in order, reading beside the writer."""

    def rows_since_checkpoint(self) -> Iterator[Row]:
        """Yield the rows of the newest segment, which begins with a checkpoint."""

    def close(self) -> None:
        """Give the store back."""
