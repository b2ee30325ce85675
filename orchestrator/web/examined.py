"""What was asked of a node to see whether it is set up well, and the forms of what was found."""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from attrs import field, frozen

from orchestrator.core.configuration import Recorder
from orchestrator.core.hook import KEEP_ALIVE, PLAY, PUBLISH
from orchestrator.core.json import JsonObject, text, whole
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rest import RestReply

STREAMS: Final = "/stream/find_all"
NOWHERE: Final = "/orchestrator/no_such_method"  # that no build has
NOTHING: Final = "/push/find"  # asked for what nobody sends
BEGINNING: Final = frozenset({PUBLISH, PLAY})
LAG_MS: Final = 60_000  # the hook of a new stream comes sooner than that


class State(Enum):
    """How a finding is meant: all is well, nothing has to be done, or something has."""

    WELL = "well"
    NOTE = "note"
    ILL = "ill"


@frozen
class Finding:
    """What one check found; `console` and `settings` are what to type and to write there."""

    check: str
    state: State
    message: str
    console: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


@frozen
class Heard:
    """What the log tells of a node's hooks: when each method was last heard.

    `ahead_ms` is how far the node's clock was ahead of ours at most, `behind_ms` behind at least.
    """

    last_ms: Map[str, int] = field(default=EMPTY)
    ahead_ms: int = 0
    behind_ms: int = 0


@frozen
class Examined:
    """What was asked and answered. `error` says why a node could not be reached, "" when it was.

    `open` is the reply to somebody without credentials, `statistics` that of the page of counters.
    """

    node: str
    url: str
    now_ms: int
    heard: Heard
    replies: Map[str, RestReply] = field(default=EMPTY)
    open: RestReply | None = None
    statistics: RestReply | None = None
    error: str = ""
    username: str = ""
    public_url: str = ""
    is_signing: bool = False
    recorder: Recorder = Recorder.RECORDER


def heard(hooks: Iterable[tuple[int, str, JsonObject]]) -> Heard:
    """Return what hooks tell, each with the time at which it came, its method and its body."""
    last: dict[str, int] = {}
    lags: list[int] = []
    for at_ms, method, body in hooks:
        last[method] = max(at_ms, last.get(method, 0))
        is_beginning = method in BEGINNING or text(body, "status") == "PUBLISHING"
        if (created_ms := whole(body, "createDate")) and is_beginning and method != KEEP_ALIVE:
            lags.append(at_ms - created_ms)
    behind = min(lags, default=0)
    return Heard(Map(last), max(0, -behind), behind if behind > LAG_MS else 0)
