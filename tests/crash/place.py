"""Where the logs of these tests are kept: in memory where the system has a folder for that."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from orchestrator.shell.log.log import at_once
from orchestrator.shell.log.read import verify
from tests.shell.log.desk import SqlitePlace, running

MEMORY = Path("/dev/shm")  # noqa: S108 - a sync costs nothing there, and thousands are made


class Place(SqlitePlace):
    """A folder, worked on without threads: then a case is the same each time."""

    run_work = staticmethod(at_once)


@contextmanager
def quick_folder():
    """Give a folder on a quick disk, gone at the end."""
    folder = tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder)


async def reopened(folder):
    """Return the rows that a start on a good disk finds; nothing may be lost."""
    async with running(Place(folder)) as desk:
        assert desk.world.tail_lost == 0
        assert verify(folder).head == desk.log.head
        return await desk.rows()
