"""The folder of a SQLite log: its files, who may do what with them, and what is left by crashes."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import trio
import trio.testing
from attrs import astuple
from desk import SqlitePlace, desk_at, fact, facts, running
from tamper import tampered

from orchestrator.core.filter import Filter
from orchestrator.errors import LogDamaged, LogHeld, LogRefused, LogUnreadable
from orchestrator.shell.log.chain import Head, anchor_line, anchored
from orchestrator.shell.log.folder import read_anchor
from orchestrator.shell.log.read import Verified, read_rows, verify, verify_older
from orchestrator.shell.log.segment import close_older, reading, segments, writing

HOLDER = """
import sys
from pathlib import Path
from orchestrator.shell.log.folder import locked
held = locked(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path):
    """Give a folder for a log."""
    return SqlitePlace(tmp_path / "log")


@pytest.fixture
async def rolled(place):
    """Give the folder of a log of several segments, with nobody in it."""
    async with running(place, segment_max=4) as desk:
        for one in facts(30):
            await desk.log.append([one])
    return place.folder


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


async def wait_rested(desk):
    """Block until a roll that follows the last append is over."""
    desk.log.close()
    await trio.testing.wait_all_tasks_blocked()
    while desk.store.is_full():
        await trio.lowlevel.checkpoint()


def files(folder):
    """Return what stands in a folder, without what only processes that are there now share."""
    passing = {"lock"} | {path.name for path in folder.glob("*-shm")}
    paths = [path for path in folder.iterdir() if path.name not in passing]
    return {path.name: path.read_bytes() for path in paths if path.stat().st_size}


async def test_nobody_but_owner_and_group_may_look_in(rolled):
    *older, newest = segments(rolled)
    assert {mode(path) for path in older} == {0o440}
    assert [mode(path) for path in (rolled, newest, rolled / "anchor", rolled / "lock")] == [
        0o750,
        0o640,
        0o640,
        0o640,
    ]


async def test_closed_segments_are_single_files(place):
    async with running(place, segment_max=4) as desk:
        for one in facts(30):
            await desk.log.append([one])
        await wait_rested(desk)
        names = [path.name for path in place.folder.iterdir()]
        newest = segments(place.folder)[-1].name
        assert [name for name in names if name.endswith("-wal")] == [f"{newest}-wal"]
        for path in segments(place.folder)[:-1]:
            with closing(reading(path)) as connection:
                assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET body = '{}'",
        "DELETE FROM entries",
        "UPDATE segment SET position = 7",
        "DELETE FROM segment",
    ],
)
async def test_nobody_changes_an_entry_by_accident(rolled, number, change):
    path = segments(rolled)[number]
    path.chmod(0o640)
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="the log only grows"),
    ):
        connection.execute(change)


async def test_columns_take_only_what_is_meant_for_them(rolled):
    with (
        closing(sqlite3.connect(segments(rolled)[-1])) as connection,
        pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"),
    ):
        connection.execute(
            "INSERT INTO entries VALUES (99, 'noon', '', 'T', 1, '', 0, '', '{}', '')"
        )


async def test_a_segment_that_is_read_at_the_moment_is_closed_later(place):
    async with running(place, segment_max=4) as desk:
        await desk.log.append(facts(1))
        first = segments(place.folder)[0]
        with closing(reading(first)) as reader:
            reader.execute("SELECT * FROM entries").fetchone()
            for one in facts(9):
                await desk.log.append([one])
            assert desk.log.refusal == ""
    close_older(place.folder)
    assert {mode(path) for path in segments(place.folder)[:-1]} == {0o440}
    assert verify(place.folder).head == desk.log.head


async def test_a_closed_segment_is_never_written_again(rolled):
    segments(rolled)[-1].unlink()
    (rolled / "anchor").unlink()
    before = files(rolled)
    with pytest.raises(LogDamaged, match="the segment that begins here is missing"):
        await desk_at(SqlitePlace(rolled)).log.open()
    assert files(rolled) == before


async def test_a_lost_newest_segment_is_damage_not_a_lost_tail(rolled):
    *_, before, newest = segments(rolled)
    newest.unlink()
    with pytest.raises(LogDamaged) as raised:
        await desk_at(SqlitePlace(rolled)).log.open()
    assert raised.value.position == int(newest.stem)
    assert before.exists()


async def test_a_log_of_which_only_the_anchor_is_left_is_damaged(rolled):
    for path in segments(rolled):
        path.unlink()
    for check in (verify, lambda folder: SqlitePlace(folder).store().open(None)):
        with pytest.raises(LogDamaged) as raised:
            check(rolled)
        assert raised.value.position == 1


async def test_an_unborn_segment_is_dropped(place):
    async with running(place) as desk:
        await desk.log.append(facts(3))
    (place.folder / "unborn").write_bytes(b"SQLite format 3\0 but no more")
    (place.folder / "unborn-journal").write_bytes(b"half")
    async with running(place) as desk:
        assert desk.log.head.position == 4
    assert not list(place.folder.glob("unborn*"))


async def test_a_segment_keeps_a_wal_before_it_has_its_name(place, monkeypatch):
    seen = []

    def spy(folder):
        seen.extend((path.name, path.read_bytes()[18:20]) for path in folder.iterdir())

    monkeypatch.setattr("orchestrator.shell.log.segment.sync_folder", spy)
    desk = desk_at(place)
    await desk.log.open()
    desk.store.close()
    assert sorted(seen) == [("000000000000001.sqlite", b"\2\2"), ("lock", b"")]


async def test_a_journal_that_a_crash_left_is_never_read_around(rolled):
    oldest = segments(rolled)[0]
    oldest.with_name(f"{oldest.name}-journal").write_bytes(b"what was to be rolled back" * 99)
    for read in (verify, verify_older, lambda folder: list(read_rows(folder, Filter()))):
        with pytest.raises(LogUnreadable):
            read(rolled)


async def test_an_emptied_segment_is_damage_and_stays_as_it_is(place):
    async with running(place) as desk:
        await desk.log.append(facts(3))
    (place.folder / "anchor").unlink()
    (newest,) = segments(place.folder)
    with tampered(place.folder) as connection:
        connection.execute("DELETE FROM entries")
    before = files(place.folder)
    with pytest.raises(LogDamaged, match="has no entry"):
        await desk_at(place).log.open()
    assert files(place.folder) == before
    newest.write_bytes(b"")
    with pytest.raises(LogDamaged, match="the file is empty"):
        await desk_at(place).log.open()
    assert newest.exists()


@pytest.mark.parametrize("torn", [b"", b"0000", b"garbage\xff\xfe", anchor_line(Head(9, "x"))[:-9]])
async def test_a_torn_anchor_counts_as_absent_and_is_written_anew(place, torn):
    async with running(place) as desk:
        await desk.log.append(facts(3))
    (place.folder / "anchor").write_bytes(torn)
    assert read_anchor(place.folder) == Head()
    async with running(place) as desk:
        assert read_anchor(place.folder) == desk.log.head


async def test_an_anchor_with_something_behind_it_still_counts(place):
    async with running(place) as desk:
        await desk.log.append(facts(3))
    with (place.folder / "anchor").open("ab") as file:
        file.write(b"\n" * 400)
    assert read_anchor(place.folder) == desk.log.head


async def test_an_anchor_that_lags_is_harmless(place):
    async with running(place) as desk:
        await desk.log.append(facts(3))
        early = (place.folder / "anchor").read_bytes()
        await desk.log.append(facts(3))
    (place.folder / "anchor").write_bytes(early)
    assert verify(place.folder).head == desk.log.head
    async with running(place) as desk:
        assert desk.world.tail_lost == 0


async def test_an_anchor_of_another_log_is_damage(place):
    async with running(place):
        pass
    (place.folder / "anchor").write_bytes(anchor_line(Head(1, "0" * 64)))
    with pytest.raises(LogDamaged, match="not the entry that the anchor names"):
        await desk_at(place).log.open()


def test_an_anchor_reads_back():
    head = Head(12345, "ab" * 32)
    assert anchored(anchor_line(head)) == head
    assert len(anchor_line(Head())) == len(anchor_line(Head(2**63 - 1, "f" * 64)))


async def test_verify_counts_what_it_read(rolled):
    found = verify(rolled)
    older = verify_older(rolled)
    count = len(segments(rolled))
    assert found == Verified(count, found.head.position, found.head)
    assert older == Verified(count - 1, older.head.position, older.head)
    assert older.head.position == int(segments(rolled)[-1].stem) - 1


async def test_a_young_log_has_nothing_older(place):
    async with running(place):
        assert verify_older(place.folder) == Verified()


async def test_verifies_a_log_whose_first_segments_are_archived(rolled):
    head = verify(rolled).head
    segments(rolled)[0].unlink()
    found = verify(rolled)
    assert found.head == head
    assert found.entries < head.position


async def test_a_missing_segment_in_the_middle_is_named(rolled):
    missing = segments(rolled)[2]
    first = int(missing.stem)
    missing.unlink()
    for check in (verify, verify_older):
        with pytest.raises(LogDamaged) as raised:
            check(rolled)
        assert raised.value.position == first


async def test_a_renamed_segment_is_damage(place):
    async with running(place) as desk:
        await desk.log.append(facts(3))
    segments(place.folder)[0].rename(place.folder / f"{7:015d}.sqlite")
    with pytest.raises(LogDamaged, match="follows position 0"):
        verify(place.folder)


async def test_a_rest_of_the_chain_that_moved_on_is_accepted_only_where_an_entry_says_so(place):
    async with running(place) as desk:
        await desk.log.append(facts(6))
    with tampered(place.folder) as connection:
        connection.execute("DELETE FROM entries WHERE position > 5")
    async with running(place, segment_max=1) as desk:
        for one in facts(3):
            await desk.log.append([one])
    assert verify(place.folder).head == desk.log.head
    assert verify(place.folder).entries == desk.log.head.position - 2


def holding(folder):
    """Return a process that will hold the log."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def test_another_process_that_holds_the_log_is_named_and_its_death_frees_it(place):
    async with running(place):
        pass
    with holding(place.folder) as holder:
        holder.stdout.readline()
        for _ in range(2):
            with pytest.raises(LogHeld) as raised:
                await desk_at(place).log.open()
            assert astuple(raised.value) == (str(place.folder), holder.pid)
        holder.kill()
        holder.wait()
    async with running(place) as desk:
        assert desk.log.head.position == 1


async def test_a_log_whose_folder_vanished_refuses_and_makes_nothing_up(place, tmp_path):
    async with running(place) as desk:
        await desk.log.append(facts(2))
        place.folder.rename(tmp_path / "elsewhere")
        for _ in range(3):
            with pytest.raises(LogRefused):
                await desk.log.append([fact("lost?")])
        assert not place.folder.exists()
        (tmp_path / "elsewhere").rename(place.folder)
        await desk.log.append([fact("here again")])
        assert verify(place.folder).head == desk.log.head


async def test_a_log_whose_folder_was_replaced_refuses_until_the_next_start(place, tmp_path):
    async with running(place) as desk:
        await desk.log.append(facts(2))
        shutil.copytree(place.folder, tmp_path / "copy")
        shutil.rmtree(place.folder)
        (tmp_path / "copy").rename(place.folder)
        before = files(place.folder)
        for _ in range(3):
            with pytest.raises(LogRefused, match="moved or re"):
                await desk.log.append([fact("lost?")])
        assert files(place.folder) == before
    async with running(place) as desk:
        await desk.log.append([fact("here again")])
        assert verify(place.folder).head == desk.log.head


async def test_acknowledged_entries_that_recovery_cannot_find_are_never_built_upon(place):
    async with running(place) as desk:
        await desk.log.append(facts(6))
        desk.store.fails = "before"
        with pytest.raises(LogRefused):
            await desk.log.append([fact("first failure")])
        desk.store.fails = ""
        desk.store.store._connection.close()
        with tampered(place.folder) as connection:
            connection.execute("DELETE FROM entries WHERE position > 5")
        for _ in range(2):
            with pytest.raises(LogRefused, match="acknowledged entries up to 7 are gone"):
                await desk.log.append([fact("upon nothing")])
    async with running(place) as desk:
        assert desk.world.tail_lost == 7


async def test_recovery_waits_for_a_reader_that_holds_the_log(place, monkeypatch):
    async with running(place) as desk:
        await desk.log.append(facts(6))
        desk.store.fails = "after"
        with pytest.raises(LogRefused):
            await desk.log.append([fact("left behind")])
        desk.store.fails = ""
        monkeypatch.setattr("orchestrator.shell.log.sqlite.writing", impatient)
        with closing(reading(segments(place.folder)[-1])) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT position FROM entries").fetchall()
            with pytest.raises(LogRefused, match="a reader holds the log"):
                await desk.log.append([fact("not yet")])
        (entry,) = await desk.log.append([fact("now")])
        assert entry.position == 9


def impatient(path):
    connection = writing(path)
    connection.execute("PRAGMA busy_timeout=0")
    return connection


async def test_a_file_in_the_place_of_the_folder_refuses(tmp_path):
    (tmp_path / "log").write_text("no folder")
    with pytest.raises(LogRefused):
        await desk_at(SqlitePlace(tmp_path / "log")).log.open()


async def test_a_segment_that_is_no_database_is_damage_for_every_reader(rolled):
    path = segments(rolled)[1]
    path.chmod(0o640)
    path.write_bytes(b"no database at all" * 1000)
    for read in (verify, verify_older, lambda folder: list(read_rows(folder, Filter()))):
        with pytest.raises(LogDamaged):
            read(rolled)


def as_stranger(folder, work):
    """Run work in a process that may read the folder and write nothing; return what it printed."""
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    inward, outward = os.pipe()
    child = os.fork()
    if not child:
        os.close(inward)
        try:
            os.setgid(65534)
            os.setuid(65534)
            answer = repr(work())
        except LogUnreadable as error:
            answer = f"unreadable: {error.reason}"
        except BaseException as error:  # noqa: BLE001 - it is told to the parent
            answer = repr(error)
        os.write(outward, answer.encode())
        os._exit(0)
    os.close(outward)
    with os.fdopen(inward, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    return answer


@pytest.fixture
def public():
    """Give a place that a stranger can reach."""
    if os.geteuid():
        pytest.skip("only root can become a stranger")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield SqlitePlace(Path(name) / "log")


async def test_a_reader_who_may_not_write_reads_a_log_without_a_daemon(public):
    async with running(public, segment_max=4) as desk:
        for one in facts(9):
            await desk.log.append([one])
    assert as_stranger(public.folder, lambda: verify(public.folder).head) == repr(desk.log.head)


async def test_a_reader_who_may_not_write_reads_beside_a_daemon(public):
    async with running(public, segment_max=4) as desk:
        await desk.log.append(facts(1))
        await desk.log.wait_beyond(2)  # it has rolled, and rests
        (entry,) = await desk.log.append(facts(1))
        told = as_stranger(public.folder, lambda: verify(public.folder).head.position)
        assert int(told) >= entry.position


async def test_a_permission_that_lacks_is_not_damage(public):
    async with running(public) as desk:
        await desk.log.append(facts(9))
    (newest,) = segments(public.folder)

    def work():
        return verify(public.folder)

    newest.with_name(f"{newest.name}-wal").write_bytes(b"")
    assert as_stranger(public.folder, work).startswith("unreadable: unable to open")
