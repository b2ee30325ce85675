"""A log kept in a folder of SQLite segments.

    000000000000001.sqlite   a segment, named by its first position; the newest is open, in WAL mode
    anchor                   the last committed head, overwritten after each commit, never synced
    lock                     held as long as a daemon writes

A segment that has a successor is closed: one file without WAL, read-only, and never altered again.
Triggers refuse UPDATE and DELETE, so not even a person with a SQLite shell alters an entry by
accident.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import sqlite_utils
from attrs import astuple, define, field, fields

from orchestrator.codec import Row
from orchestrator.errors import LogDamaged, LogHeld, LogRefused
from orchestrator.shell.log.chain import Head, anchor_line, anchored, verified
from orchestrator.shell.log.log import Filter, Opened

COLUMNS: Final = {
    "position": int, "at_ms": int, "node": str, "type": str, "schema": int,
    "subject": str, "cause": int, "actor": str, "body": str, "hash": str,
}  # fmt: skip
INSERT: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})"
SELECT: Final = f"SELECT {', '.join(COLUMNS)} FROM entries"
SEGMENT_MAX_BYTES: Final = 64 * 1024 * 1024  # a start reads one segment: about 50,000 hooks
PAGE: Final = 1_000  # rows read at a time, so that a slow reader holds no transaction

assert tuple(COLUMNS) == tuple(field.name for field in fields(Row))


@define(eq=False)
class SqliteStore:
    """Rows in segments under `folder`."""

    folder: Path
    segment_max_bytes: int = SEGMENT_MAX_BYTES
    _lock: int = -1
    _anchor: int = -1
    _newest: Path = field(factory=Path)
    _connection: sqlite3.Connection | None = None
    _bytes: int = 0

    def open(self, first: Callable[[Head], Row]) -> Opened:
        """Take the folder; see `Store`."""
        try:
            return self._open(first)
        except sqlite3.OperationalError as error:
            raise LogRefused(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise LogDamaged(str(self.folder), 0, str(error)) from error

    def _open(self, first: Callable[[Head], Row]) -> Opened:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock = _locked(self.folder / "lock")
        anchor = read_anchor(self.folder)
        _drop_unborn(self.folder)
        found = segments(self.folder)
        if not found and anchor.position:
            reason = f"no segment is left, but the anchor says that position {anchor.position} was"
            raise LogDamaged(str(self.folder), 1, reason)
        if not found:
            self._begin(first(Head()), Head())
        else:
            self._newest = found[-1]
        head = self._head_of_newest(anchor)
        self._connection = _connected(self._newest)
        if _is_closed(self._connection) and anchor.position > head.position:
            reason = "the segment that begins here is missing"
            raise LogDamaged(str(self.folder), head.position + 1, reason)
        self._bytes = self._newest.stat().st_size
        self._anchor = os.open(self.folder / "anchor", os.O_RDWR | os.O_CREAT, 0o640)
        if anchor.position > head.position:
            return Opened(head, anchor)
        self._set_anchor(head)
        return Opened(head)

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows in one transaction; see `Store`."""
        assert self._connection is not None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, [astuple(row) for row in rows])
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise LogRefused(str(error)) from error
        self._bytes += sum(len(row.body) + 240 for row in rows)
        self._set_anchor(Head(rows[-1].position, rows[-1].hash))

    def is_full(self) -> bool:
        """Return whether the newest segment is as large as one should be."""
        return self._bytes >= self.segment_max_bytes

    def roll(self, row: Row) -> None:
        """Begin the next segment, then close this one; see `Store`."""
        old, before = self._connection, self._newest
        head = self._last(old)
        try:
            self._begin(row, head)
            self._connection = _connected(self._newest)
            assert old is not None
            _close_segment(old, before)
        except sqlite3.Error as error:
            raise LogRefused(str(error)) from error
        self._bytes = self._newest.stat().st_size
        self._set_anchor(Head(row.position, row.hash))

    def recover(self, head: Head) -> list[Row]:
        """Open again, verify, and make all of it durable; see `Store`.

        After a failed sync the kernel may have dropped pages that it shows as clean. So the whole
        WAL is carried into the main file, which is synced, before anything is built upon it.
        """
        try:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
            self._connection = None
            _drop_unborn(self.folder)
            self._newest = segments(self.folder)[-1]
            self._connection = _connected(self._newest)
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise LogRefused("a reader holds the log; waiting for it")
            rows = list(_verified_segment(self._newest, self._connection))
        except sqlite3.Error as error:
            raise LogRefused(str(error)) from error
        self._bytes = self._newest.stat().st_size
        beyond = [row for row in rows if row.position > head.position]
        if beyond:
            self._set_anchor(Head(beyond[-1].position, beyond[-1].hash))
        return beyond

    def rows(self, wanted: Filter) -> Iterator[Row]:
        """Yield rows in order; see `Store`."""
        return read_rows(self.folder, wanted)

    def rows_since_checkpoint(self) -> Iterator[Row]:
        """Yield the newest segment; see `Store`."""
        assert self._connection is not None
        return _paged(self._connection, Filter())

    def close(self) -> None:
        """Close the newest segment's connection and give the folder back."""
        if self._connection is not None:
            self._connection.close()
        for descriptor in (self._anchor, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._connection, self._anchor, self._lock = None, -1, -1

    def _begin(self, row: Row, before: Head) -> None:
        path = self.folder / f"{row.position:015d}.sqlite"
        with closing(_connected(path)) as connection:
            _create(connection, before)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(INSERT, astuple(row))
            connection.execute("COMMIT")
        path.chmod(0o640)
        _sync_folder(self.folder)
        self._newest = path

    def _head_of_newest(self, anchor: Head) -> Head:
        with closing(_connected(self._newest)) as connection:
            last = None
            for row in _verified_segment(self._newest, connection):
                if row.position == anchor.position and row.hash != anchor.hash:
                    reason = "it is not the entry that the anchor names"
                    raise LogDamaged(str(self.folder), row.position, reason)
                last = row
        assert last is not None, "a segment without entries is dropped before it is read"
        return Head(last.position, last.hash)

    def _last(self, connection: sqlite3.Connection | None) -> Head:
        assert connection is not None
        query = "SELECT position, hash FROM entries ORDER BY position DESC LIMIT 1"
        return Head(*connection.execute(query).fetchone())

    def _set_anchor(self, head: Head) -> None:
        if self._anchor >= 0:
            os.pwrite(self._anchor, anchor_line(head), 0)


def segments(folder: Path) -> list[Path]:
    """Return the segments of a log, oldest first."""
    return sorted(folder.glob("[0-9]*.sqlite"))


def read_anchor(folder: Path) -> Head:
    """Return the head that the anchor names, position 0 where there is none or it is torn."""
    try:
        return anchored((folder / "anchor").read_bytes())
    except FileNotFoundError:
        return Head()


def read_rows(folder: Path, wanted: Filter) -> Iterator[Row]:
    """Yield rows in order, beside a daemon that may be writing.

    Raises:
        LogDamaged: a segment is no database.
    """
    paths = segments(folder)
    for path, successor in zip(paths, [*paths[1:], None], strict=True):
        if successor is not None and _first_of(successor) <= wanted.after + 1:
            continue
        if _first_of(path) > wanted.until:
            return
        try:
            with closing(_reading(path)) as connection:
                yield from _paged(connection, wanted)
        except sqlite3.DatabaseError as error:
            raise LogDamaged(str(path), _first_of(path), str(error)) from error


def verify(folder: Path) -> Head:
    """Return the head of a log after reading all of it; beside a daemon that may be writing.

    Raises:
        LogDamaged: names the first position that is not what was written.
    """
    anchor = read_anchor(folder)  # first: the writer may go on, so it can only lag what follows
    head = Head()
    for number, path in enumerate(segments(folder)):
        try:
            with closing(_reading(path)) as connection:
                before = _before(connection)
                if number and before != head:
                    reason = f"segment {path.name} does not follow position {head.position}"
                    raise LogDamaged(str(folder), head.position + 1, reason)
                for row in verified(_paged(connection, Filter()), before, str(path)):
                    head = Head(row.position, row.hash)
                    if row.position == anchor.position and row.hash != anchor.hash:
                        reason = "it is not the entry that the anchor names"
                        raise LogDamaged(str(folder), row.position, reason)
        except sqlite3.DatabaseError as error:
            raise LogDamaged(str(path), head.position + 1, str(error)) from error
    if anchor.position > head.position:
        reason = f"the log ends at {head.position}, but its anchor says {anchor.position}"
        raise LogDamaged(str(folder), head.position + 1, reason)
    return head


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode().strip()
        os.close(descriptor)
        raise LogHeld(str(path.parent), int(holder) if holder.isdecimal() else 0) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=5
    )


def _create(connection: sqlite3.Connection, before: Head) -> None:
    connection.execute("BEGIN IMMEDIATE")
    database = sqlite_utils.Database(connection, recursive_triggers=False)
    database.table("entries").create(COLUMNS, pk="position", strict=True)
    database.table("entries").create_index(["subject", "position"])
    database.table("segment").create({"position": int, "hash": str}, strict=True)
    for change in ("UPDATE", "DELETE"):
        for table in ("entries", "segment"):
            connection.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
            )
    connection.execute("INSERT INTO segment VALUES (?, ?)", (before.position, before.hash))
    connection.execute("COMMIT")


def _close_segment(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA user_version=1")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    path.chmod(0o440)


def _is_closed(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0])


def _before(connection: sqlite3.Connection) -> Head:
    return Head(*connection.execute("SELECT position, hash FROM segment").fetchone())


def _verified_segment(path: Path, connection: sqlite3.Connection) -> Iterator[Row]:
    try:
        before = _before(connection)
        yield from verified(_paged(connection, Filter()), before, str(path))
    except sqlite3.DatabaseError as error:
        raise LogDamaged(str(path), _first_of(path), str(error)) from error


def _paged(connection: sqlite3.Connection, wanted: Filter) -> Iterator[Row]:
    clauses, values = _where(wanted)
    after = wanted.after
    while True:
        query = f"{SELECT} WHERE position > ? AND position <= ?{clauses} ORDER BY position LIMIT ?"
        rows = connection.execute(query, (after, wanted.until, *values, PAGE)).fetchall()
        yield from (Row(*row) for row in rows)
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def _where(wanted: Filter) -> tuple[str, tuple[object, ...]]:
    clauses = " AND at_ms >= ? AND at_ms <= ?"
    values: tuple[object, ...] = (wanted.since_ms, wanted.until_ms)
    if wanted.node:
        clauses, values = f"{clauses} AND node = ?", (*values, wanted.node)
    for column, members in (("type", wanted.types), ("subject", wanted.subjects)):
        if members:
            marks = ", ".join("?" * len(members))
            clauses, values = f"{clauses} AND {column} IN ({marks})", (*values, *sorted(members))
    return clauses, values


def _first_of(path: Path) -> int:
    return int(path.stem)


def _drop_unborn(folder: Path) -> None:
    """Remove a newest segment that a crash left without its first entry: nothing is lost."""
    for path in segments(folder)[-1:]:
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables and connection.execute("SELECT 1 FROM entries LIMIT 1").fetchone():
                return
            if path.stat().st_size > 64 * 1024:  # more than an unborn segment ever is: damage
                return
            connection.close()
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                (folder / name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
