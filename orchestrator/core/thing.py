"""Things on nodes as last seen, whose they are, and what of ours is under way to become one."""

from enum import Enum

from attrs import field, frozen

from orchestrator.core.json import Json, text
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Key, Seen


class Claim(Enum):
    """How a life of a thing became ours. `ADOPTED`: never started or changed by us so far."""

    MADE = "made"
    ADOPTED = "adopted"
    CHANGED = "changed"


@frozen
class Owner:
    """Whose it is. `sent` is what we last set on it that no listing shows.

    `unwanted` is the position of the change of documents that took its line, 0 while it has one;
    `ending` that of an operator's `restart`, 0 without one. Without a line, `reads` and `makes` are
    the names of the streams that its line had it read and publish.
    """

    key: Key
    claim: Claim
    sent: Map[str, Json] = field(default=EMPTY)
    is_protected: bool = False
    unwanted: int = 0
    ending: int = 0
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()


@frozen
class Origin:
    """That a stream was made by us when it appeared: by which rules, and by which at any remove.

    `is_left`: whose wish had just gone, so that nothing is to follow from it any more.
    """

    makers: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    is_left: bool = False


@frozen
class Observed:
    """One life of a thing on a node as last seen; possibly stale.

    `position` is the entry that first showed it, `heard` the last hook that spoke of it (0: none).
    `origin` None: nobody but a client, or what a line says, makes this stream.
    """

    seen: Seen
    position: int
    at_ms: int
    heard: int = 0
    owner: Owner | None = None
    origin: Origin | None = None


@frozen
class Making:
    """A create of ours whose result no look has confirmed. `is_open`: no answer came so far."""

    position: int
    naturals: tuple[str, ...]
    sent: Map[str, Json]
    id: str = ""
    is_open: bool = True


@frozen
class InFlight:
    """A mutating call that has left; `sent` is what it sets on `natural` that no listing shows."""

    position: int
    at_ms: int
    action: str
    natural: str = ""
    sent: Map[str, Json] = field(default=EMPTY)


def stream_name(observed: Observed) -> str:
    """Return the name under which a stream is published."""
    return text(observed.seen.fields, "name")
