from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.shell.documents.watch import signatures, wait_changed


@asynccontextmanager
async def watching(paths, **more):
    """A waiter with the times at which it went on."""
    done = []

    async def wait():
        await wait_changed(paths, **more)
        done.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        yield done
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("change", ["write", "add", "remove", "replace"])
async def test_wakes_when_a_document_changed_and_has_settled(tmp_path, mock_clock, change):
    (tmp_path / "a.yaml").write_text("{}")
    async with watching([tmp_path]) as done:
        mock_clock.jump(10)
        await wait_all_tasks_blocked()
        assert done == []
        match change:
            case "write":
                (tmp_path / "a.yaml").write_text("{a: 1}")
            case "add":
                (tmp_path / "b.yaml").write_text("{}")
            case "remove":
                (tmp_path / "a.yaml").unlink()
            case "replace":
                (tmp_path / "new").write_text("[]")
                (tmp_path / "new").rename(tmp_path / "a.yaml")
        mock_clock.jump(1)
        await wait_all_tasks_blocked()
        assert done == []
        mock_clock.jump(0.5)
        await wait_all_tasks_blocked()
        assert done == [11.5]


async def test_waits_until_writing_has_ended(tmp_path, mock_clock):
    async with watching([tmp_path]) as done:
        for size in range(1, 5):
            (tmp_path / "a.yaml").write_text("#" * size)
            mock_clock.jump(1)
            await wait_all_tasks_blocked()
        assert done == []
        mock_clock.jump(0.5)
        await wait_all_tasks_blocked()
        assert done == [4.5]


async def test_other_files_wake_nobody(tmp_path, mock_clock):
    async with watching([tmp_path, tmp_path / "lost"]) as done:
        (tmp_path / "a.txt").write_text("x")
        (tmp_path / ".a.yaml").write_text("x")
        mock_clock.jump(10)
        await wait_all_tasks_blocked()
        assert done == []


async def test_a_change_before_the_call_counts_from_its_signatures(tmp_path, autojump_clock):
    before, start = signatures([tmp_path]), autojump_clock.current_time()
    (tmp_path / "a.yaml").write_text("{}")
    await wait_changed([tmp_path], since=before)
    assert autojump_clock.current_time() - start == 0.5
