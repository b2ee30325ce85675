"""Recordings: what writes streams to files, and how it ends with them.

Asked to record what is recorded, a node ends the file and begins another. A client may ask for a
recording when it publishes. A file's name keeps `{endTime}` as long as it is written.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from attrs import define

from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import CLIENT, SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.things import Recording, Stream

TEMPLATE = "{streamName}-{startTime}-{endTime}"


@define(eq=False)
class Recordings:
    """What happens to the recordings of one node."""

    node: Node
    objects: Objects

    def start(self, stream: Stream, config: Mapping[str, Any], cause: Cause) -> None:
        """Record a stream; what is recorded already is cut."""
        known = self.objects.recordings.get(stream.media_session_id)
        if known is not None:
            self.node.note(Kind.EFFECT, "recording cut", cause, object=stream.media_session_id)
            self.objects.went(known, cause)
        recording = Recording(stream, self._file_name(stream, config), dict(config))
        stream.record = True
        self.objects.came(recording, cause)
        self._rotate_later(recording)
        life_s = self.node.faults.recording_life_s
        if life_s > 0:
            life_s = self.node.random.expovariate(1 / life_s)
            self.node.later(life_s, partial(self.vanish, recording))

    def terminate(self, recording: Recording, cause: Cause) -> None:
        """Take the order to end: the recording stays listed for a moment."""
        if not recording.ending:
            recording.ending = True

            def end() -> None:
                self._end(recording, cause)

            self.node.later(self.node.settings.terminate_s, end)

    def vanish(self, recording: Recording) -> None:
        """End a recording by itself."""
        if self._end(recording, SELF):
            id_ = recording.stream.media_session_id
            self.node.note(Kind.FAULT, "recording vanished", object=id_)

    def source_began(self, stream: Stream) -> None:
        """Record a stream whose client asked for it."""
        if stream.record:
            self.start(stream, {}, CLIENT)

    def source_ended(self, stream: Stream) -> None:
        """End the recording of a stream, with it."""
        recording = self.objects.recordings.get(stream.media_session_id)
        if recording is not None:
            self._end(recording, SELF)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether the stream is recorded."""
        return stream.id in self.objects.recordings

    def _end(self, recording: Recording, cause: Cause) -> bool:
        if not self.objects.went(recording, cause):
            return False
        recording.stream.record = False
        return True

    def _rotate(self, recording: Recording) -> None:
        if not recording.gone.is_set():
            recording.file_name = self._file_name(recording.stream, recording.config)
            self.objects.changed(recording, SELF)
            self._rotate_later(recording)

    def _rotate_later(self, recording: Recording) -> None:
        rotation_s = self.node.settings.rotation_s
        if rotation_s > 0:
            self.node.later(rotation_s, partial(self._rotate, recording))

    def _file_name(self, stream: Stream, config: Mapping[str, Any]) -> str:
        template = str(config.get("fileTemplate") or TEMPLATE)
        name = template.replace("{streamName}", stream.name)
        return name.replace("{startTime}", str(self.node.now_ms)) + ".mp4"
