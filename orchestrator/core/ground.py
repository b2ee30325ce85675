"""Why a rule wants things: a subject that it holds for, and until when."""

from attrs import frozen

from orchestrator.core.resource import Placement, Resource
from orchestrator.core.rule import Subject


@frozen(cache_hash=True)
class Ground:
    """A rule and a subject of a node that it holds for, by what the node knows it by."""

    rule: str
    node: str
    each: Subject
    natural: str

    def __lt__(self, other: "Ground") -> bool:
        """Return whether it goes before another, by rule, node and subject."""
        mine = (self.rule, self.node, self.each.value, self.natural)
        return mine < (other.rule, other.node, other.each.value, other.natural)


@frozen
class Clash:
    """Why a wish is not followed; `rival` has its target, None: another wish has its name."""

    message: str
    rival: Placement | None = None


@frozen
class Standing:
    """What a rule wants on one ground. `until_ms` 0: as long as its condition holds.

    `position` is the entry that said so first, `said` the one that said so last.
    """

    items: tuple[Resource, ...]
    about: str
    position: int
    said: int
    until_ms: int = 0
