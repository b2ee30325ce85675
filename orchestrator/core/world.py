"""The world: everything that the log tells, folded into one value.

Only `core.project` makes a new one. It can be thrown away and folded again, and is then equal.
What is wanted is keyed by placement (node and name), what was seen by node, kind and natural key.
The indices below exist so that an event costs what it concerns; `placed` is a map and no set since
a set is copied whole with every change, and a node may have thousands.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from attrs import field, frozen

from orchestrator.core.configuration import Configuration, Node, Retry
from orchestrator.core.errand import Errand, Fired
from orchestrator.core.failure import Record
from orchestrator.core.ground import Clash, Ground, Standing
from orchestrator.core.hint import Hints
from orchestrator.core.hold import Hold, Member
from orchestrator.core.json import text
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY, Map, Members
from orchestrator.core.media import FIELD
from orchestrator.core.order import Order
from orchestrator.core.recent import Recent
from orchestrator.core.resource import Key, Place, Placement, Resource
from orchestrator.core.rule import Rule, Table
from orchestrator.core.session import Asking, Connection
from orchestrator.core.site import Site
from orchestrator.core.thing import InFlight, Making, Observed, stream_name

STREAM: Final = "stream"
"""The kind whose things feed the others."""

CALL: Final = "call"
UNKNOWN: Final = Node(retired=True)
ANY: Final = ""
"""In the place of a kind: any kind that is in use on a node."""

Scope: TypeAlias = tuple[str, str]
"""A node and the name of a kind: what one look covers."""


@frozen
class Cliff:
    """A list that lost too much at once; `doubted` are natural keys still taken to be there."""

    position: int
    at_ms: int
    doubted: frozenset[str]


@frozen
class Taken:
    """How many things one change of documents took away, and when."""

    at_ms: int
    count: int


@frozen
class Lost:
    """A node that no look reaches."""

    position: int
    at_ms: int
    message: str


@frozen
class Rejected:
    """A file that was refused last time it was read."""

    place: Place
    message: str
    position: int


@frozen(slots=False)
class World:
    """Everything that the log tells up to `position`. `at_ms` is the time of that entry.

    Without slots, so that a changed copy costs little (`core.value`).
    """

    position: int = 0
    at_ms: int = 0
    configuration: Configuration = field(factory=Configuration)
    is_configured: bool = False
    declared: Map[Key, Resource] = field(default=EMPTY)
    wanted: Map[Placement, Resource] = field(default=EMPTY)
    lines: Map[Key, int] = field(default=EMPTY)
    changed: Map[Placement, int] = field(default=EMPTY)
    observed: Map[Scope, Map[str, Observed]] = field(default=EMPTY)
    owned: Map[Placement, Members[str]] = field(default=EMPTY)
    making: Map[Placement, Making] = field(default=EMPTY)
    in_flight: Map[Placement, InFlight] = field(default=EMPTY)
    records: Map[Placement, Record] = field(default=EMPTY)
    members: Map[Placement, Member] = field(default=EMPTY)
    holds: Map[str, Hold] = field(default=EMPTY)
    taken: tuple[Taken, ...] = ()
    lost: Map[str, Lost] = field(default=EMPTY)
    fresh: Map[Scope, int] = field(default=EMPTY)
    touched: Map[Scope, int] = field(default=EMPTY)
    cliffs: Map[Scope, Cliff] = field(default=EMPTY)
    ended: Map[str, Recent] = field(default=EMPTY)
    kept: Map[str, Recent] = field(default=EMPTY)
    rejected: Map[str, Rejected] = field(default=EMPTY)
    orders: Map[Key, Order] = field(default=EMPTY)
    pauses: Map[str, Order] = field(default=EMPTY)
    renames: Map[Key, Key] = field(default=EMPTY)
    tail_lost: int = 0
    ids: Map[tuple[str, str, str], str] = field(default=EMPTY)
    makers: Map[tuple[str, str, str], Placement] = field(default=EMPTY)
    by_natural: Map[tuple[str, str, str], Members[Placement]] = field(default=EMPTY)
    by_target: Map[tuple[str, str, str], Members[Placement]] = field(default=EMPTY)
    occupied: Map[tuple[str, str, str], Members[str]] = field(default=EMPTY)
    readers: Map[tuple[str, str], Members[Placement]] = field(default=EMPTY)
    seekers: Map[str, Map[Placement, tuple[str, ...]]] = field(default=EMPTY)
    distant: Map[str, Members[Placement]] = field(default=EMPTY)
    publishers: Map[tuple[str, str], Members[Placement]] = field(default=EMPTY)
    draining: Map[tuple[str, str], Members[Placement]] = field(default=EMPTY)
    live: Map[tuple[str, str], Members[str]] = field(default=EMPTY)
    placed: Map[str, Map[str, Members[Key]]] = field(default=EMPTY)
    grounds: Map[Ground, Standing] = field(default=EMPTY)
    ensuring: Map[tuple[str, str], Members[Ground]] = field(default=EMPTY)
    wishes: Map[Key, Map[Ground, Resource]] = field(default=EMPTY)
    lingering: Map[str, Map[Ground, int]] = field(default=EMPTY)
    clashes: Map[Placement, Map[Ground, Clash]] = field(default=EMPTY)
    unmade: Map[str, Recent] = field(default=EMPTY)
    blocked: Map[Placement, Members[Placement]] = field(default=EMPTY)
    rules: Map[str, Rule] = field(default=EMPTY)
    tables: Map[str, Table] = field(default=EMPTY)
    admitting: Map[str, tuple[str, ...]] = field(default=EMPTY)
    deriving: tuple[str, ...] = ()
    firing: Map[str, tuple[str, ...]] = field(default=EMPTY)
    fired: Map[str, Fired] = field(default=EMPTY)
    errands: Map[int, Errand] = field(default=EMPTY)
    watched: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    hints: Map[str, Hints] = field(default=EMPTY)
    connections: Map[str, Map[str, Connection]] = field(default=EMPTY)
    asking: Map[str, Map[str, Asking]] = field(default=EMPTY)

    def node(self, name: str) -> Node:
        """Return what is configured of a node; one that is not known is as good as retired."""
        return self.configuration.nodes.get(name, UNKNOWN)

    def retry(self, resource: Resource | None) -> Retry:
        """Return the waiting rules for a resource."""
        own = resource.retry if resource is not None else None
        return own or self.configuration.retry

    def order(self, placement: Placement, now_ms: int) -> Order | None:
        """Return the order that is in force for a placement; a pause of its node goes first."""
        for order in (self.pauses.get(placement.node), self.orders.get(placement.key)):
            if order is not None and order.is_in_force(now_ms):
                return order
        return None

    def record(self, placement: Placement) -> Record:
        """Return how it went with a placement so far."""
        return self.records.get(placement, Record())

    def things(self, node: str, kind: str) -> Map[str, Observed]:
        """Return what was last seen of a kind on a node, by natural key."""
        return self.observed.get((node, kind), EMPTY)

    def thing(self, node: str, kind: str, natural: str) -> Observed | None:
        """Return one seen thing, or None where nothing with that natural key was seen."""
        return self.things(node, kind).get(natural)

    def holdings(self, placement: Placement) -> Iterator[Observed]:
        """Return what we own for a placement, in the order of natural keys."""
        things = self.things(placement.node, placement.key.kind)
        for natural in sorted(self.owned.get(placement, EMPTY)):
            yield things[natural]

    def is_in_use(self, node: str, kind: str) -> bool:
        """Return whether anything of a kind is wanted, ours or there on a node, or watched."""
        is_there = kind in self.placed.get(node, EMPTY) or bool(self.things(node, kind))
        return is_there or kind in self.watched

    def touched_at(self, node: str, kind: str) -> int:
        """Return the position of the last entry after which a kind wants a look, 0 for none."""
        is_meant = kind == STREAM or self.is_in_use(node, kind)
        any_kind = self.touched.get((node, ANY), 0) if is_meant else 0
        return max(any_kind, self.touched.get((node, kind), 0))

    def site(self, node: str) -> Site:
        """Return what kinds may know of a node."""
        streams = self.things(node, STREAM)

        def since(id_: str) -> int:
            stream = streams.get(id_)
            return stream.position if stream is not None else 0

        def name_of(id_: str) -> str:
            stream = streams.get(id_)
            return stream_name(stream) if stream is not None else ""

        def ids(name: str) -> tuple[str, ...]:
            live = self.live.get((node, name), EMPTY)
            return tuple(sorted(live, key=lambda id_: (-since(id_), id_)))

        def names(wanted: str) -> tuple[str, ...]:
            source = Source(wanted)
            if not source.is_pattern:
                return (wanted,) if ids(wanted) else ()
            first: dict[str, tuple[int, str]] = {}
            for id_ in streams:
                name, order = name_of(id_), (since(id_), id_)
                if source.fits(name) and id_ in self.live.get((node, name), EMPTY):
                    first[name] = min(order, first.get(name, order))
            return tuple(sorted(first, key=lambda name: first[name]))

        return Site(self.node(node), ids, name_of, since, names)

    def readers_of(self, node: str, name: str) -> tuple[Placement, ...]:
        """Return what is wanted and reads a stream of a node, by its name or by a pattern."""
        exact = self.readers.get((node, name), EMPTY)
        seeking = (
            placement
            for placement, patterns in self.seekers.get(node, EMPTY).items()
            if any(Source(pattern).fits(name) for pattern in patterns)
        )
        return tuple(sorted({*exact, *seeking}))

    def claimants(self, node: str, kind: str, natural: str) -> frozenset[Placement]:
        """Return the wanted placements that a node may list under a natural key.

        Some kinds are listed under the id of the stream that they read.
        """
        name = self.site(node).name_of(natural)
        readers = self.readers.get((node, name), EMPTY) if name else EMPTY
        by_stream = frozenset(placement for placement in readers if placement.key.kind == kind)
        return by_stream | set(self.by_natural.get((node, kind, natural), EMPTY))

    def is_streaming(self, node: str, name: str) -> bool:
        """Return whether a stream of that name is published on the node, as far as we know."""
        return (node, name) in self.live

    def media(self, node: str, name: str) -> str:
        """Return the word for the media of the newest stream of a name, "" where none is known."""
        streams = self.things(node, STREAM)
        newest = next(iter(self.site(node).ids(name)), "")
        return text(streams[newest].seen.fields, FIELD) if newest else ""

    def stream_since(self, node: str, name: str) -> int:
        """Return the position at which the newest published stream of that name was seen, or 0."""
        streams = self.things(node, STREAM)
        ids = self.live.get((node, name), EMPTY)
        return max((streams[media].position for media in ids), default=0)

    def placements_on(self, node: str) -> list[Placement]:
        """Return all that is wanted or owned on a node, in order."""
        kinds = self.placed.get(node, EMPTY)
        return [one for kind in sorted(kinds) for one in self.placements_of(node, kind)]

    def placements_of(self, node: str, kind: str) -> list[Placement]:
        """Return all of a kind that is wanted or owned on a node, in order."""
        keys = self.placed.get(node, EMPTY).get(kind, EMPTY)
        return [Placement(node, key) for key in sorted(keys)]
