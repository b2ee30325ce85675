"""A reply as the bytes of HTTP/1.1. Knows no sockets.

There is no `Date`: only the daemon and the log read the wall clock.
"""

import json
from http import HTTPStatus
from typing import Final

from orchestrator.core.http import Reply

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}
_UNSAFE: Final = {ord(c): " " for c in "\r\n\0"}  # a value can never begin a header of its own
_BODILESS: Final = frozenset({204, 304})  # RFC 9110, 15.3.5 and 15.4.5


def error(status: int, text: str) -> Reply:
    """Return an error answer in the form that all of ours have."""
    return Reply(status, json.dumps({"error": text}, ensure_ascii=False).encode())


def encode(reply: Reply, *, keeps: bool, bodiless: bool = False) -> bytes:
    """Return head and body in one piece, so that they leave in one segment.

    `keeps` says whether the connection goes on; `bodiless` is the answer to a HEAD, which tells
    the length of the body that a GET would have had.
    """
    line = _LINES.get(reply.status) or f"HTTP/1.1 {reply.status} -"
    connection = "keep-alive" if keeps else "close"
    if reply.status in _BODILESS:
        head, body = f"{line}\r\nConnection: {connection}\r\n", b""
    else:
        head = (
            f"{line}\r\nContent-Type: {reply.content_type}\r\n"
            f"Content-Length: {len(reply.body)}\r\nConnection: {connection}\r\n"
        )
        body = b"" if bodiless else reply.body
    for name, value in reply.headers.items():
        head += f"{name.translate(_UNSAFE)}: {value.translate(_UNSAFE)}\r\n"
    return (head + "\r\n").encode("latin-1", "replace") + body
