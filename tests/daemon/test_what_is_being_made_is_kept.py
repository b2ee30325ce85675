"""What is kept, protected or let go is so from the moment in which its create leaves."""

import pytest
import trio

from orchestrator.core.resource import OnRemove
from orchestrator.emulator.faults import Faults
from tests.stage import staged

URL = "rtmp://target.lan/live"
SLOW = Faults(rest_delayed=1.0, rest_late_s=9, rest_groups=("/push/startup",))


@pytest.mark.parametrize("line", [{"on_remove": OnRemove.KEEP}, {"protect": True}, {}])
async def test_what_is_made_as_its_line_goes_ends_only_if_the_line_lets_it(autojump_clock, line):
    async with staged() as stage:
        stage.transponder("a", "show", URL, **line)
        await stage.start()
        await trio.sleep(3)
        stage.servers["wcs1"].node.turn(SLOW)
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(0.1)
        stage.remove("a")
        await stage.load()
        await trio.sleep(100)
        assert stage.transponders() == ([("show", URL)] if line else [])


async def test_what_is_forgotten_as_it_is_made_is_nobodys(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show", URL)
        await stage.start()
        await trio.sleep(3)
        stage.servers["wcs1"].node.turn(SLOW)
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(0.1)
        await stage.ask("POST", "/control/v1/forget", {"names": ["a"]})
        await trio.sleep(30)
        stage.remove("a")
        await stage.load()
        await trio.sleep(100)
        assert stage.transponders() == [("show", URL)]
