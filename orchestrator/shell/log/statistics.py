"""What a log holds, counted; and where it ends. Reads beside a daemon that may be writing."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from attrs import evolve, field, frozen

from orchestrator.shell.log.chain import Head
from orchestrator.shell.log.segment import first_of, reading, segments, trouble

COUNT = "SELECT type, count(*) FROM entries GROUP BY type"
FIRST = "SELECT position, at_ms FROM entries ORDER BY position LIMIT 1"
LAST = "SELECT position, hash, at_ms FROM entries ORDER BY position DESC LIMIT 1"


@frozen
class Statistics:
    """What was counted. `bytes` are those of all segments; a log without segments has 0 of all."""

    segments: int = 0
    bytes: int = 0
    first: int = 0
    first_ms: int = 0
    head: Head = field(factory=Head)
    head_ms: int = 0
    types: Mapping[str, int] = field(factory=dict)

    @property
    def entries(self) -> int:
        """Return how many entries there are."""
        return sum(self.types.values())


def statistics(folder: Path) -> Statistics:
    """Return what a log holds.

    Raises:
        LogDamaged, LogUnreadable: a segment is no database, or something is in the way.
    """
    found = Statistics()
    types: Counter[str] = Counter()
    for path in segments(folder):
        try:
            with closing(reading(path)) as connection:
                types.update(dict(connection.execute(COUNT)))
                first, first_ms = connection.execute(FIRST).fetchone() or (0, 0)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise trouble(error, path, first_of(path)) from error
        if not found.segments:
            found = evolve(found, first=first, first_ms=first_ms)
        found = evolve(found, segments=found.segments + 1)
    head, head_ms = head_of_log(folder)
    size = sum(path.stat().st_size for path in folder.glob(f"{'[0-9]' * 15}.sqlite*"))
    return evolve(found, bytes=size, head=head, head_ms=head_ms, types=dict(sorted(types.items())))


def head_of_log(folder: Path) -> tuple[Head, int]:
    """Return the last entry's position and hash, and its time; position 0 where there is no log.

    Raises:
        LogDamaged, LogUnreadable: as `statistics` says.
    """
    paths = segments(folder)
    if not paths:
        return Head(), 0
    try:
        with closing(reading(paths[-1])) as connection:
            position, digest, at_ms = connection.execute(LAST).fetchone() or (0, "", 0)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise trouble(error, paths[-1], first_of(paths[-1])) from error
    return Head(position, digest), at_ms
