"""One agent: something that a node runs by itself, to fetch media, to send it on, or to make it."""

from enum import StrEnum
from typing import Any, ClassVar, Final

import trio
from attrs import define, field, frozen

from orchestrator.emulator.things import Made, Provider, Stream


class Sort(StrEnum):
    """What an agent does, by the word that the journal has for it."""

    RTMP_PULL = "rtmp-pull"
    PULL = "pull"
    PUSH = "webrtc-push"
    RTSP = "rtsp"
    TRANSCODER = "transcoder"
    VOD = "vod"
    MIXER = "mixer"


@frozen
class Traits:
    """What all agents of a sort share: status words, what they publish, how their stream ends."""

    running: str
    publishes: Provider | Made | None
    new: str = "PENDING"
    last_word: str = ""


TRAITS: Final = {
    Sort.RTMP_PULL: Traits("PROCESSED_REMOTE", Provider.RTMP),
    Sort.PULL: Traits("PROCESSED_REMOTE", Provider.WEBRTC, new="NEW"),
    Sort.PUSH: Traits("PROCESSED_REMOTE", None, new="NEW"),
    Sort.RTSP: Traits("PLAYING", Made.RTSP),
    Sort.TRANSCODER: Traits("PROCESSED_LOCAL", Made.TRANSCODER),
    Sort.VOD: Traits("PROCESSED_LOCAL", Made.VOD, last_word="DISCONNECTED"),
    Sort.MIXER: Traits("PROCESSED_LOCAL", Made.MIXER),
}
"""Running words as documented, but for those of PULL and PUSH, which no document shows."""


@define(eq=False)
class Agent:
    """One agent. `fields` are what else it was asked for and lists, under the names of the wire.

    `spellings` are other forms of its uri that it is found by, `reads` names the stream of this
    node that it needs, `remote_id` is what its media session is called elsewhere, `lasts_s` is how
    long it runs, 0 for ever. One that `fails` never runs; any is `settled` once it runs or ends.
    """

    plural: ClassVar[str] = "agents"

    kind: Sort
    id: str
    uri: str
    local_name: str
    remote_name: str = ""
    spellings: frozenset[str] = frozenset()
    reads: str = ""
    remote_id: str = ""
    has_audio: bool = True
    has_video: bool = True
    record: bool = False
    fields: dict[str, Any] = field(factory=dict)
    inputs: dict[str, dict[str, Any]] = field(factory=dict)
    width: int = 640
    height: int = 360
    fails: bool = False
    lasts_s: float = 0.0
    status: str = ""
    read_id: str = ""
    stream: Stream | None = None
    ready: bool = False
    ending: bool = False
    ended: bool = False
    settled: trio.Event = field(factory=trio.Event)
    gone: trio.Event = field(factory=trio.Event)

    @property
    def sort(self) -> str:
        """Return the word for it."""
        return self.kind.value

    @property
    def runs(self) -> bool:
        """Return whether it has got as far as running."""
        return self.status == TRAITS[self.kind].running

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it; inputs by the id of their media session."""
        told = {
            "uri": self.uri,
            "localStreamName": self.local_name,
            "remoteStreamName": self.remote_name,
            "status": self.status,
            "hasAudio": self.has_audio,
            "hasVideo": self.has_video,
            "record": self.record,
            **self.fields,
        }
        inputs = {id_: dict(one) for id_, one in self.inputs.items()}
        return told | ({"inputs": inputs} if self.kind is Sort.MIXER else {})
