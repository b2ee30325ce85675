"""A hand in the log that has no business there."""

# ruff: noqa: S608 - seeds make a case repeatable; the SQL is our own

import sqlite3
from contextlib import closing, contextmanager

from orchestrator.shell.log.segment import INSERT, segments

EDITS = (
    "at_ms = at_ms + 1",
    "node = node || 'x'",
    "type = 'TailLost'",
    "schema = schema + 1",
    "subject = 'x'",
    "cause = cause + 1",
    "actor = 'user:mallory'",
    "body = body || ' '",
    "hash = '00' || substr(hash, 3)",
)


@contextmanager
def tampered(folder, number=-1):
    """Give a connection to a segment whose triggers are out of the way, and let it look closed."""
    path = segments(folder)[number]
    mode = path.stat().st_mode
    path.chmod(0o640)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)
    path.chmod(mode)


def edit(connection, position, rng):
    connection.execute(f"UPDATE entries SET {rng.choice(EDITS)} WHERE position = ?", (position,))
    return position


def delete(connection, position, _):
    connection.execute("DELETE FROM entries WHERE position = ?", (position,))
    return position


def insert(connection, position, rng):
    """Make room before a position, and put something of ours there."""
    for stands in sorted(positions(connection), reverse=True):
        if stands >= position:
            shift(connection, stands, stands + 1)
    row = ("X", 1, "daemon", 0, "user:mallory", "{}", f"{rng.getrandbits(256):064x}")
    connection.execute(
        "INSERT INTO entries VALUES (?, 1, '', ?, ?, ?, ?, ?, ?, ?)", (position, *row)
    )
    return position


def swap(connection, position, _):
    known = positions(connection)
    other = position + 1 if position + 1 in known else position - 1
    shift(connection, position, -1)
    shift(connection, other, position)
    shift(connection, -1, other)
    return min(position, other)


def truncate(connection, position, _):
    connection.execute("DELETE FROM entries WHERE position >= ?", (position,))
    return position


def before_all(connection, _position, _):
    first = min(positions(connection))
    row = connection.execute("SELECT * FROM entries WHERE position = ?", (first,)).fetchone()
    connection.execute(INSERT, (first - 7, *row[1:]))
    return first


TAMPERS = (edit, delete, insert, swap, truncate, before_all)


def positions(connection):
    return [position for (position,) in connection.execute("SELECT position FROM entries")]


def shift(connection, position, to):
    connection.execute("UPDATE entries SET position = ? WHERE position = ?", (to, position))
