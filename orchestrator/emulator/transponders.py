"""Transponders: pushes of a stream to RTMP servers, and how they depend on their source.

A transponder of a stream that is not there waits, unfed and without a size. Once fed, it ends a
while after its source does, and it does not come back with it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from attrs import define

from orchestrator.emulator.identity import transponder_id
from orchestrator.emulator.node import SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.things import Stream, Transponder


@define(eq=False)
class Transponders:
    """What happens to the transponders of one node."""

    node: Node
    objects: Objects

    def start(
        self, source: str, rtmp_url: str, options: Mapping[str, Any], cause: Cause
    ) -> Transponder:
        """Let a transponder exist; the caller has seen that there is no other of that key."""
        action = options.get("action")
        transponder = Transponder(
            media_session_id=transponder_id(self.node.random),
            source=source,
            stream_name=self.node.settings.prefix + source,
            rtmp_url=rtmp_url,
            options=options,
            muted=action == "mute",
            sound_enabled=action == "sound_on",
        )
        stream = self.objects.published(source)
        if stream is not None:
            feed(transponder, stream)
        self.objects.came(transponder, cause)
        life_s = self.node.faults.transponder_life_s
        if life_s > 0:
            life_s = self.node.random.expovariate(1 / life_s)
            self.node.later(life_s, partial(self.vanish, transponder))
        return transponder

    def of_key(self, source: str, rtmp_url: str) -> Transponder | None:
        """Return the transponder of that stream to that server, also when it is about to end."""
        for one in self.objects.transponders.values():
            if (one.source, one.rtmp_url) == (source, rtmp_url):
                return one
        return None

    def terminate(self, transponder: Transponder, cause: Cause) -> None:
        """Take the order to end: the transponder stays listed for a moment."""
        self.objects.terminate(transponder, cause)

    def vanish(self, transponder: Transponder) -> None:
        """End a transponder by itself, as when the RTMP server drops it; it may come back."""
        there = not transponder.gone.is_set()
        self.objects.vanish(transponder)
        settings = self.node.settings
        if there and settings.rtmp_push_restore:
            restore = partial(self._restore, transponder)
            self.node.later(settings.rtmp_push_restore_interval_s, restore)

    def _restore(self, lost: Transponder) -> None:
        """Start another in the place of one that was lost, if its stream is there."""
        published = self.objects.published(lost.source) is not None
        if published and self.of_key(lost.source, lost.rtmp_url) is None:
            self.start(lost.source, lost.rtmp_url, lost.options, SELF)

    def source_began(self, stream: Stream) -> None:
        """Feed those that wait for a stream of that name."""
        for transponder in self.objects.transponders.values():
            if transponder.source == stream.name and not transponder.fed_by:
                feed(transponder, stream)
                self.objects.changed(transponder, SELF)

    def source_ended(self, stream: Stream) -> None:
        """End, after a while, those that this very stream fed."""
        for transponder in self.objects.transponders.values():
            if transponder.fed_by == stream.media_session_id:
                end = partial(self.objects.went, transponder, SELF)
                self.node.later(self.node.settings.source_end_s, end)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether this very stream feeds one."""
        fed_by = stream.media_session_id
        return any(one.fed_by == fed_by for one in self.objects.transponders.values())


def feed(transponder: Transponder, stream: Stream) -> None:
    """Connect a transponder with its source, whose size it takes on."""
    transponder.fed_by = stream.media_session_id
    transponder.width, transponder.height = stream.width, stream.height
