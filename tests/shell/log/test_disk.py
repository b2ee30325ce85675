"""Full disks, kills, and readers beside the writer: with real files and real processes.

A full disk is a limit on how large a file may grow (`RLIMIT_FSIZE`), in a process of its own.
(T03, T05, T10 in small.)
"""

import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from desk import SqlitePlace, desk_at, facts, running

from orchestrator.core.filter import Filter
from orchestrator.errors import LogHeld
from orchestrator.shell.log.read import read_rows, verify

PRELUDE = f"""
import resource, signal, sys
from pathlib import Path
import trio
sys.path.insert(0, {str(Path(__file__).parent)!r})
from desk import SqlitePlace, desk_at, fact, facts, running
from orchestrator.errors import LogError, LogRefused
from orchestrator.shell.log.read import verify
place = SqlitePlace(Path(sys.argv[1]))
"""

FULL = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def allow(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main():
    async with running(place, segment_max=int(sys.argv[2])) as desk:
        kept, refused = 0, 0
        for room in (50_000, 150_000, 300_000):
            allow(room)
            for number in range(400):
                try:
                    await desk.log.append([fact("x" * 900)])
                    kept += 1
                except LogRefused:
                    refused += 1
                    if not refused % 5:
                        break
            allow(resource.RLIM_INFINITY)
            (entry,) = await desk.log.append([fact("space again")])
            kept += 1
        rows = await desk.rows()
        told = [row for row in rows if row.type != "Checkpoint"]
        assert refused and kept <= len(told) <= kept + refused, (kept, len(told), refused)
    assert verify(place.folder).head == desk.log.head
    print("well")

trio.run(main)
"""

WRITER = """
async def main():
    async with running(place, segment_max=40) as desk:
        async with trio.open_nursery() as nursery:
            for lane in range(4):
                nursery.start_soon(write, desk, lane)

async def write(desk, lane):
    for number in range(100_000):
        (entry,) = await desk.log.append([fact(f"{lane}-{number}")])
        print(f"{entry.position} {entry.event.message}", flush=True)

trio.run(main)
"""

READER = """
from orchestrator.core.filter import Filter
from orchestrator.shell.log.read import read_rows
previous = 0
for _ in range(12):
    rows = list(read_rows(place.folder, Filter()))
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= previous
    previous = len(rows)
    verify(place.folder)
print("well", previous)
"""

TAKER = """
from orchestrator.errors import LogHeld

async def main():
    try:
        async with running(place) as desk:
            await desk.log.append(facts(5))
            print("took", flush=True)
            sys.stdin.read()
    except LogHeld as held:
        print("held", held.pid, flush=True)

trio.run(main)
"""


def started(script, folder, *arguments):
    command = [sys.executable, "-c", PRELUDE + textwrap.dedent(script), str(folder), *arguments]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process):
    output, errors = process.communicate(timeout=50)
    assert process.returncode == 0, errors
    return output.split()


@pytest.mark.parametrize("segment_max", [20, 1_000_000])
def test_a_full_disk_refuses_and_is_written_again_as_soon_as_it_has_space(tmp_path, segment_max):
    assert finished(started(FULL, tmp_path / "log", f"{segment_max}")) == ["well"]


@pytest.mark.parametrize("seed", range(3))
async def test_everything_acknowledged_survives_a_kill(tmp_path, seed):
    rng = random.Random(seed)
    told = {}
    for _ in range(2):
        wanted = rng.randrange(1, 250)
        with started(WRITER, tmp_path / "log") as writer:
            lines = [writer.stdout.readline() for _ in range(wanted)]
            writer.kill()
            rest, _errors = writer.communicate()
        for line in [*lines, *rest.splitlines()]:
            position, _, text = line.strip().partition(" ")
            if text and (line.endswith("\n") or line in rest.splitlines()[:-1]):
                told[int(position)] = text
        async with running(SqlitePlace(tmp_path / "log")) as desk:
            assert desk.world.tail_lost == 0
            rows = {row.position: row for row in await desk.rows()}
            assert told.items() <= {p: message(row) for p, row in rows.items()}.items()
            assert verify(tmp_path / "log").head == desk.log.head


def message(row):
    return row.subject.removeprefix("document/").removesuffix(".yaml")


def test_of_two_daemons_started_together_one_gets_the_log(tmp_path):
    takers = [started(TAKER, tmp_path / "log") for _ in range(3)]
    words = [taker.stdout.readline().split() for taker in takers]
    assert sorted(word[0] for word in words) == ["held", "held", "took"]
    (winner,) = (taker for taker, word in zip(takers, words, strict=True) if word[0] == "took")
    assert {int(word[1]) for word in words if word[0] == "held"} <= {winner.pid, 0}
    winner.kill()
    for taker in takers:
        taker.communicate()
    began = time.monotonic()
    store = SqlitePlace(tmp_path / "log").store()
    assert store.open(None).head.position == 6
    store.close()
    assert time.monotonic() - began < 1


async def test_another_process_reads_whole_prefixes_beside_the_writer(tmp_path):
    async with running(SqlitePlace(tmp_path / "log"), 60) as desk:
        await desk.log.append(facts(3))
        with started(READER, tmp_path / "log") as reader:
            while reader.poll() is None:
                await desk.log.append(facts(7))
            output, errors = reader.communicate()
            assert output.startswith("well"), errors
        assert verify(tmp_path / "log").head == desk.log.head


async def test_reads_in_pages_without_a_lock_on_the_writer(tmp_path):
    async with running(SqlitePlace(tmp_path / "log")) as desk:
        await desk.log.append(facts(2_500))
        rows = read_rows(tmp_path / "log", Filter())
        assert next(rows).type == "Checkpoint"
        await desk.log.append(facts(1))
        busy, *_ = desk.store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy
        assert sum(1 for _ in rows) == 2_501


async def test_a_refused_start_leaves_the_holder_alone(tmp_path):
    async with running(SqlitePlace(tmp_path / "log")) as desk:
        before = desk.log.head
        with pytest.raises(LogHeld):
            await desk_at(SqlitePlace(tmp_path / "log")).log.open()
        (entry,) = await desk.log.append([facts(1)[0]])
        assert entry.position == before.position + 1
