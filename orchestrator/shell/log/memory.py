"""A log kept in memory: for simulations, where time is virtual and threads are not wanted.

A `Disk` outlives the daemon that writes it, so that a simulated kill can be followed by a start.
"""

from collections.abc import Callable, Iterator, Sequence

from attrs import define, field

from orchestrator.codec import Row
from orchestrator.core.filter import Filter
from orchestrator.errors import LogHeld, LogRefused
from orchestrator.shell.log.chain import Head, columns_of, verified
from orchestrator.shell.log.store import Opened

SEGMENT_MAX = 10_000  # entries


@define(eq=False)
class Disk:
    """What stays: segments of rows, the anchor, and whether somebody holds it.

    It may fail in two ways, each with a reason that is not "": it `refuses` what it should keep,
    or it `denies` that it has kept it.
    """

    segments: list[list[Row]] = field(factory=list)
    anchor: Head = field(factory=Head)
    is_held: bool = False
    refuses: str = ""
    denies: str = ""

    def keep(self, rows: Sequence[Row], *, in_new_segment: bool = False) -> None:
        """Keep rows, all or none of them."""
        if self.refuses:
            raise LogRefused(self.refuses)
        if in_new_segment:
            self.segments.append([])
        self.segments[-1].extend(rows)
        self.anchor = Head(rows[-1].position, rows[-1].hash)
        if self.denies:
            raise LogRefused(self.denies)


@define(eq=False)
class MemoryStore:
    """Rows on a disk in memory."""

    disk: Disk
    segment_max: int = SEGMENT_MAX
    _holds: bool = False

    def open(self, first: Callable[[Head], Row]) -> Opened:
        """Take the disk; see `Store`."""
        if self.disk.is_held:
            raise LogHeld("memory", 0)
        self.disk.is_held = self._holds = True
        if not self.disk.segments:
            self.disk.segments.append([first(Head())])
        last = self._verified()[-1]
        head = Head(last.position, last.hash)
        if self.disk.anchor.position > head.position:
            return Opened(head, self.disk.anchor)
        self.disk.anchor = head
        return Opened(head)

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows; see `Store`."""
        self.disk.keep(rows)

    def is_full(self) -> bool:
        """Return whether the newest segment wants a successor."""
        return len(self.disk.segments[-1]) >= self.segment_max

    def roll(self, row: Row) -> None:
        """Begin another segment; see `Store`."""
        self.disk.keep((row,), in_new_segment=True)

    def recover(self, head: Head) -> list[Row]:
        """Return what stands beyond `head`; see `Store`."""
        if self.disk.refuses:
            raise LogRefused(self.disk.refuses)
        beyond = [row for row in self._verified() if row.position > head.position]
        if beyond:
            self.disk.anchor = Head(beyond[-1].position, beyond[-1].hash)
        return beyond

    def rows(self, wanted: Filter) -> Iterator[Row]:
        """Yield rows in order; see `Store`."""
        for segment in list(self.disk.segments):
            yield from (row for row in list(segment) if matches(row, wanted))

    def rows_since_checkpoint(self) -> Iterator[Row]:
        """Yield the newest segment; see `Store`."""
        yield from self.disk.segments[-1]

    def close(self) -> None:
        """Give the disk back, if it is ours."""
        if self._holds:
            self.disk.is_held = self._holds = False

    def _verified(self) -> list[Row]:
        rows = [row for segment in self.disk.segments for row in segment]
        verified(map(columns_of, rows), Head(), "memory")
        return rows


def matches(row: Row, wanted: Filter) -> bool:
    """Return whether a row is one that a reader wants."""
    return (
        wanted.after < row.position <= wanted.until
        and wanted.since_ms <= row.at_ms <= wanted.until_ms
        and (not wanted.types or row.type in wanted.types)
        and (not wanted.node or row.node == wanted.node)
        and (not wanted.subjects or row.subject in wanted.subjects)
        and (not wanted.positions or row.position in wanted.positions)
    )
