"""Streams of one node: how media begins to flow, how a stream ends, and who follows it.

Clients publish and play (`media`), and the node publishes by itself (`agents`); whatever hangs on a
stream follows it from here.
"""

from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Protocol

from attrs import define, field

from orchestrator.emulator.hooks import Hooks
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import CLIENT, SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.shapes import hook_stream, identity
from orchestrator.emulator.things import Stream

BY_PUBLISHER = "Stopped by publisher stop"
BY_REST = "Stopped by rest /terminate"


class Follower(Protocol):
    """Something that hangs on published streams."""

    def source_began(self, stream: Stream) -> None:
        """Hear that a stream is published."""

    def source_ended(self, stream: Stream) -> None:
        """Hear that a published stream is about to go."""

    def is_reading(self, stream: Stream) -> bool:
        """Return whether something needs this very stream."""


@define(eq=False)
class Streams:
    """All streams of one node, from the first medium to their end."""

    node: Node
    objects: Objects
    hooks: Hooks
    followers: list[Follower] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        """Freeze and thaw as soon as the switch for it is turned."""
        self.node.turned.append(self._freeze)

    def make(self, stream: Stream, cause: Cause) -> None:
        """Let a stream exist that the node publishes by itself: it asks nobody."""
        self.objects.came(stream, cause)
        self.flow(stream, cause)

    def flow(self, stream: Stream, cause: Cause) -> None:
        """Let media flow from now on."""
        stream.status = "PUBLISHING" if stream.published else "PLAYING"
        stream.flow.turn(on=not self._is_frozen(stream), now_s=self.node.now_s)
        self.objects.changed(stream, cause)
        self.tell(stream)
        if stream.published:
            for follower in self.followers:
                follower.source_began(stream)

    def fail(self, stream: Stream, info: str) -> None:
        """End an attempt that never was live; it has an id of its own, and says so."""
        stream.status, stream.info = "FAILED", info
        self.objects.went(stream, CLIENT)
        self.tell(stream)
        subject, detail = stream.media_session_id, {"name": stream.name, "info": info}
        self.node.note(Kind.CLIENT, "refused", CLIENT, object=subject, detail=detail)

    def terminate(self, stream: Stream, cause: Cause) -> None:
        """Take the order to end a stream: it stays listed for a moment."""
        if not stream.ending:
            stream.ending = True
            end = partial(self.end, stream, BY_REST, cause)
            self.node.later(self.node.settings.terminate_s, end)

    def end(
        self, stream: Stream, info: str, cause: Cause, *, status: str = "", silent: bool = False
    ) -> None:
        """End a stream now, and what hangs on it; `silent` sends no hook.

        `status` is the word that its last hook says, the usual one if empty.
        """
        feeds = stream.published and stream.live
        if self.objects.streams.get(stream.id) is not stream:
            return
        stream.status = status or ("UNPUBLISHED" if stream.published else "STOPPED")
        stream.info = info
        if feeds:
            for follower in self.followers:
                follower.source_ended(stream)
        self.objects.went(stream, cause)
        if not silent:
            self.tell(stream)
        if feeds:
            for player in self.objects.players(stream.name):
                self.end(player, BY_PUBLISHER, SELF, silent=silent)

    def tell(self, stream: Stream) -> None:
        """Tell the backend how a stream is."""
        body = hook_stream(stream, self.node.id, self.node.settings.generation)
        policy = stream.connection.policy("StreamStatusEvent")
        self.hooks.tell("StreamStatusEvent", body, policy)

    def event(self, stream: Stream, type_: str, payload: Any) -> None:
        """Tell the backend, and whoever has this stream, that something happened to it."""
        body = identity(self.node.id, stream.connection) | {
            "mediaSessionId": stream.media_session_id,
            "type": type_,
            "payload": payload,
        }
        self.hooks.tell("StreamEvent", body, stream.connection.policy("StreamEvent"))

    def is_read(self, stream: Stream) -> bool:
        """Return whether anybody plays a published stream or hangs on it."""
        followed = any(one.is_reading(stream) for one in self.followers)
        return followed or bool(self.objects.players(stream.name))

    def _is_frozen(self, stream: Stream) -> bool:
        patterns = self.node.faults.streams_frozen
        return any(fnmatchcase(stream.name, pattern) for pattern in patterns)

    def _freeze(self) -> None:
        """Stop or move on the media of each stream, as the switch is now."""
        for stream in self.objects.streams.values():
            frozen = self._is_frozen(stream)
            if stream.live and stream.flow.runs is frozen:
                stream.flow.turn(on=not frozen, now_s=self.node.now_s)
                what = "stream frozen" if frozen else "stream thawed"
                self.node.note(Kind.FAULT, what, object=stream.id)
