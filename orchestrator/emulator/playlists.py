"""Streams offered by HLS: how one begins by call, and ends when nobody watches it."""

from functools import partial
from typing import Any, ClassVar

import trio
from attrs import define, field

from orchestrator.emulator.node import SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.things import Stream


@define(eq=False)
class Playlist:
    """One stream that is offered by HLS, under its name."""

    sort: ClassVar[str] = "hls"
    plural: ClassVar[str] = "hls"

    name: str
    stream_id: str
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)

    @property
    def id(self) -> str:
        """Return the name of the stream."""
        return self.name

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {"name": self.name, "mediaSessionId": self.stream_id}


@define(eq=False)
class Playlists:
    """What happens to the playlists of one node."""

    node: Node
    objects: Objects

    def start(self, stream: Stream, cause: Cause) -> None:
        """Offer a stream; one that is offered already stays as it is."""
        if stream.name in self.objects.of(Playlist):
            return
        playlist = Playlist(stream.name, stream.id)
        self.objects.came(playlist, cause)
        self._look_later(playlist)

    def terminate(self, playlist: Playlist, cause: Cause) -> None:
        """Take the order to end: it stays listed for a moment; viewers bring it back."""
        if not playlist.ending:
            playlist.ending = True
            end = partial(self._end, playlist, cause)
            self.node.later(self.node.settings.terminate_s, end)

    def source_began(self, stream: Stream) -> None:
        """Offer each stream, where the build is so."""
        if self.node.settings.hls_auto_start:
            self.start(stream, SELF)

    def source_ended(self, stream: Stream) -> None:
        """End with the stream."""
        playlist = self.objects.of(Playlist).get(stream.name)
        if playlist is not None and playlist.stream_id == stream.id:
            self.objects.went(playlist, SELF)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether a stream is offered."""
        return any(one.stream_id == stream.id for one in self.objects.of(Playlist).values())

    def _end(self, playlist: Playlist, cause: Cause) -> None:
        stream = self.objects.streams.get(playlist.stream_id)
        went = self.objects.went(playlist, cause)
        if went and stream is not None and self._is_watched(playlist):
            self.start(stream, SELF)

    def _end_unwatched(self, playlist: Playlist) -> None:
        """End it after a while, or look again if somebody watches."""
        if not playlist.gone.is_set() and not self._is_watched(playlist):
            self.objects.went(playlist, SELF)
        if not playlist.gone.is_set():
            self._look_later(playlist)

    def _look_later(self, playlist: Playlist) -> None:
        timeout_s = self.node.settings.hls_manager_provider_timeout
        self.node.later(timeout_s, partial(self._end_unwatched, playlist))

    def _is_watched(self, playlist: Playlist) -> bool:
        settings = self.node.settings
        return settings.hls_auto_start or playlist.name in settings.hls_watched
