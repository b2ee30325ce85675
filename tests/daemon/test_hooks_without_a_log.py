"""What hooks get while the log cannot be written: refused, or answered and owned up to later."""

import orjson
import pytest
from attrs import define

from orchestrator.errors import LogRefused
from orchestrator.shell.log.memory import Disk
from orchestrator.shell.settings import HookSettings
from tests.stage import TOKEN, staged

ANSWERED = HookSettings(answers_without_log=True)


@define(eq=False)
class FullDisk(Disk):
    """A disk that is full for a while."""

    is_full: bool = False

    def keep(self, rows, *, in_new_segment=False):
        if self.is_full:
            raise LogRefused("No space left on device")
        super().keep(rows, in_new_segment=in_new_segment)


async def post(stage, number):
    """Return the status of a hook; `number` makes it one of its own."""
    body = orjson.dumps({"sessionId": f"s-{number}"})
    answer = await stage.post(f"http://here/hooks/wcs1/{TOKEN}/connect", {}, body, 15)
    return answer.status, answer.body == body


async def hooks(stage):
    """Return what is told of hooks, and what the log says of those that are lost."""
    _, status = await stage.ask("GET", "/api/v1/status")
    _, rows = await stage.ask("GET", "/api/v1/events", query="type=HooksLost")
    return status["hooks"]["received"], status["hooks"]["lost"], [row["data"] for row in rows]


@pytest.mark.parametrize(
    ("settings", "said", "owned"), [(HookSettings(), (503, False), 0), (ANSWERED, (200, True), 3)]
)
async def test_a_full_disk_refuses_hooks_or_loses_them_as_configured(
    autojump_clock, settings, said, owned
):
    disk = FullDisk()
    async with staged(disk=disk, hooks=settings) as stage:
        await stage.start()
        assert await post(stage, 0) == (200, True)
        disk.is_full, since_ms = True, stage.now_ms()
        assert [await post(stage, number) for number in (1, 2, 3)] == [said] * 3
        await stage.intake.own_up()
        assert await hooks(stage) == (1, owned, [])
        disk.is_full = False
        await stage.intake.own_up()
        lost = {"node": "wcs1", "count": 3, "sinceMs": since_ms}
        assert await hooks(stage) == (1, 0, [lost] if owned else [])
        assert await post(stage, 4) == (200, True)


async def test_what_is_lost_while_it_is_owned_up_to_is_told_next(autojump_clock):
    disk = FullDisk()
    async with staged(disk=disk, hooks=ANSWERED) as stage:
        await stage.start()
        disk.is_full = True
        await post(stage, 1)
        log = stage.intake.log

        class Slow:
            """A log in which one more hook is lost while the loss is written."""

            async def append(self, facts):
                stage.intake.log = log
                disk.is_full = True
                await post(stage, 2)
                disk.is_full = False
                await log.append(facts)

        stage.intake.log = Slow()
        await stage.intake.own_up()
        counts = [data["count"] for data in (await hooks(stage))[2]]
        assert (counts, stage.intake.lost) == ([1, 1], {})
