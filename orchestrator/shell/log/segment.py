"""One segment of a log as a SQLite file: born whole, written, closed, read.

Knows nothing of the folder around it but the names of segments in it. A segment is made under
another name, and gets its own only when its first entry is on disk: so a segment without entries
is never what a crash left, always damage.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import sqlite_utils

from orchestrator.codec import Row
from orchestrator.core.filter import Filter
from orchestrator.errors import LogDamaged, LogError, LogRefused, LogUnreadable
from orchestrator.shell.log.chain import COLUMNS, Columns, Head, columns_of, verified
from orchestrator.shell.log.folder import sync_folder
from orchestrator.shell.log.page import pages

INSERT: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})"
EVERY: Final = Filter(after=-(2**63), since_ms=-(2**63))
UNBORN: Final = "unborn"
IN_THE_WAY: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)  # fmt: skip


def segments(folder: Path) -> list[Path]:
    """Return the segments of a log, oldest first."""
    return sorted(folder.glob(f"{'[0-9]' * 15}.sqlite"))


def first_of(path: Path) -> int:
    """Return the position that a segment begins with."""
    return int(path.stem)


def born(folder: Path, row: Row, before: Head) -> Path:
    """Return a new segment that holds its first entry, durably.

    It is in WAL mode before it has its name: a power cut while the mode changes leaves a journal,
    without which the file makes no sense, and those who only read cannot use that.
    """
    drop_unborn(folder)
    unborn = folder / UNBORN
    unborn.touch(mode=0o640)
    with closing(sqlite3.connect(unborn, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        _create(connection, row, before)
        _keep_wal(connection, unborn)
    path = folder / f"{row.position:015d}.sqlite"
    unborn.rename(path)
    sync_folder(folder)
    return path


def drop_unborn(folder: Path) -> None:
    """Remove what a crash left of a segment that never got its name: nothing in it was told."""
    for path in folder.glob(f"{UNBORN}*"):
        path.unlink()


def writing(path: Path) -> sqlite3.Connection:
    """Return a connection that appends to the newest segment; each commit is on disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        _keep_wal(connection, path)
        connection.execute("PRAGMA synchronous=FULL")
    except (sqlite3.Error, LogError):
        connection.close()
        raise
    return connection


def _keep_wal(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise LogRefused(f"{path} cannot be written beside its readers: its mode is {mode}")


def reading(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write.

    A log without a daemon, in a folder where the reader may not write, has no place for the index
    that SQLite shares between processes. Without a WAL there is nothing to be shared either. But
    a journal that a crash left must be played back first, which is the daemon's to do.
    """
    try:
        return _opened(path, "mode=ro")
    except sqlite3.OperationalError as error:
        is_for_want_of_place = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not is_for_want_of_place or _is_unsettled(path):
            raise
        return _opened(path, "immutable=1")


def close_older(folder: Path) -> None:
    """Make all segments but the newest single files that are only read.

    One that somebody reads at the moment, or that cannot be closed for another reason, is as good
    as it is: the next roll and the next start try again.
    """
    for path in segments(folder)[:-1]:
        with suppress(sqlite3.Error, OSError):
            if path.stat().st_mode & 0o222:
                _close(path)


def is_closed(connection: sqlite3.Connection) -> bool:
    """Return whether a segment has, or had, a successor."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0])


def verified_segment(
    path: Path, connection: sqlite3.Connection, anchor: Head
) -> Iterator[Sequence[Columns]]:
    """Yield the entries of a segment, and stop at the first that is not what was written.

    Raises:
        LogDamaged: names the position.
        LogUnreadable: something else is in the way.
    """
    head = Head(first_of(path) - 1)
    try:
        head = before(path, connection)
        for page in pages(connection, EVERY):
            head = verified(page, head, str(path))
            _check_anchored(page, anchor, path)
            yield page
        if head.position < first_of(path):
            raise LogDamaged(str(path), first_of(path), "the segment has no entry")
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise trouble(sqlite3.DatabaseError(verdict), path, first_of(path))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise trouble(error, path, head.position + 1) from error


def before(path: Path, connection: sqlite3.Connection) -> Head:
    """Return the head of the log before a segment, as the segment says."""
    found = connection.execute("SELECT position, hash FROM segment").fetchall()
    if len(found) != 1 or tuple(map(type, found[0])) != (int, str):
        raise LogDamaged(str(path), first_of(path), "it does not say what it follows")
    head = Head(*found[0])
    if head.position + 1 != first_of(path):
        reason = f"it says that it follows position {head.position}"
        raise LogDamaged(str(path), first_of(path), reason)
    return head


def last(connection: sqlite3.Connection) -> Head:
    """Return the last entry's position and hash."""
    query = "SELECT position, hash FROM entries ORDER BY position DESC LIMIT 1"
    return Head(*connection.execute(query).fetchone())


def _check_anchored(page: Sequence[Columns], anchor: Head, path: Path) -> None:
    """See that what stands where the anchor points is what it names; it may point elsewhere."""
    if page[0][0] <= anchor.position <= page[-1][0]:
        hashes = {entry[-1] for entry in page if entry[0] == anchor.position}
        if hashes - {anchor.hash}:
            reason = "it is not the entry that the anchor names"
            raise LogDamaged(str(path), anchor.position, reason)


def trouble(error: Exception, path: Path, position: int) -> LogError:
    """Return what an error on reading means: damage, unless the disk or others are in the way.

    SQLite calls a page malformed when the disk fails to read it (SQLITE_IOERR_CORRUPTFS).
    """
    reason = str(error) if _code(error) in IN_THE_WAY else _failure(path)
    if reason:
        return LogUnreadable(str(path), reason)
    return LogDamaged(str(path), position, str(error))


def _failure(path: Path) -> str:
    """Return what the disk says when a segment is read as bytes, "" when it reads well."""
    try:
        for place in (path, path.with_name(f"{path.name}-wal")):
            with suppress(FileNotFoundError), place.open("rb") as file:
                while file.read(1024 * 1024):
                    pass
    except OSError as error:
        return str(error)
    return ""


def _is_unsettled(path: Path) -> bool:
    """Return whether a file beside a segment may hold more than the segment does."""
    return any(path.with_name(f"{path.name}-{end}").exists() for end in ("wal", "journal"))


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{mode}", uri=True, check_same_thread=False, timeout=5
    )
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def _code(error: Exception) -> int:
    """Return SQLite's primary code; a file that ends too early is damage, not a failing disk."""
    code = int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT))
    return sqlite3.SQLITE_CORRUPT if code == sqlite3.SQLITE_IOERR_SHORT_READ else code & 0xFF


def _create(connection: sqlite3.Connection, row: Row, before: Head) -> None:
    connection.execute("BEGIN IMMEDIATE")
    database = sqlite_utils.Database(connection, recursive_triggers=False)
    database.table("entries").create(dict(COLUMNS), pk="position", strict=True)
    database.table("entries").create_index(["subject", "position"])
    database.table("segment").create({"position": int, "hash": str}, strict=True)
    for change in ("UPDATE", "DELETE"):
        for table in ("entries", "segment"):
            connection.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
            )
    connection.execute("INSERT INTO segment VALUES (?, ?)", (before.position, before.hash))
    connection.execute(INSERT, columns_of(row))
    connection.execute("COMMIT")


def _close(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        connection.execute("PRAGMA synchronous=EXTRA")  # a journal must not come back
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA user_version=1")
    path.chmod(0o440)
