"""Accepts on every socket, sweeps what is late, stops with grace. Knows no HTTP.

listener = await nursery.start(serve, sockets, respond, Limits())
...
await listener.stop(grace_s=5)
"""

import errno
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final

import trio
from attrs import define, field

from orchestrator.core.http import InetPeer
from orchestrator.shell.listen.address import peer_of
from orchestrator.shell.listen.answer import encode, error
from orchestrator.shell.listen.connection import Connection, Respond
from orchestrator.shell.listen.crowd import Crowd
from orchestrator.shell.listen.limits import Limits, Refused, Statistics
from orchestrator.shell.listen.parse import Parser
from orchestrator.shell.listen.wire import PlainWire, Tls, TlsWire

_ACCEPTS_IN_A_ROW: Final = 64  # then others get their turn
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_EXHAUSTED_S: Final = 0.1
_SWEEP_MAX_S: Final = 0.5  # so late a deadline may be noticed
_FULL: Final = encode(error(503, "too many connections"), keeps=False)


@define(eq=False)
class Listener:
    """What serves; made by `serve`."""

    _respond: Respond
    _tls: Tls | None
    _crowd: Crowd
    _accepting: trio.CancelScope = field(init=False, factory=trio.CancelScope)
    _ended: trio.Event = field(init=False, factory=trio.Event)

    async def stop(self, grace_s: float) -> None:
        """Block until nobody is served any more, at most `grace_s` and a moment.

        Our sockets are closed; who handed them over still has theirs, where clients go on queueing.
        Requests in flight get their answer with `Connection: close`.
        """
        self._accepting.cancel()
        self._crowd.close()
        with trio.move_on_after(grace_s):
            await self._ended.wait()
        self._crowd.expel()
        await self._ended.wait()

    def statistics(self) -> Statistics:
        """Return what has been counted so far."""
        return self._crowd.statistics()

    async def _run(
        self, sockets: tuple[socket.socket, ...], task_status: trio.TaskStatus["Listener"]
    ) -> None:
        try:
            async with trio.open_nursery() as sweeping:
                sweeping.start_soon(self._sweep)
                async with trio.open_nursery() as connections:
                    with ExitStack() as until_stopped:
                        for listening in sockets:
                            until_stopped.callback(listening.close)
                        until_stopped.enter_context(self._accepting)
                        async with trio.open_nursery() as accepting:
                            for listening in sockets:
                                accepting.start_soon(self._accept, listening, connections)
                            task_status.started(self)
                sweeping.cancel_scope.cancel()
        finally:
            self._ended.set()

    async def _accept(self, listening: socket.socket, connections: trio.Nursery) -> None:
        while True:
            await trio.lowlevel.wait_readable(listening)
            try:
                for _ in range(_ACCEPTS_IN_A_ROW):
                    self._welcome(listening.accept()[0], connections)
            except (BlockingIOError, ConnectionError):
                continue  # nobody there any more
            except OSError as fault:
                if fault.errno not in _EXHAUSTED:
                    raise
                self._crowd.make_room()
                await trio.sleep(_EXHAUSTED_S)

    def _welcome(self, raw: socket.socket, connections: trio.Nursery) -> None:
        """Begin to serve a connection, or tell it that there is no place."""
        raw.setblocking(False)
        try:
            peer = peer_of(raw)
            if isinstance(peer, InetPeer):
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # gone before it was greeted
            raw.close()
            return
        seat = self._crowd.admit(raw, peer.address if isinstance(peer, InetPeer) else "")
        if isinstance(seat, Refused):
            self._turn_away(raw)
            return
        plain = PlainWire(raw)
        wire = plain if self._tls is None else TlsWire(plain, self._tls.context)
        parser = Parser(self._crowd.limits, peer)
        connection = Connection(wire, seat, parser, self._crowd, self._respond)
        connections.start_soon(connection.run)

    def _turn_away(self, raw: socket.socket) -> None:
        """Close at once: lingering would be a way to have a place after all."""
        try:
            if self._tls is None:
                raw.send(_FULL)
        except OSError:
            pass
        finally:
            raw.close()

    async def _sweep(self) -> None:
        """Sweep as often as the shortest limit asks for."""
        limits = self._crowd.limits
        shortest_s = min(
            limits.read_s, limits.idle_s, limits.write_s, limits.answer_s, limits.linger_s
        )
        while True:
            await trio.sleep(min(shortest_s / 4, _SWEEP_MAX_S))
            self._crowd.sweep()


async def serve(
    sockets: Iterable[socket.socket],
    respond: Respond,
    limits: Limits,
    *,
    tls: Tls | None = None,
    task_status: trio.TaskStatus[Listener] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Block until stopped, answering with `respond` whoever connects to one of `sockets`.

    The sockets listen, do not block and are closed at the end. An exception of `respond` is a bug:
    it is answered 500 and comes out of here.
    """
    await Listener(respond, tls, Crowd(limits))._run(tuple(sockets), task_status)  # noqa: SLF001
