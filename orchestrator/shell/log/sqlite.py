"""A log kept in a folder of SQLite segments.

    000000000000001.sqlite   a segment, named by its first position; the newest is open, in WAL mode
    anchor                   the last committed head, overwritten after each commit, never synced
    lock                     held as long as a daemon writes

A segment that has a successor is closed: one file without WAL, read-only, and never altered again.
Triggers refuse UPDATE and DELETE, so not even a person with a SQLite shell alters an entry by
accident.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Final

from attrs import define, field

from orchestrator.codec import Row
from orchestrator.core.filter import Filter
from orchestrator.errors import LogDamaged, LogRefused
from orchestrator.shell.log.chain import Head, columns_of, head_of
from orchestrator.shell.log.folder import (
    Held,
    identity,
    locked,
    opened_anchor,
    read_anchor,
    set_anchor,
)
from orchestrator.shell.log.page import paged
from orchestrator.shell.log.read import read_rows
from orchestrator.shell.log.segment import (
    INSERT,
    before,
    born,
    close_older,
    drop_unborn,
    is_closed,
    last,
    reading,
    segments,
    trouble,
    verified_segment,
    writing,
)
from orchestrator.shell.log.store import Opened

SEGMENT_MAX_BYTES: Final = 64 * 1024 * 1024  # a start reads one segment: about 50,000 hooks
ENTRY_BYTES: Final = 240  # what an entry takes beside its body

__all__ = ["SEGMENT_MAX_BYTES", "SqliteStore", "read_rows", "segments"]


@define(eq=False)
class SqliteStore:
    """Rows in segments under `folder`."""

    folder: Path
    segment_max_bytes: int = SEGMENT_MAX_BYTES
    _lock: Held | None = None
    _anchor: Held | None = None
    _newest: Path = field(factory=Path)
    _identity: tuple[int, int] = (0, 0)
    _connection: sqlite3.Connection | None = None
    _bytes: int = 0

    def open(self, first: Callable[[Head], Row]) -> Opened:
        """Take the folder; see `Store`. Whatever it raises, the folder is free again."""
        with ExitStack() as undo:
            undo.callback(self.close)
            try:
                opened = self._open(first)
            except (sqlite3.Error, OSError) as error:
                raise LogRefused(str(error)) from error
            undo.pop_all()
        return opened

    def _open(self, first: Callable[[Head], Row]) -> Opened:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock = locked(self.folder)
        drop_unborn(self.folder)
        anchor = read_anchor(self.folder)
        found = segments(self.folder)
        if not found and anchor.position:
            reason = f"no segment is left, but the anchor says that position {anchor.position} was"
            raise LogDamaged(str(self.folder), 1, reason)
        newest = found[-1] if found else born(self.folder, first(Head()), Head())
        head = _verified_head(newest, anchor)
        self._take(newest)
        if last(self._connected) != head:
            raise LogDamaged(str(newest), head.position + 1, "it ends elsewhere when it is written")
        self._anchor = opened_anchor(self.folder)
        close_older(self.folder)
        if anchor.position > head.position:
            return Opened(head, anchor)
        self._set_anchor(head)
        return Opened(head)

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows in one transaction; see `Store`."""
        connection = self._connected
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, [columns_of(row) for row in rows])
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise LogRefused(str(error)) from error
        self._check_in_place()
        self._bytes += sum(len(row.body) + ENTRY_BYTES for row in rows)
        self._set_anchor(Head(rows[-1].position, rows[-1].hash))

    def is_full(self) -> bool:
        """Return whether the newest segment is as large as one should be."""
        return self._bytes >= self.segment_max_bytes

    def roll(self, row: Row) -> None:
        """Begin the next segment, then close this one; see `Store`."""
        try:
            path = born(self.folder, row, last(self._connected))
            self._connected.close()
            self._take(path)
        except sqlite3.Error as error:
            raise LogRefused(str(error)) from error
        self._set_anchor(Head(row.position, row.hash))
        close_older(self.folder)
        self._bytes = 0  # a checkpoint larger than a segment must not make each commit roll

    def recover(self, head: Head) -> list[Row]:
        """Open again, verify, and make all of it durable; see `Store`.

        After a failed sync the kernel may have dropped pages that it shows as clean. So the whole
        WAL is carried into the main file, which is synced, before anything is built upon it.

        Raises:
            LogDamaged: entries up to `head` are not there any more, though acknowledged.
            LogRefused: it is not over yet.
        """
        try:
            with suppress(sqlite3.Error):
                self._connected.close()
            found = segments(self.folder)
            if not found or self._lock is None or not self._lock.is_in_place:
                raise LogRefused(f"{self.folder} was moved or replaced: start the daemon again")
            drop_unborn(self.folder)
            self._take(found[-1])
            busy, *_ = self._connected.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise LogRefused("a reader holds the log; waiting for it")
            pages = list(verified_segment(found[-1], self._connected, head))
            known = {before(found[-1], self._connected), *(head_of([e]) for p in pages for e in p)}
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise LogRefused(str(error)) from error
        if head not in known:
            reason = f"acknowledged entries up to {head.position} are gone"
            raise LogDamaged(str(found[-1]), head_of(pages[-1]).position + 1, reason)
        beyond = [Row(*entry) for page in pages for entry in page if entry[0] > head.position]
        if beyond:
            self._set_anchor(Head(beyond[-1].position, beyond[-1].hash))
        return beyond

    def rows(self, wanted: Filter) -> Iterator[Row]:
        """Yield rows in order; see `Store`."""
        return read_rows(self.folder, wanted)

    def rows_since_checkpoint(self) -> Iterator[Row]:
        """Yield the newest segment; see `Store`."""
        return paged(self._connected, Filter())

    def close(self) -> None:
        """Close the newest segment's connection and give the folder back."""
        for held in (self._connection, self._anchor, self._lock):
            if held is not None:
                held.close()
        self._connection = self._anchor = self._lock = None

    @property
    def _connected(self) -> sqlite3.Connection:
        assert self._connection is not None, "the store is open"
        return self._connection

    def _take(self, newest: Path) -> None:
        self._connection = writing(newest)
        self._newest, self._identity = newest, identity(newest)
        self._bytes = newest.stat().st_size

    def _check_in_place(self) -> None:
        """Refuse what was written into a file that nobody will ever find again."""
        if identity(self._newest) != self._identity:
            raise LogRefused(f"{self._newest} was moved or removed")

    def _set_anchor(self, head: Head) -> None:
        assert self._anchor is not None, "the store is open"
        set_anchor(self._anchor, head)


def _verified_head(newest: Path, anchor: Head) -> Head:
    """Return the head of the newest segment; nothing is written before all of it verified."""
    if not newest.stat().st_size:
        raise LogDamaged(str(newest), int(newest.stem), "the file is empty")
    try:
        with closing(reading(newest)) as connection:
            *_, page = verified_segment(newest, connection, anchor)
            head = head_of(page)
            if is_closed(connection):
                reason = "the segment that begins here is missing"
                raise LogDamaged(str(newest.parent), head.position + 1, reason)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise trouble(error, newest, int(newest.stem)) from error
    return head
