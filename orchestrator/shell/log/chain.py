"""The hash chain through the log and the anchor beside it, as values.

    hash = SHA-256(hash of the entry before ‖ canonical JSON of the other columns)

Chain and anchor prove accidents: an entry altered, a tail lost. They prove nothing against an
administrator, who can write both anew; against those only an exported head helps.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, TypeAlias

import orjson
from attrs import evolve, field, fields, frozen

from orchestrator.codec import Row
from orchestrator.errors import LogDamaged

ORIGIN: Final = "0" * 64
"""The hash that the first entry of all is chained to."""

Columns: TypeAlias = tuple[Any, ...]
"""An entry as it comes from disk: what `Row` names, in that order, position first and hash last."""

COLUMNS: Final[Mapping[str, Any]] = {column.name: column.type for column in fields(Row)}
TYPES: Final = tuple(COLUMNS.values())

STRANGE: Final = "a column holds what was never put into it"

columns_of: Final[Callable[[Row], Columns]] = attrgetter(*COLUMNS)


@frozen
class Head:
    """The last entry of a log, or of a part of it; position 0 is the log before its first entry."""

    position: int = 0
    hash: str = field(default=ORIGIN)


def chained(row: Row, before: str) -> Row:
    """Return the row with the hash that chains it to the one before."""
    return evolve(row, hash=hash_of(columns_of(row)[:-1], before))


def hash_of(columns: Columns, before: str) -> str:
    """Return the hash of an entry from its other columns and the hash of the one before."""
    return sha256(before.encode() + orjson.dumps(columns)).hexdigest()


def verified(page: Iterable[Columns], head: Head, path: str) -> Head:
    """Return the head after a page of entries, which stand as they were written after `head`.

    It works on bare columns: this is what a start waits for, and rows would be half of the work.
    One gap is permitted: positions that a `TailLost` entry itself states as lost.

    Raises:
        LogDamaged: at the first entry that does not follow.
    """
    due, before = head.position + 1, head.hash
    for entry in page:
        if tuple(map(type, entry)) != TYPES:
            raise LogDamaged(path, due, STRANGE)
        position, digest = entry[0], entry[-1]
        is_written = hash_of(entry[:-1], before) == digest
        if position != due and not (position > due and is_written and states_gap(entry)):
            raise LogDamaged(path, due, f"position {position} stands where {due} is due")
        if not is_written:
            raise LogDamaged(path, position, "its hash does not match what stands there")
        due, before = position + 1, digest
    return Head(due - 1, before)


def head_of(page: Sequence[Columns]) -> Head:
    """Return the last of some entries."""
    return Head(page[-1][0], page[-1][-1])


def states_gap(entry: Columns) -> bool:
    """Return whether an entry says that everything up to the position before it was lost."""
    row = Row(*entry)
    if row.type != "TailLost":
        return False
    return bool(orjson.loads(row.body).get("position") == row.position - 1)


def anchor_line(head: Head) -> bytes:
    """Return the anchor of a head: always the same length, so that it is overwritten in place."""
    text = f"{head.position:020d} {head.hash}"
    return f"{text} {_check(text)}\n".encode()


def anchored(line: bytes) -> Head:
    """Return the head that an anchor names; a torn one counts as absent, which is position 0."""
    position, _, rest = line.decode(errors="replace").strip().partition(" ")
    digest, _, check = rest.partition(" ")
    if not position.isdecimal() or check != _check(f"{position} {digest}"):
        return Head()
    return Head(int(position), digest)


def _check(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
