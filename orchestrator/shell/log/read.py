"""Reading a log in its folder, beside a daemon that may be writing: by filter, or all to verify."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from attrs import field, frozen

from orchestrator.codec import Row
from orchestrator.core.filter import Filter
from orchestrator.errors import LogDamaged
from orchestrator.shell.log.chain import Head, head_of
from orchestrator.shell.log.folder import read_anchor
from orchestrator.shell.log.page import paged
from orchestrator.shell.log.segment import (
    before,
    first_of,
    reading,
    segments,
    trouble,
    verified_segment,
)


@frozen
class Verified:
    """What was read and found to be as it was written."""

    segments: int = 0
    entries: int = 0
    head: Head = field(factory=Head)


def read_rows(folder: Path, wanted: Filter) -> Iterator[Row]:
    """Yield rows in order.

    Raises:
        LogDamaged: a segment is no database.
        LogUnreadable: something is in the way, such as a permission that we lack.
    """
    paths = segments(folder)
    for path, successor in zip(paths, [*paths[1:], None], strict=True):
        if successor is not None and first_of(successor) <= wanted.after + 1:
            continue
        if first_of(path) > wanted.until:
            return
        try:
            with closing(reading(path)) as connection:
                yield from paged(connection, wanted)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise trouble(error, path, first_of(path)) from error


def verify(folder: Path) -> Verified:
    """Return what a log holds after reading all of it.

    Raises:
        LogDamaged: names the first position that is not what was written.
        LogUnreadable: something is in the way.
    """
    anchor = read_anchor(folder)  # first: the writer may go on, so it can only lag what follows
    found = _verified(segments(folder), anchor)
    if anchor.position > found.head.position:
        reason = f"the log ends at {found.head.position}, but its anchor says {anchor.position}"
        raise LogDamaged(str(folder), found.head.position + 1, reason)
    return found


def verify_older(folder: Path) -> Verified:
    """Return what all segments but the newest hold, and see that the newest follows them.

    A daemon verifies the newest at its start, and the others with this while it is at work.

    Raises:
        LogDamaged, LogUnreadable: as `verify` says.
    """
    *older, newest = segments(folder)
    found = _verified(older, Head())
    if older:
        _check_follows(newest, found.head)
    return found


def _verified(paths: Sequence[Path], anchor: Head) -> Verified:
    found = Verified()
    for path in paths:
        if found.segments:
            _check_follows(path, found.head)
        entries, head = found.entries, found.head
        try:
            with closing(reading(path)) as connection:
                for page in verified_segment(path, connection, anchor):
                    entries, head = entries + len(page), head_of(page)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise trouble(error, path, first_of(path)) from error
        found = Verified(found.segments + 1, entries, head)
    return found


def _check_follows(path: Path, head: Head) -> None:
    """See that a segment follows this head; segments before the first one may be archived."""
    try:
        with closing(reading(path)) as connection:
            follows = before(path, connection)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise trouble(error, path, first_of(path)) from error
    if follows != head:
        reason = f"segment {path.name} does not follow position {head.position}"
        raise LogDamaged(str(path), head.position + 1, reason)
