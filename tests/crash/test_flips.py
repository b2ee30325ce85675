"""A bit flips in a file of the log: whatever it alters or removes, a start tells it.

Each case flips one bit in a copy, asks SQLite alone what it finds (the base line), and then starts:
the start refuses (exit 6), says that the tail is lost, or finds every acknowledged entry as it was.
(T07)
"""

import sqlite3
from collections import Counter
from contextlib import closing

import pytest
import trio

from orchestrator.errors import LogDamaged
from orchestrator.shell.log.chain import COLUMNS, columns_of
from orchestrator.shell.log.segment import segments
from tests.crash.place import Place, quick_folder
from tests.shell.log.desk import desk_at, facts, running

SECTOR = 512
QUERY = f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY position"  # noqa: S608 - our names


async def written(folder, count, *, is_closed):
    """Return the files of a log, as a kill leaves them or an ordered end, and its rows."""
    async with running(Place(folder)) as desk:
        for start in range(0, count, 3):
            await desk.log.append(facts(start + 3)[start:])
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        rows = await desk.rows()
    if is_closed:
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return files, rows


def alone(path, rows):
    """Return what SQLite says of a segment without chain and anchor."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute(QUERY).fetchall()
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return "noticed"
    if found == rows:
        return "harmless"
    return "noticed" if verdict != "ok" else "unnoticed"


async def started(folder, rows):
    """Return what a start says of a log: refused, its tail lost, or nothing, which must be true."""
    desk = desk_at(Place(folder))
    try:
        await desk.log.open()
    except LogDamaged:
        return "refused"
    try:
        found = [columns_of(row) for row in await desk.rows()]
        if found == rows:
            return "harmless"
        assert desk.world.tail_lost == rows[-1][0], "altered, and nobody says so"
        assert found[:-1] == rows[: len(found) - 1]
    finally:
        desk.store.close()
    return "tail lost"


def lay(folder, files):
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def sweep(suffix, count, stride, *, is_closed, bits=(3,)):
    """Flip bits in one file at a stride; return the outcomes of starts and of SQLite alone."""
    ours, alones = Counter(), Counter()
    with quick_folder() as place:
        folder = place / "log"
        files, rows = trio.run(lambda: written(folder, count, is_closed=is_closed))
        rows = [columns_of(row) for row in rows]
        name = segments(folder)[-1].name + suffix
        for at in range(0, len(files[name]), stride):
            for bit in bits:
                flipped = bytearray(files[name])
                flipped[at + at // stride % min(stride, len(flipped) - at)] ^= 1 << bit
                lay(folder, {**files, name: bytes(flipped)})
                without = alone(folder / segments(folder)[-1].name, rows)
                lay(folder, {**files, name: bytes(flipped)})
                outcome = trio.run(started, folder, rows)
                ours[outcome] += 1
                alones[without] += 1
    return ours, alones


def told(figure, name, ours, alones):
    figure(f"T07 {name}: {ours.total()} flips, {dict(ours)}; SQLite alone: {dict(alones)}")


@pytest.mark.parametrize(("suffix", "count"), [("-wal", 81), ("", 600)])
def test_t07_every_flip_that_alters_or_removes_an_entry_is_told_by_the_start(figure, suffix, count):
    ours, alones = sweep(suffix, count, SECTOR, is_closed=not suffix)
    told(figure, suffix or "main file", ours, alones)
    assert ours["refused"] + ours["tail lost"] > 10


@pytest.mark.nightly
@pytest.mark.parametrize(("suffix", "count"), [("-wal", 240), ("", 800)])
def test_t07_flips_of_every_bit_position_are_told(figure, suffix, count):
    ours, alones = sweep(suffix, count, 257, is_closed=not suffix, bits=(0, 4, 7))
    told(figure, suffix or "main file", ours, alones)
