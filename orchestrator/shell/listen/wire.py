"""Bytes on a plain socket or through TLS: what is ready goes at once, and only the rest is awaited.

Not trio's streams: an answer almost always fits into the kernel's buffer, and then sending it needs
no checkpoint; and the last words of a connection are said from code that must not wait at all.
Knows nothing of HTTP. Each `receive` passes one checkpoint.
"""

import socket
import ssl
from pathlib import Path
from typing import Protocol

import trio
from attrs import define, field

from orchestrator.shell.listen.limits import RECEIVE_BYTES


class Gone(Exception):
    """The other side is no longer there, or never spoke our language."""


class Wire(Protocol):
    """A connection that speaks bytes."""

    async def open(self) -> None:
        """Block until both sides can speak."""

    async def receive(self) -> bytes:
        """Block until the next segment is here; empty when the other side has finished."""

    def push(self, data: bytes) -> bytes:
        """Return what the kernel did not take yet, ready for `drain`."""

    async def drain(self, rest: bytes) -> None:
        """Block until the kernel has taken what `push` left."""

    def finish(self) -> None:
        """Tell the other side that nothing more will be said."""

    async def discard(self) -> None:
        """Block until the other side has finished too, keeping nothing of what it says."""

    def close(self) -> None:
        """Let go of the socket."""


@define(eq=False)
class PlainWire:
    """A socket as it is. It must be non-blocking."""

    raw: socket.socket

    async def open(self) -> None:
        """Return at once: there is nothing to agree on."""

    async def receive(self) -> bytes:
        """Block until the next segment is here; empty when the other side has finished."""
        await trio.lowlevel.checkpoint()  # the next request is often here when we are back
        while True:
            try:
                return self.raw.recv(RECEIVE_BYTES)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self.raw)
            except OSError as fault:
                raise Gone from fault

    def push(self, data: bytes) -> bytes:
        """Return what the kernel did not take yet, ready for `drain`."""
        try:
            return data[self.raw.send(data) :]
        except BlockingIOError:
            return data
        except OSError as fault:
            raise Gone from fault

    async def drain(self, rest: bytes) -> None:
        """Block until the kernel has taken what `push` left."""
        view = memoryview(rest)
        while view:
            await trio.lowlevel.wait_writable(self.raw)
            try:
                view = view[self.raw.send(view) :]
            except BlockingIOError:
                continue
            except OSError as fault:
                raise Gone from fault

    def finish(self) -> None:
        """Tell the other side that nothing more will be said."""
        try:
            self.raw.shutdown(socket.SHUT_WR)
        except OSError as fault:
            raise Gone from fault

    async def discard(self) -> None:
        """Block until the other side has finished too, keeping nothing of what it says."""
        while await self.receive():
            pass

    def close(self) -> None:
        """Let go of the socket."""
        self.raw.close()


@define(eq=False)
class TlsWire:
    """TLS above a plain wire, through memory: what it wants to say goes out with `push`."""

    plain: PlainWire
    context: ssl.SSLContext
    _incoming: ssl.MemoryBIO = field(init=False, factory=ssl.MemoryBIO)
    _outgoing: ssl.MemoryBIO = field(init=False, factory=ssl.MemoryBIO)
    _tls: ssl.SSLObject = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._tls = self.context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def open(self) -> None:
        """Block until the handshake is done."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._exchange()
            except ssl.SSLError as fault:
                self.plain.push(self._outgoing.read())  # the alert that says why
                raise Gone from fault
            else:
                return await self.plain.drain(self._outgoing.read())

    async def receive(self) -> bytes:
        """Block until the next segment is here; empty when the other side has finished."""
        while True:
            try:
                data = self._tls.read(RECEIVE_BYTES)
            except ssl.SSLWantReadError:
                await self._exchange()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as fault:
                raise Gone from fault
            else:
                await trio.lowlevel.checkpoint()
                return data

    async def _exchange(self) -> None:
        """Send what TLS has to say and feed it what the other side says."""
        await self.plain.drain(self._outgoing.read())
        data = await self.plain.receive()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def push(self, data: bytes) -> bytes:
        """Return what the kernel did not take yet, ready for `drain`."""
        try:
            self._tls.write(data)
        except ssl.SSLError as fault:
            raise Gone from fault
        return self.plain.push(self._outgoing.read())

    async def drain(self, rest: bytes) -> None:
        """Block until the kernel has taken what `push` left."""
        await self.plain.drain(rest)

    def finish(self) -> None:
        """Tell the other side that nothing more will be said."""
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # our part is said; theirs is not waited for
        except ssl.SSLError as fault:
            raise Gone from fault
        self.plain.push(self._outgoing.read())
        self.plain.finish()

    async def discard(self) -> None:
        """Block until the other side has finished too, keeping nothing of what it says."""
        await self.plain.discard()

    def close(self) -> None:
        """Let go of the socket."""
        self.plain.close()


class Tls:
    """The certificate of a listener. Replaced while it runs, it serves the connections to come."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self.context = self._load()

    def reload(self) -> None:
        """Read both files again; if that fails, the error is raised and the old one stays."""
        self.context = self._load()

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        # An encrypted key is a fault to report, not a question to ask on a terminal.
        try:
            context.load_cert_chain(self._certificate, self._key, password=lambda: "")
        except OSError as fault:  # it does not say which file
            fault.filename = f"{self._certificate} with {self._key}"
            raise
        return context
