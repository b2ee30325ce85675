"""What is declared and what is seen, for any kind.

Knows nothing of a particular kind, of the log or of plans.
"""

from enum import Enum
from typing import Any

from attrs import field, frozen

from orchestrator.core.configuration import Policy, Retry
from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY, Map


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
    `on_change` None: its line does not say, so it is as usual for the kind. `rule` names the rule
    that wants it, "" where a state file does; `place` is that rule's then.
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
    rule: str = ""


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
