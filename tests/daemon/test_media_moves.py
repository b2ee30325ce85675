"""Health beyond existence: a stream that is published and moves no media."""

import trio
from attrs import evolve

from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.media import MOVING, STILL, Media, after_look
from orchestrator.emulator.settings import Generation, Settings
from tests.stage import staged

WCS = Settings()
OLD = Settings(generation=Generation.Y2017, tells_metrics=False)


async def row(stage):
    (found,) = (await stage.ask("GET", "/api/v1/resources"))[1]
    return found["phase"], found["reason"], found["media"]


async def test_what_reads_a_stream_without_media_is_not_ready(autojump_clock):
    async with staged(wcs_settings=WCS) as stage:
        stage.transponder("youtube", "camera-1")
        await stage.start()
        await stage.servers["wcs1"].client("camera").publish("camera-1")
        await trio.sleep(100)
        assert await row(stage) == ("Ready", "", {"camera-1": "moving"})
        before = stage.journal.written
        node = stage.servers["wcs1"].node
        node.turn(evolve(node.faults, streams_frozen=frozenset({"camera-*"})))
        await trio.sleep(100)
        assert await row(stage) == ("Waiting", "no-media", {"camera-1": "still"})
        position = stage.log.head.position
        await trio.sleep(3_600)
        assert (stage.mutations(after=before), stage.log.head.position) == ([], position)
        node.turn(evolve(node.faults, streams_frozen=frozenset()))
        await trio.sleep(100)
        assert await row(stage) == ("Ready", "", {"camera-1": "moving"})


async def test_a_pull_is_as_well_as_what_it_makes(autojump_clock):
    async with staged(wcs_settings=WCS) as stage:
        stage.write("pulls: {a: {node: wcs1, uri: rtmp://h/live/a, localStreamName: a}}\n")
        await stage.start()
        await trio.sleep(100)
        assert await row(stage) == ("Ready", "", {"a": "moving"})
        node = stage.servers["wcs1"].node
        node.turn(evolve(node.faults, streams_frozen=frozenset({"a"})))
        await trio.sleep(100)
        assert await row(stage) == ("Waiting", "no-media", {"a": "still"})


async def test_what_runs_and_does_not_publish_what_it_should_is_not_ready(autojump_clock):
    async with staged(wcs_settings=OLD) as stage:
        stage.write("pulls: {a: {node: wcs1, uri: rtsp://h/main, localStreamName: a}}\n")
        fields = {"uri": "rtsp://h/main", "toStream": "another"}
        await stage.servers["wcs1"].foreign("/rtsp/startup", fields)
        await stage.start()
        await trio.sleep(100)
        assert await row(stage) == ("Waiting", "not-published", None)
        before = stage.journal.written
        await stage.servers["wcs1"].client("camera").publish("a")
        await trio.sleep(100)
        assert await row(stage) == ("Ready", "unverified", None)
        assert stage.mutations(after=before) == []


async def test_a_build_that_cannot_measure_is_no_worse(autojump_clock):
    async with staged(wcs_settings=WCS) as stage:
        node = stage.servers["wcs1"].node
        faults = evolve(node.faults, rest_fails=1.0, rest_groups=("/stream/find?",))
        node.turn(faults)
        node.turn(evolve(node.settings, tells_metrics=False))
        stage.transponder("youtube", "camera-1")
        await stage.start()
        await stage.servers["wcs1"].client("camera").publish("camera-1")
        await trio.sleep(100)
        assert await row(stage) == ("Ready", "unverified", None)


def test_one_look_tells_nothing_and_two_do():
    first = after_look(EMPTY, {"a": 5, "b": 5}, 1_000, 15_000)
    assert first == Map(a=Media(5, 1_000), b=Media(5, 1_000))
    second = after_look(first, {"a": 6, "b": 5}, 10_000, 15_000)
    assert second == Map(a=Media(6, 10_000, MOVING), b=Media(5, 1_000))
    third = after_look(second, {"a": 6, "b": 5, "c": 1}, 16_000, 15_000)
    assert third == Map(a=Media(6, 10_000, MOVING), b=Media(5, 1_000, STILL), c=Media(1, 16_000))
    assert after_look(third, {"a": 6}, 26_000, 15_000) == Map(a=Media(6, 10_000, STILL))
