"""HTTP as the emulator needs it: an answer, the ways to get none, JSON out and in.

Knows nothing of sockets: `sockets` carries these over real ones, tests carry them by hand.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import orjson
from attrs import field, frozen

JSON_TYPE: Final = "application/json;charset=UTF-8"
TEXT_TYPE: Final = "text/plain;charset=UTF-8"
HTML_TYPE: Final = "text/html;charset=utf-8"


class SendFailed(OSError):
    """A hook did not reach its backend: nobody listens, or the connection broke."""


class TimedOut(OSError):
    """A hook was sent, and no reply came in time."""


class Refused(OSError):
    """Nobody listens on the node's port: the request cannot have had an effect."""


class Broken(OSError):
    """The node closed the connection without an answer: the request may have had its effect."""


@frozen
class Answer:
    """One HTTP answer, whole."""

    status: int
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""


Post = Callable[[str, Mapping[str, str], bytes, float], Awaitable[Answer]]
"""Carry one hook: (url, headers, body, timeout in seconds, 0 for none)."""


def json_answer(value: Any, status: int = 200) -> Answer:
    """Return an answer whose body is that JSON value."""
    return Answer(status, {"Content-Type": JSON_TYPE}, orjson.dumps(value))


def text_answer(words: str, status: int = 200) -> Answer:
    """Return an answer of plain text."""
    return Answer(status, {"Content-Type": TEXT_TYPE}, words.encode())


def html_answer(status: int, words: str) -> Answer:
    """Return the sort of page that a Java web container makes by itself."""
    page = (
        f"<html><head><title>Error {status}</title></head>"
        f"<body><h1>HTTP Status {status}</h1><p>{words}</p></body></html>"
    )
    return Answer(status, {"Content-Type": HTML_TYPE}, page.encode())


VOID: Final = Answer(200, {"Content-Type": JSON_TYPE})
"""What a method answers that has nothing to say: 200 and no body."""


def object_in(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body, `{}` for an empty one, None for anything else."""
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
