"""Reading the log and the world of a running daemon."""

import trio

from tests.stage import staged

URL = "rtmp://target.lan/live"


async def test_a_reader_waits_for_what_is_not_there_yet(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show")
        await stage.start()
        await trio.sleep(3)
        head = stage.log.head.position
        got = []

        async def follow():
            query = f"after={head}&type=HookReceived&subject=stream/show&waitMs=25000"
            got.append(await stage.ask("GET", "/api/v1/events", query=query))

        stage.nursery.start_soon(follow)
        await trio.sleep(10)
        assert got == []
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(0.1)
        ((status, rows),) = got
        assert (status, [row["subject"] for row in rows]) == (200, ["stream/show"] * len(rows))
        assert rows[0]["position"] > head


async def test_a_reader_waits_no_longer_than_it_asked_for(autojump_clock):
    async with staged() as stage:
        await stage.start()
        await trio.sleep(3)
        began = trio.current_time()
        query = f"after={stage.log.head.position}&waitMs=5000"
        assert await stage.ask("GET", "/api/v1/events", query=query) == (200, [])
        assert trio.current_time() - began == 5
        assert await stage.ask("GET", "/api/v1/events", query="after=999&until=1&waitMs=5") == (
            200,
            [],
        )


async def test_a_chain_shows_the_streams_that_are_needed_and_what_needs_them(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show")
        stage.recording("a", "show")
        stage.transponder("b", "other", f"{URL}/b")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(4)
        _, rows = await stage.ask("GET", "/api/v1/resources", query="chain=1")
        assert [
            (row["resource"], row["phase"], row["reason"], row.get("feeds")) for row in rows
        ] == [
            ("recording/a", "Ready", "unverified", None),
            ("stream/other", "Waiting", "stream-absent", ["transponder/b"]),
            ("stream/show", "Ready", "", ["recording/a", "transponder/a"]),
            ("transponder/a", "Ready", "unverified", None),
            ("transponder/b", "Waiting", "stream-absent", None),
        ]
        _, rows = await stage.ask("GET", "/api/v1/resources", query="chain=1&name=b")
        assert [row["resource"] for row in rows] == ["stream/other", "transponder/b"]


async def test_who_waits_is_answered_at_once_when_the_daemon_ends(autojump_clock):
    async with staged() as stage:
        await stage.start()
        await trio.sleep(3)
        got = []
        query = f"after={stage.log.head.position}&waitMs=25000"

        async def follow():
            got.append((await stage.ask("GET", "/api/v1/events", query=query), trio.current_time()))

        stage.nursery.start_soon(follow)
        await trio.sleep(1)
        stage.operator.stop_waiting()
        stage.nursery.start_soon(follow)
        await trio.sleep(1)
        ends = {when for _, when in got}
        assert [answer for answer, _ in got] == [(200, [])] * 2
        assert ends == {trio.current_time() - 1}
