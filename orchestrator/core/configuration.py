"""The part of the configuration that decisions rest on; it is folded from the log like all else.

Not here: addresses, credentials and sockets, which only `shell` needs. All times in milliseconds.
"""

from enum import Enum

from attrs import field, frozen

from orchestrator.core.destination import Destinations
from orchestrator.core.mapping import EMPTY, Map


class Policy(Enum):
    """Whether we may act: `observe` reports drift and changes nothing."""

    MANAGE = "manage"
    OBSERVE = "observe"


class Recorder(Enum):
    """Which methods record on a node: the group /recorder, or the older ones of /stream."""

    RECORDER = "recorder"
    STREAM = "stream"


@frozen
class Node:
    """One WCS server. A retired one is not managed; its hooks are still answered.

    `ws` is where other servers pull its streams from, "" where none may.
    """

    labels: Map[str, str] = field(default=EMPTY)
    policy: Policy = Policy.MANAGE
    retired: bool = False
    recorder: Recorder = Recorder.RECORDER
    ws: str = ""


@frozen
class Timing:
    """How often we look and how long we wait. `looks_ms` is by plural of kind, else `resync_ms`."""

    resync_ms: int = 30_000
    looks_ms: Map[str, int] = field(default=Map({"transponders": 5_000, "pulls": 5_000}))
    start_deadline_ms: int = 15_000
    node_lost_after_ms: int = 30_000
    no_media_after_ms: int = 15_000
    call_ms: int = 10_000


@frozen
class Retry:
    """How long to wait after a failure, and when to stop trying in earnest."""

    first_ms: int = 1_000
    factor: float = 2.0
    max_ms: int = 30_000
    stable_ms: int = 60_000
    park_after: int = 10
    probe_ms: int = 300_000


@frozen
class Deletes:
    """How much a change of documents may take away. `percent` counts from `above` things on."""

    per_change: int = 10
    percent: int = 25
    above: int = 20
    per_hour: int = 500


@frozen
class Limits:
    """What a change of documents may do without being asked back."""

    deletes: Deletes = field(factory=Deletes)
    interrupts_per_change: int = 5


@frozen
class Configuration:
    """All of it, as last loaded."""

    nodes: Map[str, Node] = field(default=EMPTY)
    timing: Timing = field(factory=Timing)
    retry: Retry = field(factory=Retry)
    limits: Limits = field(factory=Limits)
    destinations: Destinations = field(factory=Destinations)

    def look_every_ms(self, plural: str) -> int:
        """Return how often this kind is looked at while nothing happens."""
        return self.timing.looks_ms.get(plural, self.timing.resync_ms)
