"""Reading one segment a page at a time, by filter.

Knows nothing of files and chains: it is given a connection.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from orchestrator.codec import Row
from orchestrator.core.filter import Filter
from orchestrator.shell.log.chain import COLUMNS, STRANGE, TYPES, Columns

SELECT: Final = f"SELECT {', '.join(COLUMNS)} FROM entries"
PAGE: Final = 1_000  # rows read at a time, so that a slow reader holds no transaction


def paged(connection: sqlite3.Connection, wanted: Filter) -> Iterator[Row]:
    """Yield rows in order, read a page at a time."""
    for page in pages(connection, wanted):
        for entry in page:
            if tuple(map(type, entry)) != TYPES:
                raise sqlite3.DatabaseError(STRANGE)
            yield Row(*entry)


def pages(connection: sqlite3.Connection, wanted: Filter) -> Iterator[Sequence[Columns]]:
    """Yield entries in order, some at a time; no page is empty."""
    clauses, values = _where(wanted)
    after = wanted.after
    while True:
        query = f"{SELECT} WHERE position > ? AND position <= ?{clauses} ORDER BY position LIMIT ?"
        page = connection.execute(query, (after, wanted.until, *values, PAGE)).fetchall()
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _where(wanted: Filter) -> tuple[str, tuple[object, ...]]:
    clauses = " AND at_ms >= ? AND at_ms <= ?"
    values: tuple[object, ...] = (wanted.since_ms, wanted.until_ms)
    if wanted.node:
        clauses, values = f"{clauses} AND node = ?", (*values, wanted.node)
    columns: tuple[tuple[str, frozenset[str] | frozenset[int]], ...] = (
        ("type", wanted.types), ("subject", wanted.subjects), ("position", wanted.positions)
    )  # fmt: skip
    for column, members in columns:
        if members:
            marks = ", ".join("?" * len(members))
            clauses, values = f"{clauses} AND {column} IN ({marks})", (*values, *sorted(members))
    return clauses, values
