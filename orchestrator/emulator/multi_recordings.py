"""Recordings of several streams into one file, each known by its uri."""

from typing import Any, ClassVar

import trio
from attrs import define, field

from orchestrator.emulator.node import SELF, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.things import Stream


@define(eq=False)
class MultiRecording:
    """One such recording, with the media sessions that go into it."""

    sort: ClassVar[str] = "multi-recording"
    plural: ClassVar[str] = "multiRecordings"

    uri: str
    inputs: list[str] = field(factory=list)
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)

    @property
    def id(self) -> str:
        """Return its uri."""
        return self.uri

    @property
    def file_name(self) -> str:
        """Return the name of its file, in which signs of the uri are replaced."""
        return self.uri.replace(":", "_").replace("/", "_") + ".mp4"

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {"uri": self.uri, "inputs": list(self.inputs), "fileName": self.file_name}


@define(eq=False)
class MultiRecordings:
    """What happens to such recordings of one node."""

    node: Node
    objects: Objects

    def source_began(self, stream: Stream) -> None:
        """Do nothing: what is published anew is another media session."""

    def source_ended(self, stream: Stream) -> None:
        """Let a stream leave all of them when it ends; they go on without."""
        for one in self.objects.of(MultiRecording).values():
            if stream.id in one.inputs:
                one.inputs.remove(stream.id)
                self.objects.changed(one, SELF)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether a stream is recorded so."""
        return any(stream.id in one.inputs for one in self.objects.of(MultiRecording).values())
