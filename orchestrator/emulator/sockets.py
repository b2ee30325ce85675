"""Real sockets: a small HTTP/1.1 server in front of a node, and the way of its hooks to a backend.

Carries bytes and decides nothing. One port per node; a node that does not listen has none.
"""

import ssl
from collections.abc import Callable, Mapping
from typing import Final, Self

import h11
import httpx
import trio
from attrs import define, field

from orchestrator.emulator import control
from orchestrator.emulator.http import Answer, Broken, Refused, SendFailed, TimedOut, html_answer
from orchestrator.emulator.server import WebCallServer

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]
BODY_MAX_BYTES: Final = 4 * 1024 * 1024
READ_BYTES: Final = 64 * 1024


class Whole(httpx.AsyncByteStream):
    """A body in one piece. That of httpx is a generator, which a broken send leaves unfinished."""

    def __init__(self, body: bytes) -> None:
        self._rest = [body] if body else []

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._rest:
            raise StopAsyncIteration
        return self._rest.pop()


class Poster:
    """Posts hooks with HTTP/1.1 over connections that are kept, with no header but those given."""

    def __init__(self) -> None:
        # A backend on a loopback port shows whatever certificate it has.
        self._client = httpx.AsyncClient(verify=False, trust_env=False, timeout=None)  # noqa: S501, S113

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> Answer:
        """Return the backend's answer; raise SendFailed or TimedOut when there is none."""
        timeout = {"timeout": httpx.Timeout(timeout_s or None).as_dict()}
        try:
            request = httpx.Request(
                "POST", url, headers=dict(headers), content=body, extensions=timeout
            )
            request.stream = Whole(body)
            response = await self._client.send(request)
        except httpx.TimeoutException as error:
            raise TimedOut(str(error)) from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise SendFailed(str(error)) from error
        return Answer(response.status_code, dict(response.headers), response.content)

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        await self._client.aclose()


@define(eq=False)
class Port:
    """The port of one node, bound while the node listens."""

    server: WebCallServer
    address: str
    port: int
    tls: ssl.SSLContext | None = None
    _control: control.Control = field(init=False)
    _idle: set[trio.CancelScope] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        """Take the control surface along."""
        self._control = control.Control(self.server)

    async def serve(self, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; ready, with the number of the port, when it is bound."""
        node = self.server.node
        async with trio.open_nursery() as nursery:
            while True:
                listeners = await trio.open_tcp_listeners(self.port, host=self.address)
                self.port = listeners[0].socket.getsockname()[1]
                task_status.started(self.port)
                task_status = trio.TASK_STATUS_IGNORED
                with trio.CancelScope() as bound:
                    nursery.start_soon(self._wait_down, bound)
                    await trio.serve_listeners(self._connected, listeners, handler_nursery=nursery)
                for scope in tuple(self._idle):
                    scope.cancel()
                while not node.listens:
                    await node.changed.wait()

    async def _wait_down(self, bound: trio.CancelScope) -> None:
        """Cancel `bound` when the node listens no more, or restarts in no time."""
        node = self.server.node
        life = node.lives
        while node.listens and node.lives == life:
            await node.changed.wait()
        bound.cancel()

    async def _connected(self, raw: trio.SocketStream) -> None:
        """Answer the requests of one connection, one after the other."""
        stream: Stream = raw
        if self.tls is not None:
            stream = trio.SSLStream(raw, self.tls, server_side=True, https_compatible=True)
        protocol = h11.Connection(h11.SERVER)
        try:
            try:
                while await self._answer_one(stream, protocol):
                    protocol.start_next_cycle()
            except h11.RemoteProtocolError as error:
                await self._say(stream, protocol, html_answer(error.error_status_hint, str(error)))
        except (trio.BrokenResourceError, Broken, Refused, h11.LocalProtocolError):
            pass  # It is closed: whoever did it, that is all there is to it.
        finally:
            await trio.aclose_forcefully(stream)

    async def _answer_one(self, stream: Stream, protocol: h11.Connection) -> bool:
        """Answer one request; return whether another may follow on this connection."""
        life = self.server.node.lives
        with trio.CancelScope() as idle:
            self._idle.add(idle)
            try:
                request = await next_event(stream, protocol)
            finally:
                self._idle.discard(idle)
        if idle.cancelled_caught or not isinstance(request, h11.Request):
            return False
        body = await whole_body(stream, protocol)
        answer = await self._answer(request, body)
        await self._say(stream, protocol, answer, bare=request.method == b"HEAD")
        alive = self.server.node.listens and self.server.node.lives == life
        return alive and protocol.our_state is h11.DONE and protocol.their_state is h11.DONE

    async def _answer(self, request: h11.Request, body: bytes) -> Answer:
        method, path = request.method.decode(), request.target.decode()
        if path.startswith(control.PREFIX + "/"):
            return await self._control.handle(method, path, body)
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        return await self.server.handle(method, path, headers, body)

    async def _say(
        self, stream: Stream, protocol: h11.Connection, answer: Answer, *, bare: bool = False
    ) -> None:
        """Send an answer; a bare one is the answer to HEAD, all but its body."""
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        if not self.server.node.listens:
            headers.append(("Connection", "close"))
        send: Callable[[h11.Event], bytes | None] = protocol.send
        head = send(h11.Response(status_code=answer.status, headers=headers)) or b""
        data = b"" if bare else send(h11.Data(data=answer.body)) or b""
        end = send(h11.EndOfMessage()) or b""
        await stream.send_all(head + data + end)


async def next_event(stream: Stream, protocol: h11.Connection) -> object:
    """Block until the peer has said something whole."""
    while True:
        event = protocol.next_event()
        if event is not h11.NEED_DATA:
            return event
        if protocol.they_are_waiting_for_100_continue:
            go_on = protocol.send(h11.InformationalResponse(status_code=100, headers=[]))
            await stream.send_all(go_on or b"")
        protocol.receive_data(bytes(await stream.receive_some(READ_BYTES)))


async def whole_body(stream: Stream, protocol: h11.Connection) -> bytes:
    """Return the body of the request that has begun; raise Broken when it is too large."""
    parts: list[bytes] = []
    while True:
        event = await next_event(stream, protocol)
        if not isinstance(event, h11.Data):
            return b"".join(parts)
        parts.append(bytes(event.data))
        if sum(map(len, parts)) > BODY_MAX_BYTES:
            raise Broken("the body is too large")


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """Return how to speak TLS with that certificate, None without one."""
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key or None)
    return context
