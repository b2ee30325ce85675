"""Emulated clients: browsers and RTMP encoders that publish and play.

A client does what it does by its own will: nothing here is asked for by REST.
"""

from collections.abc import Mapping
from typing import Any

import trio
from attrs import define, field

from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.identity import client_uuid, server_uuid, session_id
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.media import Media
from orchestrator.emulator.node import CLIENT, Node
from orchestrator.emulator.things import Connection, Provider, Stream


@define(eq=False)
class Client:
    """One client: at most one session, and in it at most one stream.

    Raises Refused and Broken, as a socket would, when the node is down or goes down meanwhile.
    """

    media: Media
    provider: Provider = Provider.WEBRTC
    reconnect_s: float = 3.0
    custom: Mapping[str, Any] = field(factory=dict)
    width: int = 640
    height: int = 360
    record: bool = False
    connection: Connection | None = None
    stream: Stream | None = None
    stays: bool = False

    @property
    def node(self) -> Node:
        """Return the node it speaks with."""
        return self.media.node

    async def connect(self) -> bool:
        """Open a session, if there is none; return False when it is declined."""
        if self.connection is not None and not self.connection.gone.is_set():
            return True
        await self.node.enter()
        with self.node.lifetime():
            node, webrtc = self.node, self.provider is Provider.WEBRTC
            generation, port = node.settings.generation, 8443 if webrtc else 1935
            connection = Connection(
                session_id=session_id(node.random, node.address, port, generation),
                provider=self.provider,
                app_key=self.provider.app_key,
                created_ms=node.now_ms,
                custom=self.custom,
            )
            self._note("connect", connection.session_id)
            accepted = await self.media.connect(connection)
            self.connection = connection if accepted else None
        return accepted

    async def publish(self, name: str) -> Stream | None:
        """Publish, connecting first if need be; return None when refused."""
        stream = await self._begin(name, published=True)
        if stream is None:
            return None
        with self.node.lifetime():
            return stream if await self.media.publish(stream) else None

    async def play(self, name: str) -> Stream | None:
        """Play, connecting first if need be; return None when refused."""
        stream = await self._begin(name, published=False)
        if stream is None:
            return None
        with self.node.lifetime():
            return stream if await self.media.play(stream) else None

    async def unpublish(self) -> None:
        """Stop publishing or playing, as a person who presses the button; the session stays."""
        self.stays = False
        if self.stream is not None and not self.stream.gone.is_set():
            self._note("unpublish", self.stream.media_session_id)
            await self.node.enter()
            with self.node.lifetime():
                await self.media.stop(self.stream)

    def drop(self) -> None:
        """Lose the socket; the node sees it at once."""
        if self.connection is not None:
            self._note("drop", self.connection.session_id)
            self.media.disconnect(self.connection, CLIENT)

    def vanish(self) -> None:
        """Be gone, for good, and no hook tells of it."""
        self.stays = False
        if self.connection is not None:
            self._note("vanish", self.connection.session_id)
            self.media.disconnect(self.connection, CLIENT, silent=True)

    async def stay(self, name: str) -> None:
        """Publish, and again after each loss, until this client stops or vanishes."""
        self.stays = True
        while self.stays:
            try:
                stream = await self.publish(name)
                if stream is not None:
                    await stream.gone.wait()
            except (Refused, Broken):
                self._note("not connected", "")
            if self.stays:
                await trio.sleep(self.reconnect_s)

    async def come_and_go(self, name: str) -> None:
        """Publish for a while and leave for a while, for ever; how it leaves is drawn as well."""
        while True:
            await trio.sleep(self.node.random.uniform(5, 60))
            try:
                await self.publish(name)
                await trio.sleep(self.node.random.uniform(20, 180))
                match self.node.random.choice(("unpublish", "unpublish", "drop", "vanish")):
                    case "unpublish":
                        await self.unpublish()
                    case "drop":
                        self.drop()
                    case _:
                        self.vanish()
            except (Refused, Broken):
                self._note("not connected", "")

    async def _begin(self, name: str, *, published: bool) -> Stream | None:
        """Return a stream that is about to begin; whose id it has depends on the provider."""
        if not await self.connect() or self.connection is None:
            return None
        await self.node.enter()
        node, webrtc = self.node, self.provider is Provider.WEBRTC
        id_ = client_uuid(node.random, node.now_s) if webrtc else server_uuid(node.random)
        self._note("publish" if published else "play", id_, name=name)
        self.stream = Stream(
            media_session_id=id_,
            name=name,
            published=published,
            status="PENDING" if webrtc else "NEW",
            connection=self.connection,
            created_ms=node.now_ms,
            width=self.width,
            height=self.height,
            record=self.record and published,
            custom=self.custom,
        )
        return self.stream

    def _note(self, what: str, id_: str, **detail: Any) -> None:
        self.node.note(Kind.CLIENT, what, CLIENT, object=id_, detail=detail)
