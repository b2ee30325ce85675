"""Another actor undoes every correction: we stop after five of them, and say what is at odds. (T14)

For as long as the line stays as it is, over restarts of the daemon; whoever changes the line, or
says `resume`, has it tried again.
"""

import pytest
import trio

from tests.stage import staged

URL = "rtmp://target.lan/live"


async def undo(stage):
    """Mute what is there, whenever it is not."""
    while True:
        for thing in tuple(stage.servers["wcs1"].objects.transponders.values()):
            if not thing.muted:
                fields = {"mediaSessionId": thing.media_session_id}
                await stage.servers["wcs1"].foreign("/push/mute", fields)
        await trio.sleep(5)


def corrections(stage, after=0):
    return sum(path == "/push/unmute" for path in stage.mutations(after=after))


@pytest.mark.slow
async def test_a_fight_is_stopped_and_stays_stopped(autojump_clock):
    async with staged() as stage, trio.open_nursery() as nursery:
        stage.transponder("youtube", "show", URL)
        await stage.start()
        await stage.servers["wcs1"].client("studio").publish("show")
        await trio.sleep(10)
        nursery.start_soon(undo, stage)
        await trio.sleep(600)
        assert corrections(stage) == 5
        (row,) = (await stage.ask("GET", "/api/v1/resources"))[1]
        assert (row["phase"], row["reason"]) == ("Held", "fighting")
        assert "muted (declared: False, found: True)" in row["message"]
        assert await stage.entries("FightStopped") == [("FightStopped", "transponder/youtube")]

        before = stage.journal.written
        await trio.sleep(12 * 3_600)
        await stage.kill()
        await stage.start()
        await trio.sleep(12 * 3_600)
        assert stage.mutations(after=before) == []
        assert await stage.phases() == {"youtube": ("Held", "fighting")}

        await stage.ask(
            "POST", "/control/v1/resume", {"names": ["transponder/youtube"], "reason": "talked"}
        )
        await trio.sleep(60)
        assert corrections(stage, after=before) == 5
        nursery.cancel_scope.cancel()


async def test_corrections_far_apart_are_no_fight(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show", URL)
        await stage.start()
        await stage.servers["wcs1"].client("studio").publish("show")
        await trio.sleep(10)
        for _ in range(8):
            (thing,) = stage.servers["wcs1"].objects.transponders.values()
            fields = {"mediaSessionId": thing.media_session_id}
            await stage.servers["wcs1"].foreign("/push/mute", fields)
            await trio.sleep(150)
        assert corrections(stage) == 8
        assert (await stage.phases())["youtube"][0] == "Ready"


async def test_a_changed_line_is_tried_again(autojump_clock):
    async with staged() as stage, trio.open_nursery() as nursery:
        stage.transponder("youtube", "show", URL)
        await stage.start()
        await stage.servers["wcs1"].client("studio").publish("show")
        await trio.sleep(10)
        nursery.start_soon(undo, stage)
        await trio.sleep(600)
        stage.transponder("youtube", "show", URL, muted=True)
        await stage.load()
        await trio.sleep(60)
        assert (await stage.phases())["youtube"] == ("Ready", "unverified")
        nursery.cancel_scope.cancel()
