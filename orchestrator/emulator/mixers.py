"""Mixers: which streams go into them, and how they come by themselves.

An input is a media session: it leaves a while after its stream has ended, and a stream that is
published anew under the same name is another.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from attrs import define

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.agents import Agents
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.node import SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.streams import Streams
from orchestrator.emulator.things import Stream


@define(eq=False)
class Mixers:
    """What happens to the inputs of one node's mixers."""

    node: Node
    objects: Objects
    streams: Streams
    agents: Agents
    test: Mapping[str, Any] | None = None

    def add(self, mixer: Agent, stream: Stream, fields: Mapping[str, Any], cause: Cause) -> None:
        """Let a stream go into a mixer; one that is in already takes on the new fields."""
        mixer.inputs[stream.id] = {"name": stream.name} | dict(fields)
        self.objects.changed(mixer, cause)
        self.streams.event(stream, "addedToMixing", {"uri": mixer.uri})

    def remove(self, mixer: Agent, id_: str, cause: Cause) -> None:
        """Let a stream go out of a mixer; nothing happens if it is not in it, or no longer."""
        if mixer.gone.is_set() or mixer.inputs.pop(id_, None) is None:
            return
        self.objects.changed(mixer, cause)
        stream = self.objects.streams.get(id_)
        if stream is not None:
            self.streams.event(stream, "removedFromMixing", {"uri": mixer.uri})

    def source_began(self, stream: Stream) -> None:
        """Take in a stream whose name says where to."""
        _, _, room = stream.name.partition("#")
        room = room.partition("#")[0]
        if not room or not self.node.settings.mixer_auto_start:
            return
        uri = f"mixer://{room}"
        mixer = next((one for one in self.agents.all(Sort.MIXER) if one.uri == uri), None)
        if mixer is None:
            mixer = Agent(Sort.MIXER, server_uuid(self.node.random), uri, room)
            self.agents.start(mixer, SELF)
        self.add(mixer, stream, {}, SELF)

    def source_ended(self, stream: Stream) -> None:
        """Let an input leave a while after its stream."""
        for mixer in self.agents.all(Sort.MIXER):
            if stream.id in mixer.inputs:
                remove = partial(self.remove, mixer, stream.id, SELF)
                self.node.later(self.node.settings.source_end_s, remove)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether a stream goes into a mixer."""
        return any(stream.id in one.inputs for one in self.agents.all(Sort.MIXER))
