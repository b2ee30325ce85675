"""What a type of thing is: how its things are listed, declared, made, compared and ended.

A kind is a value (`Kind`) of pure functions, made in its own file under `kinds/`.
Knows nothing of a particular kind, of the log or of plans.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from attrs import frozen

from orchestrator.core.comparison import Comparison
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Gone, Seen
from orchestrator.core.rest import RestCall, RestReply
from orchestrator.core.site import Site

S = TypeVar("S")
Nodes = Mapping[str, Node]


@frozen
class Written(Generic[S]):
    """How a seen thing would be declared; `name` is a readable one, which others may have too."""

    name: str
    spec: S


@frozen
class LeftOut:
    """A seen thing that cannot be declared, or should not be; `reason` is for people."""

    reason: str


@frozen
class Source:
    """A stream that a declared thing reads: its name, or a pattern in which `*` is any text.

    `node` "": on the node of the thing itself. A thing waits for all that are required, and where
    none is, for any one.
    """

    stream: str
    node: str = ""
    is_required: bool = True

    @property
    def is_pattern(self) -> bool:
        """Return whether it names any number of streams."""
        return "*" in self.stream

    def fits(self, name: str) -> bool:
        """Return whether a stream of this name is meant."""
        parts = self.stream.split("*")
        if len(parts) == 1:
            return name == self.stream
        return re.fullmatch(".*".join(map(re.escape, parts)), name, re.DOTALL) is not None


class Again(Enum):
    """Whether what has ended is made again, without anybody asking."""

    ALWAYS = "always"
    DROPPED = "dropped"  # once it ran and was lost
    NEVER = "never"


class Repeat(Enum):
    """What a node does when it is asked to make what is there already."""

    REFUSED = "refused"  # with 409: nothing happens to what is there
    CUTS = "cuts"  # what is there ends, and another one begins


class Reach(Enum):
    """Among which things a target must not be shared."""

    EVERYWHERE = "everywhere"
    NODE = "node"


def _nothing(_spec: Any) -> tuple[str, ...]:
    return ()


def _itself(seen: "Seen") -> tuple[str, ...]:
    return (seen.natural,)


def _untold(_seen: "Seen", _position: int, _site: Site) -> None:
    return None


def _unheard(_method: str, _body: JsonObject) -> Seen | Gone | None:
    return None


def _listed_all(_spec: Any) -> Map[str, Json]:
    return EMPTY


def _unnamed(_reply: RestReply) -> str:
    return ""


def _always(_spec: Any) -> Again:
    return Again.ALWAYS


def _as_written(spec: S, _name: str, _nodes: "Nodes") -> S:
    return spec


def _faultless(_spec: Any, _nodes: "Nodes") -> str:
    return ""


def _nowhere(_spec: Any) -> str:
    return ""


def _runs(_seen: "Seen") -> bool:
    return True


def _unmeasured(_item: JsonObject) -> int | None:
    return None


def _wanted_anyway(_spec: Any) -> bool:
    return False


@frozen
class Declarable(Generic[S]):
    """How things of a kind are declared, made, compared and ended.

    `fault` says what is wrong with a specification, and `named` fills in what follows from its name
    and from the nodes. `naturals` are the natural keys under which a node may list the thing, the
    likeliest first; `target` is what no two of them may share within `reach`, and `occupied` the
    targets that a seen thing may have. `create` is asked for only while the streams that it `needs`
    are published; `makes` are the names of the streams that it publishes itself. `sent` are the
    fields of a create that no listing shows; `made` reads the server-made id from the reply to a
    create ("" when it has none). `again` says whether it is made again after its end,
    `waits_for_use` whether it is made only while something declared is ready to read what it makes;
    `destination` is the address that it sends to, "" where it sends to none of others;
    an `is_patient` one may take as long as it likes to begin. `declared_as` is how a seen thing has
    to be declared to stay as it is, None where it belongs to another kind with the same list.
    """

    spec: type[S]
    naturals: Callable[[S, Site], tuple[str, ...]]
    target: Callable[[S], str]
    needs: Callable[[S], tuple[Source, ...]]
    create: Callable[[S, Site], RestCall]
    compare: Callable[[S, Seen, Map[str, Json], Site], Comparison]
    delete: Callable[[Seen, Site], RestCall]
    declared_as: Callable[[Seen, Site], Written[S] | LeftOut | None]
    occupied: Callable[[Seen], tuple[str, ...]] = _itself
    sent: Callable[[S], Map[str, Json]] = _listed_all
    made: Callable[[RestReply], str] = _unnamed
    reach: Reach = Reach.EVERYWHERE
    repeat: Repeat = Repeat.REFUSED
    makes: Callable[[S], tuple[str, ...]] = _nothing
    named: Callable[[S, str, Nodes], S] = _as_written
    fault: Callable[[S, Nodes], str] = _faultless
    again: Callable[[S], Again] = _always
    destination: Callable[[S], str] = _nowhere
    waits_for_use: Callable[[S], bool] = _wanted_anyway
    is_patient: bool = False


@frozen
class Kind(Generic[S]):
    """A type of thing that runs on a node, as values and pure functions.

    `listings` together list all of it on a node, each with a member `identity`; `parse` reads one
    of them (None: not ours to watch); `hear` reads a hook; `sources` are the ids of the published
    streams that may feed a thing first seen at a position: without any, it ends with what it had
    (None: its listing does not tell what it reads). `is_running` goes by the status word, if any;
    `measure` is a call whose answer tells of each how far its media has come (`progress`), if it
    does; `passing` fields may change with any look, so they are kept only while a rule looks at
    them. With `declared` None it is only observed. What is left out: all goes by its uri, no hook
    or list tells what it reads; of what is declared all is listed, and it occupies its natural key.
    """

    name: str
    plural: str
    listings: Callable[[Node], tuple[RestCall, ...]]
    parse: Callable[[JsonObject], Seen | None]
    declared: Declarable[S] | None
    identity: str = "uri"
    hear: Callable[[str, JsonObject], Seen | Gone | None] = _unheard
    sources: Callable[[Seen, int, Site], tuple[str, ...] | None] = _untold
    is_running: Callable[[Seen], bool] = _runs
    measure: RestCall | None = None
    progress: Callable[[JsonObject], int | None] = _unmeasured
    passing: tuple[str, ...] = ()

    @property
    def publishes(self) -> bool:
        """Return whether things of the kind may publish streams, of which no hook may tell."""
        return self.declared is not None and self.declared.makes is not _nothing

    @property
    def declarable(self) -> Declarable[S]:
        """Return how it is declared; asking a kind that is only observed is a bug."""
        assert self.declared is not None, f"{self.name} cannot be declared"
        return self.declared


Kinds = Mapping[str, Kind[Any]]
