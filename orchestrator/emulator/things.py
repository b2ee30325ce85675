"""Things that exist on a node: connections, streams, transponders, recordings.

Classes of things that only one other part understands are defined there. Knows no hook and no REST.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import trio
from attrs import define, field

from orchestrator.emulator.policy import DEFAULT, HookPolicy


class Provider(StrEnum):
    """How the media of clients gets in or out, by the word that objects carry: RTMP is Flash."""

    WEBRTC = "WebRTC"
    RTMP = "Flash"

    @property
    def app_key(self) -> str:
        """Return the application that such clients arrive at."""
        return "defaultApp" if self is Provider.WEBRTC else "flashStreamingApp"


class Made(StrEnum):
    """What else a stream may come from, when the node publishes it itself; all words inferred."""

    RTSP = "RTSP"
    SIP = "SIP"
    MIXER = "Mixer"
    TRANSCODER = "Transcoder"
    VOD = "VOD"

    @property
    def app_key(self) -> str:
        """Return the application whose backend hears of such streams."""
        return "defaultApp"


class Thing(Protocol):
    """Anything that exists on a node: what it is called in the journal, and what is told of it."""

    plural: ClassVar[str]
    gone: trio.Event

    @property
    def sort(self) -> str:
        """Return the word for such a thing in the journal."""

    @property
    def id(self) -> str:
        """Return what tells it from others of its class."""

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""


@define(eq=False)
class Connection:
    """The session of one client; what the node publishes itself has one that is never listed."""

    sort: ClassVar[str] = "connection"
    plural: ClassVar[str] = "connections"

    session_id: str
    provider: Provider | Made
    app_key: str
    created_ms: int
    custom: Mapping[str, Any] = field(factory=dict)
    policies: Mapping[str, HookPolicy] = field(factory=dict)
    log_level: str = ""
    gone: trio.Event = field(factory=trio.Event)

    @property
    def id(self) -> str:
        """Return the id of the session."""
        return self.session_id

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {
            "appKey": self.app_key,
            "mediaProvider": self.provider.value,
            "logLevel": self.log_level,
        }

    def policy(self, method: str) -> HookPolicy:
        """Return how this session treats that hook."""
        return self.policies.get(method, DEFAULT)


@define(eq=False)
class Flow:
    """For how long media has flowed: it stands still now and then, and goes on where it was."""

    runs: bool = False
    before_s: float = 0.0
    since_s: float = 0.0

    def turn(self, *, on: bool, now_s: float) -> None:
        """Run or stand still from now on."""
        self.before_s, self.since_s, self.runs = self.seconds(now_s), now_s, on

    def seconds(self, now_s: float) -> float:
        """Return how long it has run up to now."""
        return self.before_s + (now_s - self.since_s) * self.runs


@define(eq=False)
class Stream:
    """One stream, published or played; two of one name are two."""

    sort: ClassVar[str] = "stream"
    plural: ClassVar[str] = "streams"

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
    flow: Flow = field(factory=Flow)
    gone: trio.Event = field(factory=trio.Event)

    @property
    def id(self) -> str:
        """Return the id of its media session."""
        return self.media_session_id

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {
            "name": self.name,
            "published": self.published,
            "status": self.status,
            "info": self.info,
            "record": self.record,
            "sessionId": self.connection.session_id,
        }

    @property
    def live(self) -> bool:
        """Return whether media flows."""
        return self.status in {"PUBLISHING", "PLAYING"}


@define(eq=False)
class Transponder:
    """One push of a stream to an RTMP server. It has no status: it is listed, or it is not."""

    sort: ClassVar[str] = "transponder"
    plural: ClassVar[str] = "transponders"

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

    @property
    def id(self) -> str:
        """Return the id that the server made for it."""
        return self.media_session_id

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {
            "source": self.source,
            "streamName": self.stream_name,
            "rtmpUrl": self.rtmp_url,
            "muted": self.muted,
            "soundEnabled": self.sound_enabled,
            "fed": bool(self.fed_by),
        }


@define(eq=False)
class Recording:
    """What writes one stream to a file. It has no id of its own: it goes by that of its stream."""

    sort: ClassVar[str] = "recording"
    plural: ClassVar[str] = "recordings"

    stream: Stream
    file_name: str
    config: Mapping[str, Any]
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)

    @property
    def id(self) -> str:
        """Return the id of the stream."""
        return self.stream.media_session_id

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {
            "name": self.stream.name,
            "fileName": self.file_name,
            "config": dict(self.config),
        }
