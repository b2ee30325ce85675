"""What exists on a node: connections, streams, transponders, recordings.

Nothing comes, changes or goes but through here, and each time an entry is written, so the journal
alone tells what existed when. Knows no hook and no REST.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import trio
from attrs import define, field

from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import SELF, Cause, Node
from orchestrator.emulator.policy import DEFAULT, HookPolicy


class Provider(StrEnum):
    """How media gets in or out, by the word that objects carry: any RTMP is called Flash."""

    WEBRTC = "WebRTC"
    RTMP = "Flash"

    @property
    def app_key(self) -> str:
        """Return the application that such clients arrive at."""
        return "defaultApp" if self is Provider.WEBRTC else "flashStreamingApp"


@define(eq=False)
class Connection:
    """The session of one client."""

    session_id: str
    provider: Provider
    app_key: str
    created_ms: int
    custom: Mapping[str, Any] = field(factory=dict)
    policies: Mapping[str, HookPolicy] = field(factory=dict)
    gone: trio.Event = field(factory=trio.Event)

    def policy(self, method: str) -> HookPolicy:
        """Return how this session treats that hook."""
        return self.policies.get(method, DEFAULT)


@define(eq=False)
class Stream:
    """One stream, published or played; two of one name are two."""

    media_session_id: str
    name: str
    published: bool
    status: str
    connection: Connection
    created_ms: int
    width: int = 640
    height: int = 360
    has_video: bool = True
    has_audio: bool = True
    record: bool = False
    info: str = ""
    ending: bool = False
    custom: Mapping[str, Any] = field(factory=dict)
    gone: trio.Event = field(factory=trio.Event)

    @property
    def live(self) -> bool:
        """Return whether media flows."""
        return self.status in {"PUBLISHING", "PLAYING"}


@define(eq=False)
class Transponder:
    """One push of a stream to an RTMP server. It has no status: it is listed, or it is not."""

    media_session_id: str
    source: str
    stream_name: str
    rtmp_url: str
    options: Mapping[str, Any]
    fed_by: str = ""
    width: int = 0
    height: int = 0
    muted: bool = False
    sound_enabled: bool = False
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)


@define(eq=False)
class Recording:
    """What writes one stream to a file. It has no id of its own: it goes by that of its stream."""

    stream: Stream
    file_name: str
    config: Mapping[str, Any]
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)


Object = Connection | Stream | Transponder | Recording


def sort_and_id(thing: Object) -> tuple[str, str]:
    """Return the word for such a thing in the journal, and its id."""
    match thing:
        case Connection():
            return "connection", thing.session_id
        case Stream():
            return "stream", thing.media_session_id
        case Transponder():
            return "transponder", thing.media_session_id
        case Recording():
            return "recording", thing.stream.media_session_id


def detail(thing: Object) -> dict[str, Any]:
    """Return what the journal tells of a thing."""
    match thing:
        case Connection():
            return {"appKey": thing.app_key, "mediaProvider": thing.provider.value}
        case Stream():
            return {
                "name": thing.name,
                "published": thing.published,
                "status": thing.status,
                "info": thing.info,
                "record": thing.record,
                "sessionId": thing.connection.session_id,
            }
        case Transponder():
            return {
                "source": thing.source,
                "streamName": thing.stream_name,
                "rtmpUrl": thing.rtmp_url,
                "muted": thing.muted,
                "soundEnabled": thing.sound_enabled,
                "fed": bool(thing.fed_by),
            }
        case Recording():
            return {
                "name": thing.stream.name,
                "fileName": thing.file_name,
                "config": dict(thing.config),
            }


@define(eq=False)
class Objects:
    """All that exists on one node, in the order in which it came."""

    node: Node
    connections: dict[str, Connection] = field(factory=dict)
    streams: dict[str, Stream] = field(factory=dict)
    transponders: dict[str, Transponder] = field(factory=dict)
    recordings: dict[str, Recording] = field(factory=dict)

    def came(self, thing: Object, cause: Cause) -> None:
        """Let a thing exist from now on."""
        match thing:
            case Connection():
                self.connections[thing.session_id] = thing
            case Stream():
                self.streams[thing.media_session_id] = thing
            case Transponder():
                self.transponders[thing.media_session_id] = thing
            case Recording():
                self.recordings[thing.stream.media_session_id] = thing
        self._note("came", thing, cause)

    def changed(self, thing: Object, cause: Cause) -> None:
        """Say that a thing's fields were changed."""
        self._note("changed", thing, cause)

    def went(self, thing: Object, cause: Cause) -> bool:
        """Let a thing exist no longer; return False when it did not."""
        sort, id_ = sort_and_id(thing)
        kept: Mapping[str, dict[str, Any]] = {
            "connection": self.connections,
            "stream": self.streams,
            "transponder": self.transponders,
            "recording": self.recordings,
        }
        if kept[sort].get(id_) is not thing:
            return False
        del kept[sort][id_]
        thing.gone.set()
        self._note("went", thing, cause)
        return True

    def all_went(self) -> None:
        """Let everything go at once, as when the process dies."""
        things: list[Object] = [*self.recordings.values(), *self.transponders.values()]
        for thing in (*things, *self.streams.values(), *self.connections.values()):
            self.went(thing, SELF)

    def published(self, name: str) -> Stream | None:
        """Return the live stream that is published under that name."""
        return next((one for one in self._named(name) if one.published and one.live), None)

    def players(self, name: str) -> list[Stream]:
        """Return the live players of that name."""
        return [one for one in self._named(name) if not one.published and one.live]

    def of_session(self, connection: Connection) -> list[Stream]:
        """Return the streams of one session."""
        return [one for one in self.streams.values() if one.connection is connection]

    def _named(self, name: str) -> Iterator[Stream]:
        return (one for one in self.streams.values() if one.name == name)

    def _note(self, verb: str, thing: Object, cause: Cause) -> None:
        sort, id_ = sort_and_id(thing)
        self.node.note(Kind.EFFECT, f"{sort} {verb}", cause, object=id_, detail=detail(thing))
