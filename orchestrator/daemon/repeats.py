"""Hooks that come twice: WCS sends one again when it could not read the answer.

It gives no number to a hook, so one that equals the last of its method about the same stream, call
or session, within the time in which WCS tries again, is taken for that one.
Source: hooks.md section 1, “Delivery semantics”.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio
from attrs import define, field

from orchestrator.codec import Row
from orchestrator.core.entry import Entry
from orchestrator.core.event import Checkpoint, HookReceived
from orchestrator.core.filter import Filter
from orchestrator.core.hook import KEEP_ALIVE
from orchestrator.core.json import text
from orchestrator.shell.log.log import Log

WINDOW_MS: Final = 60_000  # three more tries, and for each of them `rest_request_timeout` of 15 s
KEPT_MAX: Final = 4_096  # hooks; a flood shortens the memory, not the daemon's life
RECALLED_MAX: Final = 100_000  # hooks that are read for it at a start
ALIKE: Final = frozenset({KEEP_ALIVE})
"""Methods that say the same again and mean it."""

_About = tuple[str, str, str]


@define(eq=False)
class Repeats:
    """The last hook of each method about each stream, call and session, for a while.

    `since_ms` is when the newest segment began: older ones were not read.
    """

    since_ms: int = 0
    _last: dict[_About, Entry] = field(factory=dict)
    _coming: dict[_About, tuple[HookReceived, trio.Event]] = field(factory=dict)

    def of(self, hook: HookReceived, now_ms: int) -> int:
        """Return the position of the entry that a hook repeats, 0 where it is new."""
        last = self._last.get(_about(hook))
        if last is None or now_ms - last.at_ms > WINDOW_MS:
            return 0
        assert isinstance(last.event, HookReceived)
        return (last.event.duplicate_of or last.position) if last.event.body == hook.body else 0

    @asynccontextmanager
    async def alone(self, hook: HookReceived) -> AsyncIterator[None]:
        """Hold up a hook that says what another one says which is on its way to disk.

        While a disk hangs WCS gives up waiting and sends again: both would be new.
        """
        about = _about(hook)
        while about in self._coming and self._coming[about][0].body == hook.body:
            await self._coming[about][1].wait()
        if about in self._coming or hook.method in ALIKE:
            yield
            return
        self._coming[about] = (hook, trio.Event())
        try:
            yield
        finally:
            self._coming.pop(about)[1].set()

    def recall(self, entry: Entry, now_ms: int) -> None:
        """Remember an entry that is older than all that is remembered."""
        hook = entry.event
        if isinstance(hook, HookReceived) and _about(hook) not in self._last:
            self.keep(entry, now_ms)

    def keep(self, entry: Entry, now_ms: int) -> None:
        """Remember an entry that is in the log, if it is a hook that may be repeated."""
        hook = entry.event
        if isinstance(hook, Checkpoint):
            self.since_ms = entry.at_ms
        if not isinstance(hook, HookReceived) or hook.method in ALIKE:
            return
        if now_ms - entry.at_ms > WINDOW_MS:
            return
        about = _about(hook)
        self._last.pop(about, None)  # the dict goes by age
        self._last[about] = entry
        if len(self._last) > KEPT_MAX:
            del self._last[next(iter(self._last))]


async def recall(log: Log, repeats: Repeats, decode: Callable[[Row], Entry], now_ms: int) -> None:
    """Remember what came within the time in which WCS tries again, from before the newest segment.

    A start reads no older one; but a log may roll between a hook and its repetition.
    """
    if repeats.since_ms < now_ms - WINDOW_MS:
        return
    wanted = Filter(since_ms=now_ms - WINDOW_MS, types=frozenset({HookReceived.__name__}))
    for row in reversed((await log.read(wanted, RECALLED_MAX))[-KEPT_MAX:]):
        repeats.recall(decode(row), now_ms)


def _about(hook: HookReceived) -> _About:
    body = hook.body
    named = text(body, "mediaSessionId") or text(body, "callId") or text(body, "sessionId")
    return (hook.node, hook.method, named)
