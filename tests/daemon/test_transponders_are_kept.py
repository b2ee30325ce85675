"""What the daemon promises for transponders, tried on an emulated node in virtual time."""

import trio
from attrs import evolve

from orchestrator.core.configuration import Retry
from orchestrator.core.resource import Key, OnRemove
from orchestrator.emulator.faults import Faults
from tests.stage import staged

URL = "rtmp://target.lan/live"


async def settle(seconds=3):
    await trio.sleep(seconds)


async def test_a_published_stream_gets_its_transponder_within_a_second(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        await settle()
        assert await stage.phases() == {"youtube": ("Waiting", "stream-absent")}
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(1)
        assert stage.transponders() == [("show", URL)]
        await settle()
        assert await stage.phases() == {"youtube": ("Ready", "unverified")}
        assert stage.mutations() == ["/push/startup"]


async def test_one_that_vanished_silently_is_back_within_one_look(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        server = stage.servers["wcs1"]
        server.media.transponders.vanish(server.transponder("show"))
        assert stage.transponders() == []
        await trio.sleep(6)
        assert stage.transponders() == [("show", URL)]
        assert stage.mutations() == ["/push/startup", "/push/startup"]


async def test_a_removed_line_ends_its_transponder(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        stage.transponder("keeps", "show", f"{URL}2", on_remove=OnRemove.KEEP)
        stage.transponder("protected", "show", f"{URL}3", protect=True)
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        stage.remove("youtube", "keeps", "protected")
        await stage.load()
        await settle()
        assert stage.transponders() == [("show", f"{URL}2"), ("show", f"{URL}3")]
        assert stage.mutations() == ["/push/startup"] * 3 + ["/push/terminate"]
        assert await stage.phases() == {"protected": ("Held", "protected")}


async def test_a_changed_target_replaces_once(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        stage.transponder("youtube", "show", f"{URL}-new")
        await stage.load()
        await settle(10)
        assert stage.transponders() == [("show", f"{URL}-new")]
        assert stage.mutations() == ["/push/startup", "/push/terminate", "/push/startup"]
        assert await stage.phases() == {"youtube": ("Ready", "unverified")}


async def test_mute_changes_in_place(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        stage.transponder("youtube", "show", muted=True)
        await stage.load()
        await settle()
        assert stage.servers["wcs1"].transponder("show").muted
        assert stage.mutations() == ["/push/startup", "/push/mute"]


async def test_twelve_of_fifteen_lines_removed_at_once_are_held_until_approved(autojump_clock):
    async with staged() as stage:
        for number in range(15):
            stage.transponder(f"t{number:02}", "show", f"{URL}{number:02}")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        assert len(stage.transponders()) == 15
        stage.remove(*(f"t{number:02}" for number in range(12)))
        taken = await stage.load()
        await settle(60)
        assert len(stage.transponders()) == 15
        (hold,) = taken.holds
        phases = await stage.phases()
        assert phases["t00"] == ("Held", "over-limit")
        assert phases["t14"] == ("Ready", "unverified")
        status, reply = await stage.ask("POST", "/control/v1/approve", {"hold": hold})
        assert (status, reply) == (200, {"approved": hold})
        await settle(10)
        assert len(stage.transponders()) == 3
        assert stage.mutations().count("/push/terminate") == 12


async def test_a_hold_survives_a_restart(autojump_clock):
    async with staged() as stage:
        for number in range(15):
            stage.transponder(f"t{number:02}", "show", f"{URL}{number:02}")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        stage.remove(*(f"t{number:02}" for number in range(12)))
        await stage.load()
        await stage.kill()
        await stage.start()
        await settle(60)
        assert len(stage.transponders()) == 15


async def test_what_is_foreign_is_never_touched(autojump_clock):
    async with staged() as stage:
        server = stage.servers["wcs1"]
        await stage.start()
        await server.client("p").publish("show")
        await server.foreign("/push/startup", {"streamName": "show", "rtmpUrl": f"{URL}9"})
        stage.transponder("youtube", "show")
        await stage.load()
        await settle()
        stage.remove("youtube")
        await stage.load()
        await settle(60)
        assert stage.transponders() == [("show", f"{URL}9")]
        assert stage.mutations() == ["/push/startup", "/push/terminate"]


async def test_one_that_differs_and_is_foreign_is_held(autojump_clock):
    async with staged() as stage:
        server = stage.servers["wcs1"]
        await stage.start()
        await server.client("p").publish("show")
        await server.foreign(
            "/push/startup", {"streamName": "show", "rtmpUrl": URL, "options": {"action": "mute"}}
        )
        await settle()
        stage.transponder("youtube", "show")
        await stage.load()
        await settle(30)
        assert await stage.phases() == {"youtube": ("Held", "foreign")}
        assert stage.mutations() == []


async def test_what_comes_long_after_a_start_without_an_answer_is_foreign(autojump_clock):
    async with staged() as stage:
        server = stage.servers["wcs1"]
        server.keep("show")
        await settle()
        retry = Retry(first_ms=600_000, max_ms=600_000)
        key = Key("transponder", "t")
        stage.transponder("t", "show")
        stage.resources[key] = evolve(stage.resources[key], retry=retry)
        server.node.turn(Faults(rest_groups=("/push/startup",), rest_hangs=1))
        await stage.start()
        await settle(120)
        server.node.turn(Faults())
        fields = {"streamName": "show", "rtmpUrl": "rtmp://target.lan/live"}
        await server.foreign("/push/startup", {**fields, "options": {"action": "mute"}})
        await settle(60)
        assert await stage.phases() == {"t": ("Held", "foreign")}
        assert stage.mutations() == ["/push/startup"]


async def test_an_equal_one_already_running_is_adopted_without_a_call_and_let_go(autojump_clock):
    async with staged() as stage:
        server = stage.servers["wcs1"]
        await stage.start()
        await server.client("p").publish("show")
        await server.foreign("/push/startup", {"streamName": "show", "rtmpUrl": f"{URL}/"})
        await settle(10)
        stage.transponder("youtube", "show")
        await stage.load()
        await settle()
        assert await stage.phases() == {"youtube": ("Ready", "unverified")}
        stage.remove("youtube")
        await stage.load()
        await settle(30)
        assert stage.transponders() == [("show", f"{URL}/")]
        assert stage.mutations() == []


async def test_a_node_restart_is_recognised_and_everything_rebuilt(autojump_clock):
    async with staged() as stage:
        server = stage.servers["wcs1"]
        for number in range(10):
            stage.transponder(f"t{number:02}", "show", f"{URL}{number:02}")
        await stage.start()
        server.keep("show")
        await settle(5)
        server.restart(2)
        await settle(30)
        assert len(stage.transponders()) == 10
        assert stage.mutations() == ["/push/startup"] * 20
        assert ("NodeRestarted", "node/wcs1") in await stage.entries("NodeRestarted")


async def test_a_killed_daemon_starts_nothing_twice(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        for _ in range(5):
            await stage.kill()
            await stage.start()
            await settle()
        assert stage.mutations() == ["/push/startup"]


async def test_at_rest_nothing_is_called_and_nothing_written(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        stage.transponder("absent", "nobody")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle(30)
        head, calls = stage.log.head, stage.mutations()
        await settle(86_400)
        assert (stage.log.head, stage.mutations()) == (head, calls)
