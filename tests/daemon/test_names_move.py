"""New names, agents that take their time, and things that are made for others. (T32 and more)"""

import pytest
import trio
from attrs import evolve

from orchestrator.core.configuration import Node
from orchestrator.core.mapping import Map
from orchestrator.emulator.agent import Sort
from orchestrator.emulator.settings import Settings
from tests.stage import staged

NODES = {"wcs1": Node(Map(role="origin"), ws="wss://wcs1:8443")}
MIXER = """
defaults: {{node: wcs1}}
{moved}
mixers: {{{name}: {{localStreamName: show, inputs: [host]}}}}
transponders: {{{out}: {{streamName: show, rtmpUrl: rtmp://h/live}}}}
"""


def turn(stage, node="wcs1", **faults):
    own = stage.servers[node].node
    own.turn(evolve(own.faults, **faults))


def vanish(stage, node):
    """End the one agent of a node by itself."""
    server = stage.servers[node]
    things = [one for kept in server.objects.kept.values() for one in kept.values()]
    (agent,) = [one for one in things if one.sort in ("rtmp-pull", "pull")]
    server.media.vanish(agent)


async def rows(stage):
    _, found = await stage.ask("GET", "/api/v1/resources")
    return {row["resource"]: (row["phase"], row["reason"]) for row in found}


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_is_renamed_goes_on_untouched(autojump_clock, restarts):
    async with staged(node_values=NODES) as stage:
        stage.write(MIXER.format(moved="", name="old", out="youtube"))
        await stage.start()
        await stage.servers["wcs1"].client("host").publish("host")
        await trio.sleep(60)
        before = stage.journal.written
        moved = "moved: {mixer/old: mixer/new, transponder/youtube: transponder/tube}"
        stage.write(MIXER.format(moved=moved, name="new", out="tube"))
        taken = await stage.load()
        if restarts:
            await stage.kill()
            await stage.start()
        await trio.sleep(600)
        assert (taken.holds, stage.mutations(after=before)) == ((), [])
        ready = ("Ready", "unverified")
        assert await rows(stage) == {"mixer/new": ready, "transponder/tube": ready}

        stage.write("{}")
        await stage.load()
        await trio.sleep(60)
        assert stage.mutations(after=before) == ["/push/terminate", "/mixer/terminate"]


async def test_a_name_that_is_declared_twice_is_not_moved(autojump_clock):
    async with staged(node_values=NODES) as stage:
        line = "defaults: {node: wcs1}\ntransponders: {a: {streamName: s, rtmpUrl: rtmp://h/a}"
        stage.write(f"{line}}}\n")
        await stage.start()
        await stage.servers["wcs1"].client("s").publish("s")
        await trio.sleep(60)
        both = f"{line}, b: {{streamName: s, rtmpUrl: rtmp://h/b}}}}\n"
        stage.write(both + "moved: {transponder/a: transponder/b}\n")
        await stage.load()
        await trio.sleep(60)
        assert (await rows(stage)).keys() == {"transponder/a", "transponder/b"}
        assert stage.mutations() == ["/push/startup", "/push/startup"]


async def test_an_answer_that_comes_after_the_new_name_is_not_lost(autojump_clock):
    async with staged(node_names=("wcs1", "wcs2"), node_values=NODES) as stage:
        stage.write(MIXER.format(moved="", name="old", out="youtube"))
        await stage.start()
        turn(stage, rest_delayed=1.0, rest_late_s=8.0, rest_groups=("/push/startup", "/mixer/"))
        await stage.servers["wcs1"].client("host").publish("host")
        await trio.sleep(2)
        moved = "moved: {mixer/old: mixer/new, transponder/youtube: transponder/tube}"
        stage.write(MIXER.format(moved=moved, name="new", out="tube"))
        await stage.load()
        await trio.sleep(120)
        ready = ("Ready", "unverified")
        assert await rows(stage) == {"mixer/new": ready, "transponder/tube": ready}
        assert stage.mutations().count("/mixer/startup") == 1


PULL = "pulls: {a: {node: wcs1, uri: rtmp://h/live/a, localStreamName: a}}\n"


async def test_what_does_not_begin_in_time_is_ended_and_tried_again(autojump_clock):
    wcs = Settings(tells_metrics=False, start_s=10_000)
    async with staged(node_values=NODES, wcs_settings=wcs) as stage:
        stage.write(PULL)
        await stage.start()
        await trio.sleep(10)
        assert await rows(stage) == {"pull/a": ("Starting", "not-running")}
        await trio.sleep(10)
        assert stage.mutations()[:2] == ["/pull/rtmp/pull", "/pull/rtmp/terminate"]
        await trio.sleep(3_600)
        assert (await rows(stage))["pull/a"][0] in ("Parked", "Starting")
        assert len(stage.mutations()) < 60


async def test_what_stops_running_and_is_still_listed_is_made_anew(autojump_clock):
    wcs = Settings(tells_metrics=False, agent_lingers_s=40)
    async with staged(node_values=NODES, wcs_settings=wcs) as stage:
        stage.write(PULL)
        await stage.start()
        await trio.sleep(90)
        vanish(stage, "wcs1")
        await trio.sleep(10)
        assert await rows(stage) == {"pull/a": ("Starting", "not-running")}
        await trio.sleep(120)
        assert await rows(stage) == {"pull/a": ("Ready", "unverified")}


async def test_what_is_made_for_others_waits_until_it_is_used(autojump_clock):
    state = """
    defaults: {node: wcs1}
    vods: {slate: {uri: vod-live://s.mp4, localStreamName: slate, loop: true, keep: whileUsed}}
    injections: {break: {localStreamName: host, remoteStreamName: slate}}
    """
    async with staged(node_values=NODES) as stage:
        stage.write(state)
        await stage.start()
        await trio.sleep(300)
        assert (await rows(stage))["vod/slate"] == ("Waiting", "unused")
        assert stage.mutations() == []
        host = stage.servers["wcs1"].client("host")
        await host.publish("host")
        await trio.sleep(60)
        assert (await rows(stage))["vod/slate"] == ("Ready", "unverified")
        assert stage.mutations() == ["/vod/startup", "/stream/inject/startup"]
        host.drop()
        await trio.sleep(120)
        assert (await rows(stage))["vod/slate"] == ("Waiting", "unused")


async def test_a_pull_from_a_managed_node_waits_for_its_source(autojump_clock):
    nodes = {**NODES, "wcs2": Node(Map(role="edge"))}
    state = "pulls: {show: {nodes: {role: edge}, from: wcs1, remoteStreamName: show}}\n"
    async with staged(node_names=("wcs1", "wcs2"), node_values=nodes) as stage:
        stage.write(state)
        await stage.start()
        await trio.sleep(300)
        assert await rows(stage) == {"pull/show": ("Waiting", "stream-absent")}
        assert stage.mutations("wcs2") == []
        publisher = stage.servers["wcs1"].client("show")
        await publisher.publish("show")
        await trio.sleep(10)
        assert await rows(stage) == {"pull/show": ("Ready", "unverified")}
        await publisher.unpublish()
        vanish(stage, "wcs2")
        await trio.sleep(60)
        assert await rows(stage) == {"pull/show": ("Waiting", "stream-absent")}
        stage.servers["wcs1"].restart(2)
        await trio.sleep(60)
        await stage.servers["wcs1"].client("show again").publish("show")
        await trio.sleep(20)
        assert await rows(stage) == {"pull/show": ("Ready", "unverified")}
        assert stage.mutations("wcs2") == ["/pull/pull", "/pull/pull"]


async def test_inputs_join_by_a_pattern_the_longest_published_first(autojump_clock):
    inputs = '[{streams: "guest-*", max: 2, audioLevel: 80}]'
    state = f"mixers: {{show: {{node: wcs1, localStreamName: show, inputs: {inputs}}}}}\n"
    async with staged(node_values=NODES) as stage:
        stage.write(state)
        await stage.start()
        await trio.sleep(10)
        assert await rows(stage) == {"mixer/show": ("Waiting", "stream-absent")}
        for name in ("guest-b", "guest-a", "other", "guest-c"):
            await stage.servers["wcs1"].client(name).publish(name)
            await trio.sleep(1)
        await trio.sleep(60)
        (mixer,) = stage.servers["wcs1"].media.agents.all(Sort.MIXER)
        names = sorted(one["name"] for one in mixer.inputs.values())
        assert (names, await rows(stage)) == (
            ["guest-a", "guest-b"],
            {"mixer/show": ("Ready", "unverified")},
        )
