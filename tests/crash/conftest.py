"""A disk that fails on demand, and logs as a crash leaves them."""

import shutil
import sqlite3
from contextlib import closing

import pytest
import trio

from orchestrator.shell.log.segment import UNBORN, segments
from tests.crash import faults
from tests.crash.place import quick_folder
from tests.shell.log.desk import SqlitePlace, facts, running


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """Give the library that makes a disk fail."""
    return faults.built(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="session")
def crashed(tmp_path_factory):
    """Give a log as a kill in the middle of a roll leaves it.

    Its newest entries are in the WAL only, an older segment is not closed yet, and another was
    about to be born.
    """
    folder = tmp_path_factory.mktemp("crashed")
    trio.run(_leave_crashed, folder)
    return folder / "log"


async def _leave_crashed(folder):
    async with running(SqlitePlace(folder / "alive"), 12) as desk:
        await desk.log.append(facts(4))
        with closing(sqlite3.connect(segments(folder / "alive")[-1])) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM entries").fetchone()
            while len(segments(folder / "alive")) < 2:
                await desk.log.append(facts(5))
            for one in facts(5):
                await desk.log.append([one])
            shutil.copytree(folder / "alive", folder / "log")
    (folder / "log" / UNBORN).write_bytes(b"half a segment")


@pytest.fixture
def quick():
    """Give a folder on a quick disk."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def faulty(shim, crashed):
    """Give a process with a failing disk."""
    with quick_folder() as folder, faults.Faulty(shim, folder, crashed) as faulty:
        yield faulty
