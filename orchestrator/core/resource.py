"""What is declared and what is seen, for any kind.

Knows nothing of a particular kind: a kind is a value (`Kind`) made in its own file under `kinds/`.
Knows nothing of the log or of plans.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from orchestrator.core.configuration import Node, Policy, Retry
from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rest import RestCall, RestReply
from orchestrator.core.site import Site

S = TypeVar("S")


@frozen(cache_hash=True)
class Key:
    """The name of a declared thing: unique within its kind."""

    kind: str
    name: str

    def __lt__(self, other: "Key") -> bool:
        """Return whether it goes before another, by kind and name."""
        return (self.kind, self.name) < (other.kind, other.name)

    def __str__(self) -> str:
        """Return the form that people type."""
        return f"{self.kind}/{self.name}"


@frozen(cache_hash=True)
class Placement:
    """A declared thing on the node where it has to be."""

    node: str
    key: Key

    def __lt__(self, other: "Placement") -> bool:
        """Return whether it goes before another, by node, kind and name."""
        mine, others = self.key, other.key
        return (self.node, mine.kind, mine.name) < (other.node, others.kind, others.name)


@frozen(order=True)
class Place:
    """Where a document says something. Lines and columns count from 1."""

    file: str
    line: int
    column: int


class OnRemove(Enum):
    """What happens to a running thing when its line goes."""

    TERMINATE = "terminate"
    KEEP = "keep"


class OnChange(Enum):
    """What happens to a running thing when its line changes and it cannot follow in place."""

    REPLACE = "replace"
    HOLD = "hold"


@frozen
class Resource:
    """One declared thing. `spec` is the frozen class of its kind; its texts are sealed.

    `nodes` names labels that a node must have; where it is empty, `node` names the one node.
    `on_change` None: its line does not say, so it is as usual for the kind.
    """

    key: Key
    spec: Any
    place: Place
    node: str = ""
    nodes: Map[str, str] = field(default=EMPTY)
    labels: Map[str, str] = field(default=EMPTY)
    enabled: bool = True
    policy: Policy = Policy.MANAGE
    protect: bool = False
    on_remove: OnRemove = OnRemove.TERMINATE
    on_change: OnChange | None = None
    retry: Retry | None = None


@frozen
class Seen:
    """One thing as a node shows it.

    `natural` is what the node would answer 409 on; `id` is the server-made id of this life of it
    ("" where the kind has none); `fields` are those that a look can compare, normalised and sealed.
    """

    natural: str
    id: str
    fields: Map[str, Json] = field(default=EMPTY)


@frozen
class Gone:
    """A hook says that the life with this server-made id has ended."""

    id: str


@frozen
class Same:
    """What is there is what is declared, as far as that can be told."""


@frozen
class InPlace:
    """One call brings what is there nearer to what is declared, without interrupting it.

    `sent` are the fields that this call sets and that no listing shows.
    """

    fields: tuple[str, ...]
    call: RestCall
    sent: Map[str, Json] = field(default=EMPTY)


@frozen
class Different:
    """These fields differ, and only a new life of the thing can change them."""

    fields: tuple[str, ...]


@frozen
class Later:
    """These fields differ; they take effect with its next life, unless cutting it is asked for."""

    fields: tuple[str, ...]


@frozen
class Past:
    """It belongs to a stream that has ended and ends with it; another one may begin beside it."""


Comparison = Same | InPlace | Different | Later | Past


class Repeat(Enum):
    """What a node does when it is asked to make what is there already."""

    REFUSED = "refused"  # with 409: nothing happens to what is there
    CUTS = "cuts"  # what is there ends, and another one begins


class Reach(Enum):
    """Among which things a target must not be shared."""

    EVERYWHERE = "everywhere"
    NODE = "node"


@frozen
class Declarable(Generic[S]):
    """How things of a kind are declared, made, compared and ended.

    `naturals` are the natural keys under which a node may list the thing, the likeliest first;
    `target` is what no two of them may share within `reach`, and `occupied` the targets that a seen
    thing may have; `sent` are the fields of a create
    that no listing shows; `made` reads the server-made id from the reply to a create ("" when it
    has none). `create` is asked for only while every stream that it `needs` is published.
    """

    spec: type[S]
    naturals: Callable[[S, Site], tuple[str, ...]]
    target: Callable[[S], str]
    occupied: Callable[[Seen], tuple[str, ...]]
    needs: Callable[[S], tuple[str, ...]]
    create: Callable[[S, Site], RestCall]
    sent: Callable[[S], Map[str, Json]]
    made: Callable[[RestReply], str]
    compare: Callable[[S, Seen, Map[str, Json], Site], Comparison]
    delete: Callable[[Seen, Site], RestCall]
    reach: Reach = Reach.EVERYWHERE
    repeat: Repeat = Repeat.REFUSED


@frozen
class Kind(Generic[S]):
    """A type of thing that runs on a node, as values and pure functions.

    `listing` lists all of it on a node, each with a member `identity`; `parse` reads one of them
    (None: not ours to watch); `hear` reads a hook; `sources` are the ids of the published streams
    that may feed a thing first seen at a position: without any, it ends with what it had.
    A kind whose `declared` is None is only observed.
    """

    name: str
    plural: str
    listing: Callable[[Node], RestCall]
    identity: str
    parse: Callable[[JsonObject], Seen | None]
    hear: Callable[[str, JsonObject], Seen | Gone | None]
    sources: Callable[[Seen, int, Site], tuple[str, ...]]
    declared: Declarable[S] | None

    @property
    def declarable(self) -> Declarable[S]:
        """Return how it is declared; asking a kind that is only observed is a bug."""
        assert self.declared is not None, f"{self.name} cannot be declared"
        return self.declared


Kinds = Mapping[str, Kind[Any]]
