"""Injections: one stream shown in place of another, until either of them ends."""

from functools import partial
from typing import Any, ClassVar

import trio
from attrs import define, field

from orchestrator.emulator.node import SELF, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.things import Stream


@define(eq=False)
class Injection:
    """One injection. The stream that is covered tells it from others: it can be covered once."""

    sort: ClassVar[str] = "injection"
    plural: ClassVar[str] = "injections"

    local_name: str
    remote_name: str
    local_id: str
    remote_id: str
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)

    @property
    def id(self) -> str:
        """Return the name of the stream that is covered."""
        return self.local_name

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {"localStreamName": self.local_name, "remoteStreamName": self.remote_name}


@define(eq=False)
class Injections:
    """What happens to the injections of one node."""

    node: Node
    objects: Objects

    def covers(self, name: str, by: str) -> bool:
        """Return whether a stream is covered by another, directly or by way of others."""
        seen = name
        while (injection := self.objects.of(Injection).get(seen)) is not None:
            seen = injection.remote_name
            if seen == by:
                return True
        return False

    def source_began(self, stream: Stream) -> None:
        """Do nothing: what is published anew is another stream."""

    def source_ended(self, stream: Stream) -> None:
        """End, after a while, what this very stream covers, and what covers it."""
        for one in tuple(self.objects.of(Injection).values()):
            if stream.id in {one.local_id, one.remote_id}:
                end = partial(self.objects.went, one, SELF)
                self.node.later(self.node.settings.source_end_s, end)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether this very stream covers another."""
        return any(stream.id == one.remote_id for one in self.objects.of(Injection).values())
