"""What operators order, tried on an emulated node in virtual time."""

from contextlib import asynccontextmanager

import pytest
import trio

from orchestrator.core.mapping import Map
from tests.stage import staged

URL = "rtmp://target.lan/live"


async def settle(seconds=4):
    await trio.sleep(seconds)


async def order(stage, verb, *names, **more):
    return await stage.ask("POST", f"/control/v1/{verb}", {"names": list(names), **more})


@asynccontextmanager
async def playing(*names):
    """Open a stage on which these transponders of `show` run."""
    async with staged() as stage:
        for name in names:
            stage.transponder(name, "show", f"{URL}/{name}", labels=Map(show="news"))
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        assert set((await stage.phases()).values()) == {("Ready", "unverified")}
        yield stage


async def test_what_is_stopped_ends_and_stays_ended_over_a_restart_until_it_is_started(
    autojump_clock,
):
    async with playing("a", "b") as stage:
        status, answer = await order(stage, "stop", "a", reason="rehearsal")
        assert (status, answer["resources"]) == (200, ["transponder/a"])
        await settle()
        assert stage.transponders() == [("show", f"{URL}/b")]
        assert (await stage.phases())["a"] == ("Stopped", "stopped")
        await stage.kill()
        await stage.start()
        await settle(600)
        assert stage.transponders() == [("show", f"{URL}/b")]
        await order(stage, "start", "a")
        await settle()
        assert (await stage.phases())["a"] == ("Ready", "unverified")
        _, rows = await stage.ask("GET", "/api/v1/resources")
        assert [row["attempts"] for row in rows] == [0, 0]


async def test_a_stop_may_end_by_itself(autojump_clock):
    async with playing("a") as stage:
        await order(stage, "stop", "a", forMs=60_000)
        await settle(50)
        assert stage.transponders() == []
        _, (row,) = await stage.ask("GET", "/api/v1/resources")
        assert (row["phase"], row["next"] is not None) == ("Stopped", True)
        await settle(15)
        assert stage.transponders() == [("show", f"{URL}/a")]


async def test_what_is_paused_is_left_alone_whatever_happens(autojump_clock):
    async with playing("a", "b") as stage:
        await order(stage, "pause", "a")
        stage.remove("a")
        await stage.load()
        server = stage.servers["wcs1"]
        await settle(60)
        assert stage.transponders() == [("show", f"{URL}/a"), ("show", f"{URL}/b")]
        assert (await stage.phases())["a"] == ("Paused", "paused")
        stage.transponder("a", "show", f"{URL}/c")
        await stage.load()
        server.media.transponders.vanish(
            next(one for one in server.objects.transponders.values() if one.rtmp_url[-1] == "a")
        )
        await settle(60)
        assert stage.transponders() == [("show", f"{URL}/b")]
        await order(stage, "resume", "a")
        await settle()
        assert stage.transponders() == [("show", f"{URL}/b"), ("show", f"{URL}/c")]


async def test_a_paused_node_is_looked_at_and_not_touched(autojump_clock):
    async with playing("a") as stage:
        before = len(stage.mutations())
        await order(stage, "pause", "node/wcs1")
        server = stage.servers["wcs1"]
        server.media.transponders.vanish(server.transponder("show"))
        stage.transponder("b", "show", f"{URL}/b")
        await stage.load()
        await settle(60)
        assert set((await stage.phases()).values()) == {("Paused", "paused")}
        assert len(stage.mutations()) == before
        await order(stage, "resume", "node/wcs1")
        await settle()
        assert stage.transponders() == [("show", f"{URL}/a"), ("show", f"{URL}/b")]


async def test_a_restart_ends_it_once_and_makes_it_anew(autojump_clock):
    async with playing("a", "b") as stage:
        known = set(stage.servers["wcs1"].objects.transponders)
        before = len(stage.mutations())
        await order(stage, "restart", "transponder/a")
        await settle(60)
        assert stage.transponders() == [("show", f"{URL}/a"), ("show", f"{URL}/b")]
        assert stage.mutations()[before:] == ["/push/terminate", "/push/startup"]
        assert len(known & set(stage.servers["wcs1"].objects.transponders)) == 1


async def test_what_is_forgotten_runs_on_and_is_left_alone_until_it_is_adopted(autojump_clock):
    async with playing("a") as stage:
        await order(stage, "forget", "a")
        stage.transponder("a", "show", f"{URL}/other")
        await stage.load()
        await settle(60)
        assert (await stage.phases())["a"] == ("Held", "forgotten")
        assert stage.transponders() == [("show", f"{URL}/a")]
        stage.transponder("a", "show", f"{URL}/a")
        await stage.load()
        await order(stage, "adopt", "a")
        await settle()
        assert (await stage.phases())["a"] == ("Ready", "unverified")
        assert stage.mutations() == ["/push/startup"]
        assert await stage.entries("Forgotten", "Adopted") == [
            ("Forgotten", "transponder/a"),
            ("Adopted", "transponder/a"),
        ]


async def test_what_is_forgotten_is_not_ended_when_its_line_goes(autojump_clock):
    async with playing("a") as stage:
        await order(stage, "forget", "a")
        stage.remove("a")
        await stage.load()
        await settle(60)
        assert (await stage.phases(), stage.transponders()) == ({}, [("show", f"{URL}/a")])


async def test_a_strangers_that_differs_is_taken_over_when_it_is_adopted(autojump_clock):
    async with staged() as stage:
        await stage.start()
        server = stage.servers["wcs1"]
        await server.client("p").publish("show")
        await server.foreign("/push/startup", {"streamName": "show", "rtmpUrl": URL})
        await settle(20)
        stage.transponder("a", "show", URL, muted=True)
        await stage.load()
        await settle(20)
        assert await stage.phases() == {"a": ("Held", "foreign")}
        assert (await order(stage, "adopt", "a"))[0] == 200
        await settle()
        assert await stage.phases() == {"a": ("Ready", "unverified")}
        assert stage.mutations() == ["/push/mute"]


async def test_orders_are_for_all_with_a_label_and_dry_runs_do_nothing(autojump_clock):
    async with playing("a", "b") as stage:
        body = {"labels": ["show=news"], "dryRun": True}
        _, answer = await stage.ask("POST", "/control/v1/stop", body)
        assert answer["resources"] == ["transponder/a", "transponder/b"]
        await settle()
        assert len(stage.transponders()) == 2
        await stage.ask("POST", "/control/v1/stop", body | {"dryRun": False})
        await settle()
        assert stage.transponders() == []


@pytest.mark.parametrize(
    ("verb", "body", "status", "said"),
    [
        ("stop", {}, 400, "stop needs names or labels of what it is for"),
        ("stop", {"names": "a"}, 400, "stop needs names or labels of what it is for"),
        ("stop", {"names": ["x"]}, 404, "x: not declared and not ours"),
        ("stop", {"labels": ["x=y"]}, 404, "nothing is declared with x=y"),
        ("stop", {"names": ["node/wcs1"]}, 400, "node/wcs1: nodes are paused and resumed only"),
        ("pause", {"names": ["node/x"]}, 404, "node/x: no such node (configured: wcs1)"),
        (
            "start",
            {"names": ["a"], "forMs": 5},
            400,
            "start: `for` is a duration, for stop and pause only",
        ),
        ("adopt", {"names": ["a"]}, 409, "transponder/a: nothing is there that could be adopted"),
        (
            "adopt",
            {"names": ["transponder/~abc"]},
            409,
            "transponder/~abc is a stranger's: declare it, and what runs as declared is ours",
        ),
        (
            "stop",
            {"names": ["same"]},
            400,
            "same may be recording/same, transponder/same: say which",
        ),
    ],
)
async def test_what_cannot_be_ordered_is_refused_with_the_reason(
    autojump_clock, verb, body, status, said
):
    async with playing("a") as stage:
        stage.transponder("same", "other", f"{URL}/same")
        stage.recording("same", "other")
        await stage.load()
        before = await stage.entries("OperatorAsked")
        assert await stage.ask("POST", f"/control/v1/{verb}", body) == (status, {"error": said})
        assert await stage.entries("OperatorAsked") == before
