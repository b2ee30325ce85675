"""Which entries of the log a reader wants.

Knows nothing of where entries are kept; a log matches them, and `web` reads a filter from a query.
"""

from typing import Final

from attrs import frozen

LAST: Final = 2**63 - 1  # the largest position and time that every log can keep


@frozen
class Filter:
    """Positions beyond `after` up to `until`, and times; "" and empty sets filter nothing.

    `positions` are the only ones wanted, where there are any.
    """

    after: int = 0
    until: int = LAST
    since_ms: int = 0
    until_ms: int = LAST
    types: frozenset[str] = frozenset()
    node: str = ""
    subjects: frozenset[str] = frozenset()
    positions: frozenset[int] = frozenset()


def at(positions: frozenset[int]) -> Filter:
    """Return what wants the entries at these positions."""
    return Filter(after=min(positions) - 1, until=max(positions), positions=positions)
