"""Power cuts as bytes: whatever of the last writes got to disk, the log is a prefix, and no less.

A log of 1,000 events in commits of random sizes. Its WAL is cut at every 512 bytes, clean or with
noise behind the cut; its main file is taken in every state between before and after a checkpoint.
Which commits must be there is known from what was acknowledged and from the frames of the WAL; it
is not asked of SQLite. Every change takes every other sector, the nightly run all. (T01)
"""

import random
import struct
import time
from contextlib import closing
from itertools import count

import pytest
import trio

from orchestrator.shell.log.chain import columns_of
from orchestrator.shell.log.page import pages
from orchestrator.shell.log.segment import EVERY, reading, segments
from tests.crash.place import Place, quick_folder, reopened
from tests.shell.log.desk import facts, running

EVENTS, SECTOR, NOISE, STARTED = 1_000, 512, 4_096, 97
NIGHTLY, NIGHTLY_S = 100_000, 420


async def write(folder, rng):
    """Return the main file before and after its checkpoint, the WAL, all rows, all heads."""
    async with running(Place(folder)) as desk:
        connection = desk.store.store._connected
        connection.execute("PRAGMA wal_autocheckpoint=0")
        waiting, heads = facts(EVENTS), [1]
        while waiting:
            batch = rng.randrange(1, 20)
            await desk.log.append(waiting[:batch])
            waiting = waiting[batch:]
            heads.append(desk.log.head.position)
        main = segments(folder)[0]
        wal = main.with_name(f"{main.name}-wal")
        before, frames = main.read_bytes(), wal.read_bytes()
        connection.execute("PRAGMA wal_checkpoint(FULL)")
        assert wal.read_bytes()[: len(frames)] == frames
        rows = [columns_of(row) for row in await desk.rows()]
        return before, main.read_bytes(), frames, rows, heads


def ends(wal):
    """Return page number and end of each frame of a WAL, and whether it ends a commit."""
    size = struct.unpack_from(">I", wal, 8)[0]
    for start in range(32, len(wal), 24 + size):
        page, grown = struct.unpack_from(">II", wal, start)
        yield page, start + 24 + size, bool(grown)


class Cut:
    """A log on a quick disk, in one state after the other."""

    def __init__(self, folder, rng):
        self.rng, self.folder = rng, folder / "log"
        written = trio.run(write, folder / "w", rng)
        self.before, self.after, self.frames, self.rows, heads = written
        self.folder.mkdir()
        self.main = self.folder / segments(folder / "w")[0].name
        self.wal, self.shm = (self.main.with_name(f"{self.main.name}-{x}") for x in ("wal", "shm"))
        self.cases = 0
        commits = [end for _, end, is_commit in ends(self.frames) if is_commit]
        self.due = list(zip([0, *commits], heads, strict=True))

    def read(self, main, wal):
        """Return what a reader finds, told by a start now and then as well."""
        self.shm.unlink(missing_ok=True)
        self.main.write_bytes(main)
        self.wal.write_bytes(wal)
        return self.found()

    def found(self):
        self.cases += 1
        with closing(reading(self.main)) as connection:
            return [entry for page in pages(connection, EVERY) for entry in page]

    def check(self, found, due):
        assert len(found) == due
        assert found == self.rows[:due]
        if self.cases % STARTED == 0:
            kept = self.wal.read_bytes(), self.main.read_bytes()
            self.shm.unlink(missing_ok=True)
            assert [columns_of(row) for row in trio.run(reopened, self.folder)] == found
            (self.folder / "anchor").unlink()
            self.wal.write_bytes(kept[0])
            self.main.write_bytes(kept[1])

    def cut_wal(self, stride):
        """Cut the WAL from its end to its begin, with noise behind the cut or without."""
        self.main.write_bytes(self.before)
        for tail in (0, NOISE):
            self.wal.write_bytes(self.frames)
            for at in range(len(self.frames), -1, -stride):
                with self.wal.open("r+b") as file:
                    file.truncate(at)
                    file.seek(at)
                    file.write(self.rng.randbytes(min(tail, len(self.frames) - at)))
                self.shm.unlink(missing_ok=True)
                due = max(rows for end, rows in self.due if end <= at)
                self.check(self.found(), due)

    def cut_checkpoint(self, stride):
        """Let a checkpoint get to every sector of the main file, with noise in that or without."""
        written = {page for page, _, _ in ends(self.frames)}
        (size,) = struct.unpack_from(">H", self.after, 16)
        old = self.before.ljust(len(self.after), b"\0")
        for at in range(0, len(self.after), stride):
            if at // size + 1 in written:
                for torn in (self.after[at : at + SECTOR], self.rng.randbytes(SECTOR)):
                    main = self.after[:at] + torn + old[at + SECTOR :]
                    self.check(self.read(main, self.frames), len(self.rows))


def sweep(seed, stride):
    with quick_folder() as folder:
        cut = Cut(folder, random.Random(seed))
        cut.cut_wal(stride)
        cut.cut_checkpoint(stride)
        return cut.cases, len(cut.due)


def test_t01_a_power_cut_leaves_a_prefix_with_everything_acknowledged(figure):
    began = time.monotonic()
    cases, commits = sweep(1, SECTOR * 2)
    figure(
        f"T01: {cases} power cuts in {EVENTS} events of {commits} commits, 0 without a prefix, "
        f"0 commits missing; {time.monotonic() - began:.0f} s"
    )
    assert cases >= 3_000


@pytest.mark.nightly
def test_t01_a_hundred_thousand_power_cuts_leave_a_prefix(figure):
    began, cases = time.monotonic(), 0
    for seed in count(2):
        cases += sweep(seed, SECTOR)[0]
        if cases >= NIGHTLY or time.monotonic() - began > NIGHTLY_S:
            break
    figure(
        f"T01: {cases} power cuts, seeds 2 to {seed}, 0 without a prefix, 0 commits missing; "
        f"{time.monotonic() - began:.0f} s"
    )
