"""A hand in the log that has no business there."""

import sqlite3
from contextlib import closing, contextmanager

from orchestrator.shell.log.segment import segments


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
