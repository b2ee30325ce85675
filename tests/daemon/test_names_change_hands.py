"""A thing of ours may stand where another line wants one: nothing is begun against it."""

import trio

from orchestrator.core.resource import Key
from orchestrator.kinds.pull import Pull
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


async def test_a_stream_name_that_somebody_publishes_is_waited_for_not_tried_again(autojump_clock):
    async with staged() as stage:
        await stage.start()
        guest = stage.servers["wcs1"].client("guest")
        await guest.publish("in")
        stage.line(Key("pull", "p"), Pull("rtmp://encoder.lan/live", "in"), "wcs1")
        await stage.load()
        await trio.sleep(900)
        assert stage.mutations() == ["/pull/rtmp/pull"]
        _, (row,) = await stage.ask("GET", "/api/v1/resources")
        assert (row["phase"], row["reason"]) == ("Held", "target-taken")
        assert row["message"] == (
            "another publishes stream in here: end that, or wait until it has ended; "
            "the last try: /pull/rtmp/pull answered 409: Stream in already exists"
        )
        guest.drop()
        await trio.sleep(10)
        assert stage.mutations() == ["/pull/rtmp/pull"] * 2
        assert await stage.phases() == {"p": ("Ready", "unverified")}
