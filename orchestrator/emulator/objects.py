"""All that exists on a node, whatever its class.

Nothing comes, changes or goes but through here, and each time an entry is written, so the journal
alone tells what existed when. Knows no hook and no REST.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol, TypeVar

from attrs import define, field

from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import SELF, Cause, Node
from orchestrator.emulator.things import Connection, Recording, Stream, Thing, Transponder

AnyThing = TypeVar("AnyThing", bound=Thing)


class Ending(Thing, Protocol):
    """A thing that may have been told to end."""

    ending: bool


@define(eq=False)
class Objects:
    """All that exists on one node: by class, in the order in which it came."""

    node: Node
    kept: dict[type[Any], dict[str, Any]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with what all nodes have; what else comes goes before these (`all_went`)."""
        self.kept = {kind: {} for kind in (Connection, Stream, Transponder, Recording)}

    def of(self, kind: type[AnyThing]) -> dict[str, AnyThing]:
        """Return all things of a class, by id."""
        return self.kept.setdefault(kind, {})

    @property
    def connections(self) -> dict[str, Connection]:
        """Return all sessions of clients."""
        return self.of(Connection)

    @property
    def streams(self) -> dict[str, Stream]:
        """Return all streams."""
        return self.of(Stream)

    @property
    def transponders(self) -> dict[str, Transponder]:
        """Return all transponders."""
        return self.of(Transponder)

    @property
    def recordings(self) -> dict[str, Recording]:
        """Return all recordings, by the id of their stream."""
        return self.of(Recording)

    def came(self, thing: Thing, cause: Cause) -> None:
        """Let a thing exist from now on."""
        self.of(type(thing))[thing.id] = thing
        self._note("came", thing, cause)

    def changed(self, thing: Thing, cause: Cause) -> None:
        """Say that a thing's fields were changed."""
        self._note("changed", thing, cause)

    def went(self, thing: Thing, cause: Cause) -> bool:
        """Let a thing exist no longer; return False when it did not."""
        kept = self.of(type(thing))
        if kept.get(thing.id) is not thing:
            return False
        del kept[thing.id]
        thing.gone.set()
        self._note("went", thing, cause)
        return True

    def terminate(self, thing: Ending, cause: Cause) -> None:
        """Take the order to end a thing on which nothing hangs: it stays listed for a moment."""
        if not thing.ending:
            thing.ending = True
            self.node.later(self.node.settings.terminate_s, partial(self.went, thing, cause))

    def vanish(self, thing: Thing) -> None:
        """Let a thing on which nothing hangs end by itself."""
        if self.went(thing, SELF):
            self.node.note(Kind.FAULT, f"{thing.sort} vanished", object=thing.id)

    def all_went(self) -> None:
        """Let everything go at once, as when the process dies; what hangs on streams goes first."""
        for things in reversed(self.kept.values()):
            for thing in tuple(things.values()):
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

    def _note(self, verb: str, thing: Thing, cause: Cause) -> None:
        what = f"{thing.sort} {verb}"
        self.node.note(Kind.EFFECT, what, cause, object=thing.id, detail=thing.detail())
