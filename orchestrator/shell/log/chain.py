"""The hash chain through the log and the anchor beside it, as values.

    hash = SHA-256(hash of the entry before ‖ canonical JSON of the other columns)

Chain and anchor prove accidents: an entry altered, a tail lost. They prove nothing against an
administrator, who can write both anew; against those only an exported head helps.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from operator import attrgetter
from typing import Final

import orjson
from attrs import evolve, field, fields, frozen

from orchestrator.codec import Row
from orchestrator.errors import LogDamaged

ORIGIN: Final = "0" * 64
"""The hash that the first entry of all is chained to."""

_columns = attrgetter(*(column.name for column in fields(Row) if column.name != "hash"))


@frozen
class Head:
    """The last entry of a log, or of a part of it; position 0 is the log before its first entry."""

    position: int = 0
    hash: str = field(default=ORIGIN)


def chained(row: Row, before: str) -> Row:
    """Return the row with the hash that chains it to the one before."""
    return evolve(row, hash=_hash(row, before))


def verified(rows: Iterable[Row], head: Head, path: str) -> Iterator[Row]:
    """Yield the same rows, and stop at the first that is not what was written after `head`.

    One gap is permitted: positions that a `TailLost` entry itself states as lost.

    Raises:
        LogDamaged: at the first row that does not follow.
    """
    for row in rows:
        due = head.position + 1
        is_written = _hash(row, head.hash) == row.hash
        if row.position != due and not (row.position > due and is_written and states_gap(row)):
            raise LogDamaged(path, due, f"position {row.position} stands where {due} is due")
        if not is_written:
            raise LogDamaged(path, row.position, "its hash does not match what stands there")
        head = Head(row.position, row.hash)
        yield row


def states_gap(row: Row) -> bool:
    """Return whether a row says that everything up to the position before it was lost."""
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


def _hash(row: Row, before: str) -> str:
    return sha256(before.encode() + orjson.dumps(_columns(row))).hexdigest()


def _check(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
