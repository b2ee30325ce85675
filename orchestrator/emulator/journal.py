"""The emulator's own journal: what was asked of a node, what came of it, who did it.

A checker reads only this, so an object cannot come, change or go without an entry (`objects`).

    rest     a call has arrived            answer   it was answered with this status (0: never)
    effect   an object came, changed, went hook     one hook was sent, and how the backend replied
    client   a WebRTC or RTMP client acted fault    a fault was played
    node     the node started, stopped, restarted, hung
"""

from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import IO, Any

import orjson
from attrs import define, field, frozen


class Kind(StrEnum):
    """What sort of thing happened."""

    REST = "rest"
    ANSWER = "answer"
    EFFECT = "effect"
    HOOK = "hook"
    CLIENT = "client"
    FAULT = "fault"
    NODE = "node"


class By(StrEnum):
    """Who caused it: a call, a client, the node itself, or somebody behind everyone's back."""

    REST = "rest"
    CLIENT = "client"
    SELF = "self"
    FOREIGN = "foreign"


@frozen
class Entry:
    """One thing that happened.

    `object` is the id of what it happened to, `call` the number of the `rest` entry that it
    belongs to; both are empty where there is none. Numbers count from 1.
    """

    number: int
    at_s: float
    node: str
    kind: Kind
    what: str
    by: By
    object: str = ""
    status: int = 0
    call: int = 0
    detail: Mapping[str, Any] = field(factory=dict)


@define(eq=False)
class Journal:
    """The newest entries in memory, and all of them in a file of JSON lines if there is one."""

    file: IO[bytes] | None = None
    entries_max: int = 1_000_000
    written: int = 0
    _entries: deque[Entry] = field(factory=deque)

    def add(self, entry: Entry) -> None:
        """Keep one entry, numbered by `next_number`."""
        self.written = entry.number
        self._entries.append(entry)
        if len(self._entries) > self.entries_max:
            self._entries.popleft()
        if self.file is not None:
            self.file.write(line(entry))
            self.file.flush()

    @property
    def next_number(self) -> int:
        """Return the number of the next entry."""
        return self.written + 1

    def after(self, number: int = 0, *, kind: Kind | None = None) -> tuple[Entry, ...]:
        """Return the entries kept after that number, oldest first; of one kind if it is given."""
        if not self._entries:
            return ()
        skipped = max(0, number - self._entries[0].number + 1)
        tail = islice(self._entries, skipped, None)
        return tuple(entry for entry in tail if kind in {None, entry.kind})


def line(entry: Entry) -> bytes:
    """Return an entry as one line of JSON."""
    return orjson.dumps(shown(entry)) + b"\n"


def shown(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON."""
    return {
        "number": entry.number,
        "at_s": round(entry.at_s, 6),
        "node": entry.node,
        "kind": entry.kind.value,
        "what": entry.what,
        "by": entry.by.value,
        "object": entry.object,
        "status": entry.status,
        "call": entry.call,
        "detail": dict(entry.detail),
    }
