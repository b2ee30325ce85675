"""What a kind may know of the node on which its things are: how it is set up, and its streams.

A read-only view of the world for one question; it is never kept.
"""

from collections.abc import Callable

from attrs import field, frozen

from orchestrator.core.configuration import Node


def _none(_name: str) -> tuple[str, ...]:
    return ()


def _nameless(_id: str) -> str:
    return ""


def _never(_id: str) -> int:
    return 0


def _nobody(_pattern: str) -> tuple[str, ...]:
    return ()


@frozen
class Site:
    """A node's published streams: `ids` by name, the newest first; `name_of` an id, "" if unknown.

    `since` is the position at which the stream of an id was first seen; `names` are those that fit
    a name or pattern, the longest published first.
    """

    node: Node = field(factory=Node)
    ids: Callable[[str], tuple[str, ...]] = _none
    name_of: Callable[[str], str] = _nameless
    since: Callable[[str], int] = _never
    names: Callable[[str], tuple[str, ...]] = _nobody


NOWHERE = Site()
"""A node without streams: what follows from a specification alone."""
