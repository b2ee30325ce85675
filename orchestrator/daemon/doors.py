"""The daemon's own sockets: hooks and control, handed over by systemd or opened here.

Knows who answers, and nothing of what is said.
"""

import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import structlog
import trio
from attrs import define, field

from orchestrator.errors import Fault
from orchestrator.shell import systemd
from orchestrator.shell.listen.address import open_sockets
from orchestrator.shell.listen.connection import Respond
from orchestrator.shell.listen.limits import Limits
from orchestrator.shell.listen.serve import Listener, serve
from orchestrator.shell.listen.wire import Tls
from orchestrator.shell.settings import Settings

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Doors:
    """What we listen on. A socket that was handed over wins against one of the configuration."""

    _listeners: list[Listener] = field(factory=list)
    _tls: Tls | None = None

    async def open(
        self, nursery: trio.Nursery, settings: Settings, hooks: Respond, control: Respond
    ) -> None:
        """Block until hooks and operators are listened for, and answered by these two."""
        handed = systemd.inherited()
        if settings.hooks.tls is not None:
            self._tls = Tls(settings.hooks.tls.certificate, settings.hooks.tls.key)
        limits = Limits(body_max_bytes=settings.hooks.body_max_bytes)
        sockets = (
            handed.get("hooks") or handed.get("unknown") or open_sockets(settings.hooks.listen)
        )
        await self._serve(nursery, sockets, hooks, limits, self._tls)
        sockets = handed.get("control") or _control_sockets(settings.control)
        await self._serve(nursery, sockets, control, Limits(), None)

    def renew(self) -> tuple[Fault, ...]:
        """Read the certificate again, and return why that which is in use has to stay.

        Connections that are open keep theirs; one that is half written is not taken.
        """
        try:
            if self._tls is not None:
                self._tls.reload()
        except OSError as error:
            message = f"{error.strerror}: the certificate in use stays; write both and reload"
            fault = Fault(str(error.filename), 1, 1, message)
            journal.error("document_rejected", place=str(fault))
            return (fault,)
        return ()

    async def close(self, grace_s: float) -> None:
        """Block until what is in flight is answered, at most as long as the grace."""
        async with trio.open_nursery() as nursery:
            for listener in self._listeners:
                nursery.start_soon(listener.stop, grace_s)

    async def _serve(
        self,
        nursery: trio.Nursery,
        sockets: Sequence[socket.socket],
        respond: Respond,
        limits: Limits,
        tls: Tls | None,
    ) -> None:
        listener = await nursery.start(partial(serve, tls=tls), sockets, respond, limits)
        self._listeners.append(listener)


def _control_sockets(path: Path) -> tuple[socket.socket, ...]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return open_sockets(f"unix:{path}")
