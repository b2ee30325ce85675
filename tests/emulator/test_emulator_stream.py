"""The groups /stream and /connection, and the shapes of three generations."""

import re

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.settings import Generation
from orchestrator.emulator.things import Provider

KEYS_2017 = (
    "custom nodeId appKey sessionId mediaSessionId remoteMediaElementId name published hasVideo "
    "hasAudio status sdp info record recordName width height bitrate quality rtmpUrl streamInfo "
    "mediaProvider"
)
KEYS_2021 = (
    "appKey sessionId mediaSessionId name published hasVideo hasAudio status sdp audioCodec "
    "videoCodec record width height bitrate minBitrate maxBitrate quality history gop fps "
    "audioBitrate codecImpl transport cvoExtension createDate mediaType mediaProvider"
)


@pytest.mark.parametrize(
    ("generation", "keys"),
    [
        (Generation.Y2017, KEYS_2017),
        (Generation.Y2021, KEYS_2021),
        (Generation.Y2022, f"{KEYS_2021} audioState videoState"),
    ],
)
async def test_shows_a_stream_as_its_generation_does(autojump_clock, start, generation, keys):
    wcs = await start(generation=generation)
    await wcs.publish("a", Provider.RTMP)
    _, [shown] = await wcs.call("/stream/find_all")
    assert sorted(shown) == sorted(keys.split())
    assert (shown["name"], shown["status"], shown["published"]) == ("a", "PUBLISHING", True)
    assert (shown["mediaProvider"], shown["appKey"]) == ("Flash", "flashStreamingApp")
    assert (shown["width"], shown["height"]) == (640, 360)
    if generation is Generation.Y2017:
        assert (shown["nodeId"], shown["info"], shown["custom"]) == (None, None, {})
    else:
        assert (shown["createDate"], shown["mediaType"]) == (1_700_000_000_000, "publish")


@pytest.mark.parametrize(
    ("generation", "form"),
    [
        (Generation.Y2017, r"/[\d.]+:\d+/127.0.0.1:8443$"),
        (Generation.Y2021, r"/[\d.]+:\d+/127.0.0.1:8443-[0-9a-f-]{36}$"),
        (Generation.Y2022, r"[0-9a-f-]{36}$"),
    ],
)
async def test_names_sessions_as_its_generation_does(autojump_clock, start, generation, form):
    wcs = await start(generation=generation)
    stream = await wcs.publish("a")
    assert re.match(form, stream.connection.session_id)


async def test_finds_by_every_key_and_takes_null_for_none(autojump_clock, wcs):
    one, two = await wcs.publish("a"), await wcs.publish("b")
    await wcs.server.client("viewer").play("a")

    async def found(**keys):
        status, streams = await wcs.call("/stream/find", keys)
        return [(each["name"], each["status"]) for each in streams] if status == 200 else status

    assert await found(name="a", published="true") == [("a", "PUBLISHING")]
    assert await found(published=False, name=None) == [("a", "PLAYING")]
    assert await found(mediaSessionId=two.media_session_id) == [("b", "PUBLISHING")]
    assert await found(sessionId=one.connection.session_id, hasAudio=True) == [("a", "PUBLISHING")]
    assert await found(name="c") == 404
    assert await found(published="maybe") == 500
    assert await found(mediaSessionIds="one") == 500
    assert await found(display="metrics") == 500
    assert len(await found()) == 3


async def test_shows_metrics_on_request_only(autojump_clock, wcs):
    await wcs.publish("a")
    _, [plain] = await wcs.call("/stream/find", {"name": "a"})
    _, [shown] = await wcs.call("/stream/find", {"name": "a", "display": ["metrics"]})
    assert "metrics" not in plain
    assert shown["metrics"]["VIDEO_WIDTH"] == 640


async def test_terminates_by_keys_later_and_says_so(autojump_clock, wcs):
    stream = await wcs.publish("a")
    await wcs.publish("b")
    id_ = stream.media_session_id
    body = {"mediaSessionIds": [id_], "status": "PUBLISHING"}
    assert await wcs.call("/stream/terminate", body) == (200, b"")
    assert len((await wcs.call("/stream/find_all"))[1]) == 2
    await trio.sleep(0.5)
    assert [one["name"] for one in (await wcs.call("/stream/find_all"))[1]] == ["b"]
    assert (await wcs.call("/stream/terminate", body))[0] == 404
    [ended] = [
        one for one in wcs.backend.bodies("StreamStatusEvent") if one["mediaSessionId"] == id_
    ][1:]
    assert (ended["status"], ended["info"]) == ("UNPUBLISHED", "Stopped by rest /terminate")


async def test_ends_every_stream_when_told_to_end_none_in_particular(autojump_clock, wcs):
    await wcs.publish("a")
    await wcs.publish("b")
    wcs.turn(empty_terminate_stops_all=False)
    assert (await wcs.call("/stream/terminate", {}))[0] == 500
    wcs.turn(empty_terminate_stops_all=True)
    assert (await wcs.call("/stream/terminate", {}))[0] == 200
    await trio.sleep(0.5)
    assert (await wcs.call("/stream/find_all"))[0] == 404


async def test_takes_pictures(autojump_clock, wcs):
    await wcs.publish("a")
    status, picture = await wcs.call("/stream/snapshot", {"streamName": "a"})
    assert (status, list(picture), picture["data"][:6]) == (200, ["data"], "iVBORw")
    assert (await wcs.call("/stream/snapshot", {"streamName": "b"}))[0] == 404


async def test_sends_an_event_to_each_subscriber(autojump_clock, wcs):
    await wcs.publish("a")
    viewers = [await wcs.server.client(name).play("a") for name in ("one", "two")]
    body = {"streamName": "a", "payload": {"count": 23}}
    assert await wcs.call("/stream/event/send", body) == (200, b"")
    await wait_all_tasks_blocked()
    expected = [
        {
            "nodeId": wcs.server.node.id,
            "appKey": "defaultApp",
            "sessionId": one.connection.session_id,
            "mediaSessionId": one.media_session_id,
            "type": "data",
            "payload": {"count": 23},
        }
        for one in viewers
    ]
    by_id = sorted(wcs.backend.bodies("StreamEvent"), key=lambda one: one["sessionId"])
    assert by_id == sorted(expected, key=lambda one: one["sessionId"])
    assert (await wcs.call("/stream/event/send", {"streamName": "b"}))[0] == 404


async def test_lists_finds_and_terminates_connections(autojump_clock, wcs):
    stream = await wcs.publish("a")
    await wcs.publish("b", Provider.RTMP)
    session = stream.connection.session_id
    assert len((await wcs.call("/connection/find_all"))[1]) == 2
    _, [found] = await wcs.call("/connection/find", {"appKey": "flashStreamingApp"})
    assert found["appKey"] == "flashStreamingApp"
    assert await wcs.call("/connection/terminate", {"sessionId": session}) == (200, b"")
    await trio.sleep(0.5)
    assert (await wcs.call("/connection/find", {"sessionId": session}))[0] == 404
    assert (await wcs.call("/connection/terminate", {"sessionId": session}))[0] == 404
    assert stream.info == "Stopped by session disconnect"


async def test_old_builds_show_the_sip_password_of_a_connection(autojump_clock, start):
    wcs = await start(generation=Generation.Y2017)
    await wcs.server.client("a", custom={"sipPassword": "canary"}).publish("a")
    _, [shown] = await wcs.call("/connection/find_all")
    assert (shown["sipPassword"], shown["sipLogin"], shown["nodeId"]) == ("canary", None, None)


async def counters(wcs, *names):
    """Return some metrics of the stream a."""
    _, [shown] = await wcs.call("/stream/find", {"name": "a", "display": ["metrics"]})
    return tuple(shown["metrics"][name] for name in names)


async def test_media_of_a_live_stream_moves_on(autojump_clock, wcs):
    await wcs.publish("a")
    names = ("VIDEO_SYNC", "VIDEO_K_FRAMES", "VIDEO_P_FRAMES", "AUDIO_SYNC", "VIDEO_RATE")
    assert await counters(wcs, *names) == (0, 0, 0, 0, 1_200_000)
    await trio.sleep(10)
    assert await counters(wcs, *names) == (10_000, 5, 235, 10_000, 1_200_000)


async def test_media_of_a_frozen_stream_stands_still_until_it_thaws(autojump_clock, wcs):
    await wcs.publish("a")
    await trio.sleep(10)
    wcs.fail(streams_frozen=frozenset({"a*"}))
    await trio.sleep(100)
    names = ("VIDEO_SYNC", "VIDEO_RATE", "AUDIO_RATE")
    assert await counters(wcs, *names) == (10_000, 0, 0)
    wcs.fail(streams_frozen=frozenset())
    await trio.sleep(5)
    assert await counters(wcs, *names) == (15_000, 1_200_000, 128_000)
    assert [one.what for one in wcs.entries("fault")] == ["stream frozen", "stream thawed"]


async def test_media_of_a_frozen_name_never_moves(autojump_clock, wcs):
    wcs.fail(streams_frozen=frozenset({"a"}))
    await wcs.publish("a")
    await trio.sleep(100)
    assert await counters(wcs, "VIDEO_SYNC", "VIDEO_P_FRAMES") == (0, 0)
