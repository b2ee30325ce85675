"""Hooks that come twice: WCS sends one again when it could not read the answer.

It gives no number to a hook, so one that equals the last of its method about the same stream, call
or session, within the time in which WCS tries again, is taken for that one.
Source: hooks.md section 1, “Delivery semantics”.
"""

from typing import Final

from attrs import define, field

from orchestrator.core.entry import Entry
from orchestrator.core.event import HookReceived
from orchestrator.core.hook import KEEP_ALIVE
from orchestrator.core.json import text

WINDOW_MS: Final = 60_000  # three more tries, and for each of them `rest_request_timeout` of 15 s
KEPT_MAX: Final = 4_096  # hooks; a flood shortens the memory, not the daemon's life
ALIKE: Final = frozenset({KEEP_ALIVE})
"""Methods that say the same again and mean it."""

_About = tuple[str, str, str]


@define(eq=False)
class Repeats:
    """The last hook of each method about each stream, call and session, for a while."""

    _last: dict[_About, Entry] = field(factory=dict)

    def of(self, hook: HookReceived, now_ms: int) -> int:
        """Return the position of the entry that a hook repeats, 0 where it is new."""
        last = self._last.get(_about(hook))
        if last is None or now_ms - last.at_ms > WINDOW_MS:
            return 0
        assert isinstance(last.event, HookReceived)
        return (last.event.duplicate_of or last.position) if last.event.body == hook.body else 0

    def keep(self, entry: Entry, now_ms: int) -> None:
        """Remember an entry that is in the log, if it is a hook that may be repeated."""
        hook = entry.event
        if not isinstance(hook, HookReceived) or hook.method in ALIKE:
            return
        if now_ms - entry.at_ms > WINDOW_MS:
            return
        about = _about(hook)
        self._last.pop(about, None)  # the dict goes by age
        self._last[about] = entry
        if len(self._last) > KEPT_MAX:
            del self._last[next(iter(self._last))]


def _about(hook: HookReceived) -> _About:
    body = hook.body
    named = text(body, "mediaSessionId") or text(body, "callId") or text(body, "sessionId")
    return (hook.node, hook.method, named)
