"""Segments of bytes become whole requests, or the refusal of what is none. Knows no sockets.

llhttp does the syntax and is strict: it refuses a Content-Length beside a Transfer-Encoding, two of
either, bare line feeds and folded headers. Here are the limits and the few rules above the syntax.
"""

from enum import Enum
from urllib.parse import unquote

import httptools
from attrs import frozen

from orchestrator.core.http import Peer, Request
from orchestrator.shell.listen.limits import RECEIVE_BYTES, Limits, Refused


class Stage(Enum):
    """How far the request that is being read has come."""

    BETWEEN = "between requests"
    HEAD = "in a head"
    BODY = "in a body"


@frozen
class Heard:
    """A whole request; `keeps` says whether its sender means to send another."""

    request: Request
    keeps: bool


@frozen
class Refusal:
    """What came is no request that we take; nothing after it can be understood."""

    status: int
    error: str
    reason: Refused = Refused.MALFORMED


class _Stop(Exception):
    """Leaves llhttp from within one of its callbacks, with the refusal that is meant."""


class Parser:
    """The reading side of one connection. The methods `on_…` are called by llhttp."""

    def __init__(self, limits: Limits, peer: Peer) -> None:
        self.stage = Stage.BETWEEN
        self.expects_continue = False
        self.body = bytearray()
        self._limits = limits
        self._peer = peer
        self._whole: list[Heard | Refusal] = []
        self._over = False
        self._barren_bytes = 0  # fed since anything came of it: padding, trailers, endless headers
        self._llhttp = httptools.HttpRequestParser(self)
        self._forget()

    def feed(self, data: bytes) -> list[Heard | Refusal]:
        """Return what `data` completes, in order; a refusal or a request that closes is the last.

        However the same bytes are cut into segments, the same requests come out.
        """
        self._whole = []
        self._barren_bytes += len(data)
        while data and not self._over:
            try:
                self._llhttp.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._replayed() + data[upgrade.args[0] :]
                continue
            except httptools.HttpParserCallbackError as fault:
                if not isinstance(fault.__context__, _Stop):
                    raise
                self._refuse(fault.__context__.args[0])
            except httptools.HttpParserError as fault:
                self._refuse(Refusal(400, f"not HTTP/1.1: {fault}"))
            break
        if self._barren_bytes > self._limits.header_max_bytes + RECEIVE_BYTES:
            self._refuse(Refusal(431, "header too large", Refused.TOO_LARGE))
        return self._whole

    def _refuse(self, refusal: Refusal) -> None:
        """End the conversation, unless its last request has said already that it is the last."""
        if not self._over:
            self._over = True
            self._whole.append(refusal)

    def _replayed(self) -> bytes:
        """Return the head once more, for a new parser, without the upgrade that it offers.

        We speak nothing else, so it is a plain request; but llhttp has taken its body for the other
        protocol. Java's client offers h2c like this with the first request of each connection.
        """
        version = self._llhttp.get_http_version().encode()
        lines = [self._llhttp.get_method() + b" " + self._target + b" HTTP/" + version]
        lines += [
            f"{name}: {value}".encode("latin-1")
            for name, value in self._headers.items()
            if name != "upgrade"
        ]
        self._llhttp = httptools.HttpRequestParser(self)
        self._forget()
        return b"\r\n".join([*lines, b"", b""])

    def _forget(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._pairs: list[tuple[bytes, bytes]] = []
        self._header_bytes = 0
        self._header_count = 0

    def on_message_begin(self) -> None:
        """Begin a head."""
        self.stage = Stage.HEAD

    def on_url(self, part: bytes) -> None:
        """Take a part of the target."""
        self._target += part
        if len(self._target) > self._limits.target_max_bytes:
            raise _Stop(Refusal(414, "target too long", Refused.TOO_LARGE))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer; one segment and `_barren_bytes` bound how many come here."""
        self._pairs.append((name, value))

    def _take_headers(self) -> None:
        """Judge what came since last asked, and keep the headers; trailers only count."""
        headers, pairs, self._pairs = self._headers, self._pairs, []
        self._header_count += len(pairs)
        self._header_bytes += sum([len(name) + len(value) + 4 for name, value in pairs])
        if (
            self._header_count > self._limits.headers_max
            or self._header_bytes > self._limits.header_max_bytes
        ):
            raise _Stop(Refusal(431, "header too large", Refused.TOO_LARGE))
        for name, value in pairs:
            key = str(name, "latin-1").lower()
            text = str(value, "latin-1").rstrip(" \t")
            if key in headers:
                if key == "host":
                    raise _Stop(Refusal(400, "two Host headers"))
                text = f"{headers[key]}, {text}"
            headers[key] = text

    def on_headers_complete(self) -> None:
        """Judge the head before any of the body is read."""
        self.stage = Stage.BODY
        self._take_headers()
        headers = self._headers
        version = self._llhttp.get_http_version()
        if version not in ("1.1", "1.0"):
            raise _Stop(Refusal(505, "only HTTP/1.1 and HTTP/1.0 are spoken here"))
        if version == "1.1" and "host" not in headers:
            raise _Stop(Refusal(400, "no Host header"))
        if self._llhttp.get_method() == b"CONNECT":
            raise _Stop(Refusal(501, "there are no tunnels here"))
        if "transfer-encoding" in headers:
            if version == "1.0":  # RFC 9112, 6.1: its framing must not be believed
                raise _Stop(Refusal(400, "HTTP/1.0 has no Transfer-Encoding"))
            if headers["transfer-encoding"].lower() != "chunked":
                raise _Stop(Refusal(501, "the only Transfer-Encoding taken is chunked"))
        if int(headers.get("content-length", "0")) > self._limits.body_max_bytes:
            raise _Stop(Refusal(413, "body too large", Refused.TOO_LARGE))
        if version == "1.1" and "expect" in headers:
            if headers["expect"].lower() != "100-continue":
                raise _Stop(Refusal(417, "the only Expect taken is 100-continue"))
            self.expects_continue = True
        self._path, self._query = _path_and_query(self._target)

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._barren_bytes = 0
        self.expects_continue = False
        self.body += part
        if len(self.body) > self._limits.body_max_bytes:
            raise _Stop(Refusal(413, "body too large", Refused.TOO_LARGE))

    def on_message_complete(self) -> None:
        """Put the whole request in the queue."""
        if self._llhttp.should_upgrade():
            return  # see `_replayed`
        headers = self._headers
        if self._pairs:
            self._headers = {}
            self._take_headers()
        request = Request(
            self._llhttp.get_method().decode(),
            self._path,
            self._query,
            headers,
            bytes(self.body),
            self._peer,
        )
        keeps = self._llhttp.should_keep_alive()
        self._whole.append(Heard(request, keeps))
        self._over = self._over or not keeps
        self.stage = Stage.BETWEEN
        self.expects_continue = False
        self._barren_bytes = 0
        self.body.clear()
        self._forget()


def _path_and_query(target: bytes) -> tuple[str, str]:
    """Return both parts of a target in any form that RFC 9112, 3.2 knows; the path is decoded."""
    if b"#" in target:
        raise _Stop(Refusal(400, "a target has no fragment"))
    path, _, query = target.decode("latin-1").partition("?")
    if "://" in path and not path.startswith("/"):  # as said to a proxy: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    if "%" in path:
        try:
            path = unquote(path, errors="strict")
        except UnicodeDecodeError:
            raise _Stop(Refusal(400, "the path is not UTF-8")) from None
    return path, query
