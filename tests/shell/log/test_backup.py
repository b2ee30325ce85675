"""A copy of a log is a log: whole, verified, as private as the first, and a daemon takes it."""

import shutil
import stat
import threading

import pytest
import trio
from desk import SqlitePlace, desk_at, fact, facts, running
from tamper import tampered

from orchestrator.errors import LogDamaged, LogUncopied
from orchestrator.shell.log import backup
from orchestrator.shell.log.backup import backed_up
from orchestrator.shell.log.folder import read_anchor
from orchestrator.shell.log.log import Append
from orchestrator.shell.log.read import verify
from orchestrator.shell.log.segment import segments
from orchestrator.shell.log.statistics import head_of_log, statistics


@pytest.fixture
def place(tmp_path):
    """Give a folder for a log."""
    return SqlitePlace(tmp_path / "log")


def names(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_a_copy_beside_the_writer_verifies_and_a_daemon_takes_it(place, tmp_path):
    async with running(place, 8) as desk:
        for one in facts(30):
            await desk.log.append([one])
        (place.folder / "seal.key").write_bytes(b"k" * 32)
        head = desk.log.head
        copied = backed_up(place.folder, tmp_path / "there" / "copy")
        await desk.log.append([fact("later")])
    copy = tmp_path / "there" / "copy"
    *older, newest = segments(copy)
    assert copied.head == head == read_anchor(copy)
    assert names(copy) == {
        "seal.key": 0o600,
        "anchor": 0o640,
        newest.name: 0o640,
        **{path.name: 0o440 for path in older},
    }
    async with running(SqlitePlace(copy), 8) as desk:
        assert (desk.log.head, desk.world.tail_lost) == (head, 0)
        assert len(await desk.rows()) == copied.entries
        await desk.log.append(facts(9))
    assert verify(copy).segments > copied.segments


def test_a_log_that_rolls_while_it_is_copied_is_copied_whole(place, tmp_path, monkeypatch):
    desk = desk_at(place, 4)
    trio.run(desk.log.open)
    waiting = facts(12)
    real = backup._copy_segment

    async def go_on():
        for _ in range(min(4, len(waiting))):
            await desk.log._commit([Append((waiting.pop(),))])

    def copy_and_go_on(path, to):
        real(path, to)
        trio.run(go_on)

    monkeypatch.setattr(backup, "_copy_segment", copy_and_go_on)
    copied = backed_up(place.folder, tmp_path / "copy")
    head = desk.log.head
    desk.store.close()
    assert (copied.head, waiting) == (head, [])
    assert copied.segments > 2
    assert read_anchor(tmp_path / "copy").position == 1


async def test_copies_while_a_writer_rolls_all_verify(place, tmp_path):
    async with running(place, 5) as desk:
        ended = threading.Event()
        heads = []

        def copy():
            for number in range(6):
                at_start = head_of_log(place.folder)[0].position
                copied = backed_up(place.folder, tmp_path / f"{number}")
                heads.append((at_start, copied.head.position))
            ended.set()

        thread = threading.Thread(target=copy)
        thread.start()
        while not ended.is_set():
            await desk.log.append(facts(2))
            if not thread.is_alive():
                break
        thread.join()
    assert [end for start, end in heads if end < start] == []
    assert len(heads) == 6


async def test_refuses_a_folder_that_is_not_empty_and_leaves_it_alone(place, tmp_path):
    async with running(place):
        pass
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").write_text("mine")
    with pytest.raises(LogUncopied, match="it is not empty"):
        backed_up(place.folder, tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["mine"]
    with pytest.raises(LogUncopied):
        backed_up(place.folder, tmp_path / "copy" / "mine")


def test_without_a_log_there_is_no_copy(tmp_path):
    with pytest.raises(LogUncopied, match="there is no log"):
        backed_up(tmp_path, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("number", [0, -1])
async def test_a_damaged_log_leaves_no_copy(place, tmp_path, number):
    async with running(place, 6) as desk:
        for one in facts(20):
            await desk.log.append([one])
    with tampered(place.folder, number) as connection:
        connection.execute("UPDATE entries SET actor = 'user:mallory' WHERE position % 2")
    with pytest.raises(LogDamaged):
        backed_up(place.folder, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []
    segments(place.folder)[number].chmod(0o640)
    segments(place.folder)[number].write_bytes(b"no database" * 400)
    with pytest.raises(LogDamaged):
        backed_up(place.folder, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


async def test_an_old_copy_beside_a_newer_anchor_has_lost_its_tail(place, tmp_path):
    async with running(place) as desk:
        await desk.log.append(facts(3))
        backed_up(place.folder, tmp_path / "copy")
        await desk.log.append(facts(3))
        head = desk.log.head
    shutil.copy(place.folder / "anchor", tmp_path / "copy" / "anchor")
    async with running(SqlitePlace(tmp_path / "copy")) as desk:
        assert desk.world.tail_lost == head.position
        assert desk.log.head.position == head.position + 1


async def test_counts_what_a_log_holds(place):
    assert (statistics(place.folder).segments, head_of_log(place.folder)[0].position) == (0, 0)
    async with running(place, 6) as desk:
        for one in facts(9):
            await desk.log.append([one])
    found = statistics(place.folder)
    assert (found.head, found.entries) == (desk.log.head, desk.log.head.position)
    assert (found.first, found.first_ms) == (1, desk.now_ms())
    assert found.segments == found.types["Checkpoint"] == len(segments(place.folder))
    assert found.types["NodeLost"] == 3
    assert found.bytes >= sum(path.stat().st_size for path in segments(place.folder))
    segments(place.folder)[-1].write_bytes(b"no database" * 400)
    for ask in (statistics, head_of_log):
        with pytest.raises(LogDamaged):
            ask(place.folder)
