"""A node forgets everything: no deletes, all of it back at the configured rate. (T22, T28)"""

from itertools import pairwise

import pytest
import trio
from attrs import evolve

from tests.stage import staged

pytestmark = pytest.mark.slow

RATE = 50  # calls a second, as configured where nothing is said
LOOK_S = 5


@pytest.mark.parametrize("count", [10, 200, 1_000])
async def test_everything_is_back_at_the_configured_rate(autojump_clock, count):
    async with staged() as stage:
        for number in range(count):
            stage.transponder(f"t{number:04}", "show", f"rtmp://target.lan/{number}")
        await stage.start()
        await stage.servers["wcs1"].client("studio").publish("show")
        await trio.sleep(30 + count / RATE)
        assert len(stage.transponders()) == count
        before = stage.journal.written
        stage.servers["wcs1"].restart(2)
        await trio.sleep(3)
        await stage.servers["wcs1"].client("again").publish("show")
        await trio.sleep(count / RATE + 2 * LOOK_S)
        assert stage.mutations(after=before) == ["/push/startup"] * count
        assert {phase for phase, _ in (await stage.phases()).values()} == {"Ready"}
        # What vanished may be told by the end of its stream before it is told by a restart.
        assert len(await stage.entries("NodeRestarted")) <= 1


async def test_a_failing_key_is_tried_ever_more_slowly_over_restarts(autojump_clock):
    async with staged() as stage:
        stage.transponder("t", "show", "rtmp://target.lan/t")
        node = stage.servers["wcs1"].node
        node.turn(evolve(node.faults, rest_fails=1.0, rest_groups=("/push/startup",)))
        await stage.start()
        await stage.servers["wcs1"].client("studio").publish("show")
        for hour in range(24):
            await trio.sleep(3_600 - 97 * (hour % 5))
            await stage.kill()
            await stage.start()
        await trio.sleep(10)
        calls = [
            entry.at_s
            for entry in stage.journal.after(0)
            if entry.what == "/push/startup" and entry.kind.value == "rest"
        ]
        waits = [round(after - before, 1) for before, after in pairwise(calls)]
        assert len(calls) <= 1_500
        assert all(later >= earlier * 0.9 for earlier, later in pairwise(waits))
        assert 300 <= waits[-1] <= 330
        assert (await stage.phases())["t"] == ("Parked", "never-worked")
