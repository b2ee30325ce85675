"""A thing of ours may stand where another line wants one: nothing is begun against it."""

import trio

from tests.stage import staged

URL = "rtmp://target.lan/live"


async def test_what_another_line_still_holds_is_not_asked_for_again_and_again(autojump_clock):
    async with staged() as stage:
        stage.transponder("old", "show", URL, protect=True)
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(5)
        stage.remove("old")
        stage.transponder("new", "show", URL)
        await stage.load()
        await trio.sleep(600)
        assert stage.mutations() == ["/push/startup"]
        assert await stage.phases() == {
            "new": ("Held", "target-taken"),
            "old": ("Held", "protected"),
        }
