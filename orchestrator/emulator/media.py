"""What a node does with its clients and their streams, and which hooks it sends on the way.

Clients and REST both come here, so that an end is the same whoever causes it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import trio
from attrs import define

from orchestrator.emulator.agent import Agent
from orchestrator.emulator.agents import BY_ERROR, Agents
from orchestrator.emulator.calls import Calls, SipCall
from orchestrator.emulator.hooks import Hooks
from orchestrator.emulator.injections import Injections
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.mixers import Mixers
from orchestrator.emulator.multi_recordings import MultiRecordings
from orchestrator.emulator.node import CLIENT, SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.playlists import Playlists
from orchestrator.emulator.policy import CONNECT, OnError, policies_in
from orchestrator.emulator.recordings import Recordings
from orchestrator.emulator.shapes import hook_connection, hook_stream, identity
from orchestrator.emulator.streams import Streams
from orchestrator.emulator.things import Connection, Recording, Stream, Thing, Transponder
from orchestrator.emulator.transponders import Transponders

IN_USE = "Stream name is already in use"
RESTRICTED = "Restricted access"
NOT_FOUND = "Stream not found"
BY_USER = "Stopped by user"
BY_DISCONNECT = "Stopped by session disconnect"
BY_KEEP_ALIVE = "Terminated by keep-alive"


@define(eq=False)
class Media:
    """Connections and streams of one node, from their beginning to their end."""

    node: Node
    objects: Objects
    hooks: Hooks
    streams: Streams
    transponders: Transponders
    recordings: Recordings
    agents: Agents
    mixers: Mixers
    calls: Calls
    injections: Injections
    playlists: Playlists

    async def connect(self, connection: Connection) -> bool:
        """Ask the backend and open the session; return False when it is declined."""
        body = hook_connection(connection, self.node.id, self.node.settings.generation)
        verdict = await self.hooks.ask("connect", body, CONNECT)
        if not verdict.allowed:
            return False
        connection.policies = policies_in(verdict.reply)
        self.objects.came(connection, CLIENT)
        policy = connection.policy("ConnectionStatusEvent")
        body |= {"authToken": connection.session_id, "status": "ESTABLISHED"}
        self.hooks.tell("ConnectionStatusEvent", body, policy)
        return True

    def disconnect(self, connection: Connection, cause: Cause, *, silent: bool = False) -> None:
        """Close a session, and with it all its streams; `silent` sends no hook."""
        if not self.objects.went(connection, cause):
            return
        for stream in self.objects.of_session(connection):
            self.streams.end(stream, BY_DISCONNECT, cause, silent=silent)
        if not silent:
            body = identity(self.node.id, connection) | {"status": "DISCONNECTED", "info": ""}
            policy = connection.policy("ConnectionStatusEvent")
            self.hooks.tell("ConnectionStatusEvent", body, policy)

    async def publish(self, stream: Stream) -> bool:
        """Ask the backend and publish; return False when refused, by it or by a taken name."""
        if not await self._begin("publishStream", stream):
            return False
        if self.objects.published(stream.name) is not None:
            self.streams.fail(stream, IN_USE)
            return False
        self.streams.flow(stream, CLIENT)
        return True

    async def play(self, stream: Stream) -> bool:
        """Ask the backend and play; return False when refused, or when there is no such stream."""
        if not await self._begin("playStream", stream):
            return False
        if self.objects.published(stream.name) is None:
            await self.agents.fetch(stream.name)
        if stream.gone.is_set():
            return False
        if self.objects.published(stream.name) is None:
            self.streams.fail(stream, NOT_FOUND)
            return False
        self.streams.flow(stream, CLIENT)
        return True

    async def stop(self, stream: Stream) -> None:
        """End a stream because its client wants to; only then the backend is asked first."""
        await self._ask("unPublishStream" if stream.published else "stopStream", stream)
        self.streams.end(stream, BY_USER, CLIENT)

    def is_taken(self, name: str) -> bool:
        """Return whether somebody publishes under that name, or has been promised to."""
        return self.agents.is_publisher(name) or self.calls.reserves(name)

    def send_event(self, stream: Stream, payload: Any) -> None:
        """Tell each subscriber of a stream something: one hook for each of them."""
        for player in self.objects.players(stream.name):
            self.streams.event(player, "data", payload)

    def send_data(self, connection: Connection, operation_id: str, payload: Any) -> None:
        """Send something to a client; the backend hears of it as well."""
        body = {"operationId": operation_id, "payload": payload}
        self.node.note(Kind.CLIENT, "OnDataEvent", object=connection.id, detail=body)
        policy = connection.policy("OnDataEvent")
        self.hooks.tell("OnDataEvent", identity(self.node.id, connection) | body, policy)

    def vanish(self, thing: Thing) -> None:
        """End anything by itself."""
        match thing:
            case Connection():
                self.disconnect(thing, SELF)
            case Stream():
                self.streams.end(thing, BY_ERROR, SELF)
            case Transponder():
                self.transponders.vanish(thing)
            case Recording():
                self.recordings.vanish(thing)
            case Agent():
                self.agents.vanish(thing)
            case SipCall():
                self.calls.vanish(thing)
            case _:
                self.objects.vanish(thing)

    def lie(self, method: str, fields: Mapping[str, Any]) -> None:
        """Send an event of somebody's invention, under the name of this node."""
        body = {"nodeId": self.node.id, "appKey": "defaultApp"} | dict(fields)
        self.node.note(Kind.FAULT, "hook lying", detail={"method": method, "body": body})
        self.hooks.tell(method, body)

    async def keep_alive(self) -> None:
        """Ask, every interval, whether each stream may live on; runs as long as the node does."""
        while True:
            while not self.node.settings.keep_alive_streaming_sessions_enabled:
                await self.node.changed.wait()
            settings = self.node.settings
            await trio.sleep(settings.streaming_sessions_keep_alive_interval)
            for stream in tuple(self.objects.streams.values()):
                app_keys = settings.streaming_sessions_keep_alive_app_keys
                if stream.live and stream.connection.app_key in app_keys:
                    self.node.spawn(partial(self._keep_alive, stream))

    async def _keep_alive(self, stream: Stream) -> None:
        """The one event that bites: 403 under FAIL ends the stream."""
        policy = stream.connection.policy("StreamKeepAliveEvent")
        body = hook_stream(stream, self.node.id, self.node.settings.generation)
        verdict = await self.hooks.ask("StreamKeepAliveEvent", body, policy)
        if verdict.status == 403 and policy.on_error is OnError.FAIL:
            self.streams.end(stream, BY_KEEP_ALIVE, SELF)

    async def _begin(self, method: str, stream: Stream) -> bool:
        """Ask whether a stream may begin; what the backend overwrites is taken over."""
        self.objects.came(stream, CLIENT)
        verdict = await self._ask(method, stream)
        if stream.media_session_id not in self.objects.streams:
            return False  # The client was gone before the backend had answered.
        if not verdict:
            self.streams.fail(stream, RESTRICTED)
        return verdict

    async def _ask(self, method: str, stream: Stream) -> bool:
        policy = stream.connection.policy(method)
        body = hook_stream(stream, self.node.id, self.node.settings.generation)
        verdict = await self.hooks.ask(method, body, policy)
        stream.name = str(verdict.fields.get("name", stream.name))
        return verdict.allowed


def media_of(node: Node, objects: Objects, hooks: Hooks) -> Media:
    """Return the media of a node, put together: whatever follows streams is told of them."""
    streams = Streams(node, objects, hooks)
    agents = Agents(node, objects, streams)
    followers = (
        Transponders(node, objects),
        Recordings(node, objects),
        agents,
        Mixers(node, objects, streams, agents),
        Calls(node, objects, hooks, streams),
        Injections(node, objects),
        Playlists(node, objects),
    )
    streams.followers.extend((*followers, MultiRecordings(node, objects)))
    return Media(node, objects, hooks, streams, *followers)
