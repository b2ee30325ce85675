"""A listener on loopback, and a client that speaks bytes. Limits are small, clocks are real."""

from contextlib import asynccontextmanager
from functools import partial

import trio

from orchestrator.core.http import Reply
from orchestrator.shell.listen.address import open_sockets
from orchestrator.shell.listen.limits import Limits
from orchestrator.shell.listen.serve import serve


async def echo(request):
    return Reply(200, f"{request.method} {request.path} {len(request.body)}".encode())


@asynccontextmanager
async def listening(respond=echo, limits=None, *, tls=None, address="127.0.0.1:0"):
    """Yield a listener and a function that connects to it."""
    sockets = open_sockets(address)
    name = sockets[0].getsockname()
    streams = []

    async def connect():
        if address.startswith("unix:"):
            stream = await trio.open_unix_socket(address.removeprefix("unix:"))
        else:
            stream = await trio.open_tcp_stream(*name[:2])
        streams.append(stream)
        return stream

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            started = partial(serve, tls=tls)
            listener = await nursery.start(started, sockets, respond, limits or Limits())
            try:
                yield listener, connect
            finally:
                for stream in streams:
                    stream.socket.close()
            await listener.stop(0)


async def read_all(stream) -> bytes:
    """Return everything until the other side has finished."""
    return b"".join([part async for part in stream])


async def read_answer(stream) -> bytes:
    """Return one answer that has a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = await stream.receive_some()
        assert part, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        part = await stream.receive_some()
        assert part, data
        body += part
    return head + b"\r\n\r\n" + body


def answer(status_line: str, body: bytes, *, keeps: bool = True) -> bytes:
    """Return the bytes that a JSON answer should have."""
    return (
        f"HTTP/1.1 {status_line}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: {'keep-alive' if keeps else 'close'}\r\n\r\n"
    ).encode() + body


def get(target="/", *, more="", method="GET", body=b"") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {target} HTTP/1.1\r\nHost: h\r\n{length}{more}\r\n".encode() + body
