"""The groups /pull, /pull/rtmp and /rtsp as documented, quirks and all."""

import pytest
import trio

from orchestrator.emulator.settings import Generation

WSS = "wss://demo:8443"
PULL = {"uri": WSS, "localStreamName": "a", "remoteStreamName": "b"}
RTMP = {"uri": "rtmp://source/live/x", "localStreamName": "a"}
RTSP = {"uri": "rtsp://camera/main", "toStream": "a"}


def less_ids(listed):
    return [
        {key: value for key, value in one.items() if key[-14:] != "MediaSessionId"}
        for one in listed
    ]


async def listed(wcs, group):
    status, found = await wcs.call(f"/{group}/find_all")
    return [] if status == 404 else found


@pytest.mark.parametrize(("suffix", "uri"), [(True, f"{WSS}/websocket"), (False, WSS)])
async def test_lists_pulls_and_pushes_together(autojump_clock, wcs, suffix, uri):
    wcs.turn(websocket_suffix=suffix, generation=Generation.Y2021)
    await wcs.publish("c")
    push = {"uri": WSS + "/", "localStreamName": "c", "remoteStreamName": "d"}
    assert await wcs.call("/pull/pull", PULL) == (200, b"")
    assert await wcs.call("/pull/push", push) == (200, b"")
    first = await listed(wcs, "pull")
    assert less_ids(first) == [
        {**PULL, "uri": uri, "status": "NEW"},
        {**push, "uri": uri, "status": "NEW"},
    ]
    assert [one["remoteMediaSessionId"] for one in first] == [None, None]
    await trio.sleep(1)
    second = await listed(wcs, "pull")
    assert [one["status"] for one in second] == ["PROCESSED_REMOTE"] * 2
    assert [len(one["remoteMediaSessionId"]) for one in second] == [36, 36]
    assert await wcs.names() == {"c": "WebRTC", "a": "WebRTC"}


async def test_recent_builds_leave_out_what_is_null(autojump_clock, wcs):
    await wcs.call("/pull/pull", PULL)
    assert "remoteMediaSessionId" not in (await listed(wcs, "pull"))[0]


async def test_the_uri_and_both_names_make_one(autojump_clock, wcs):
    await wcs.publish("c")
    push = {"uri": WSS, "localStreamName": "c", "remoteStreamName": "d"}
    pulls = [PULL, PULL, PULL | {"localStreamName": "a2"}, PULL | {"uri": ""}]
    assert [(await wcs.call("/pull/pull", one))[0] for one in pulls] == [200, 409, 200, 500]
    pushes = [push, push, push | {"remoteStreamName": "d2"}, push | {"uri": "http://x"}]
    assert [(await wcs.call("/pull/push", one))[0] for one in pushes] == [200, 409, 200, 500]


async def test_a_push_may_name_its_stream_by_its_media_session(autojump_clock, wcs):
    stream = await wcs.publish("c")
    body = PULL | {"localMediaSessionId": stream.media_session_id}
    assert (await wcs.call("/pull/push", body))[0] == 200
    assert (await listed(wcs, "pull"))[0]["localStreamName"] == "c"


@pytest.mark.parametrize(
    "key",
    [
        {"uri": WSS},
        {"uri": f"{WSS}/websocket"},
        {"localStreamName": "a", "remoteStreamName": "b"},
        {"status": "NEW"},
    ],
    ids=str,
)
async def test_ends_what_fits_every_key(autojump_clock, wcs, key):
    await wcs.call("/pull/pull", PULL)
    assert await wcs.call("/pull/terminate", key | {"remoteStreamName": "x"}) == (200, b"")
    await trio.sleep(0.3)
    assert len(await listed(wcs, "pull")) == 1
    assert await wcs.call("/pull/terminate", key) == (200, b"")
    await trio.sleep(0.3)
    assert await listed(wcs, "pull") == []


async def test_ends_all_when_told_to_end_none_in_particular(autojump_clock, wcs):
    await wcs.call("/pull/pull", PULL)
    wcs.turn(empty_agent_terminate_ends_all=False)
    assert (await wcs.call("/pull/terminate", {}))[0] == 500
    wcs.turn(empty_agent_terminate_ends_all=True)
    assert (await wcs.call("/pull/terminate", {}))[0] == 200
    await trio.sleep(1)
    assert await wcs.call("/pull/find_all") == (200, [])
    wcs.turn(never_404=frozenset(), pull_terminate_of_none_is_404=True)
    assert (await wcs.call("/pull/find_all"))[0] == 404
    assert (await wcs.call("/pull/terminate", {"localStreamName": "a"}))[0] == 404


async def test_takes_rtmp_where_the_build_does(autojump_clock, wcs):
    assert (await wcs.call("/pull/pull", RTMP))[0] == 200
    assert [one["uri"] for one in await listed(wcs, "pull/rtmp")] == [RTMP["uri"]]
    assert await listed(wcs, "pull") == []
    wcs.turn(pull_takes_rtmp=False)
    assert (await wcs.call("/pull/pull", RTMP | {"uri": "rtmp://b/c"}))[0] == 500


@pytest.mark.parametrize(
    ("generation", "shown"),
    [
        (
            Generation.Y2017,
            {"localStreamName": RTMP["uri"], "remoteStreamName": None},
        ),
        (
            Generation.Y2021,
            {"localStreamName": "a", "hasAudio": True, "hasVideo": True, "record": True},
        ),
        (
            Generation.Y2022,
            {"localStreamName": "a", "hasAudio": True, "hasVideo": False, "record": True},
        ),
    ],
)
async def test_rtmp_pulls_have_what_their_generation_knows(
    autojump_clock, start, generation, shown
):
    wcs = await start(generation=generation, names_captured=generation is not Generation.Y2017)
    body = RTMP | {"record": "true", "hasVideo": "false"}
    assert await wcs.call("/pull/rtmp/pull", body) == (200, b"")
    await trio.sleep(1)
    found = less_ids(await listed(wcs, "pull/rtmp"))
    assert found == [{"uri": RTMP["uri"], "status": "PROCESSED_REMOTE", **shown}]
    assert await wcs.names() == {shown["localStreamName"]: "Flash"}
    recorded = await listed(wcs, "recorder")
    assert len(recorded) == int(shown.get("record", False))


async def test_only_one_rtmp_pull_has_a_uri(autojump_clock, wcs):
    bodies = [RTMP, RTMP | {"localStreamName": "b"}, {"uri": "rtmp://b/c"}, {"uri": "http://b"}]
    answers = [(await wcs.call("/pull/rtmp/pull", one))[0] for one in bodies]
    assert answers == [200, 409, 200, 500]
    assert (await wcs.call("/pull/rtmp/terminate", {"uri": "rtmp://no/one"}))[0] == 404
    assert (await wcs.call("/pull/rtmp/find", {}))[0] == 404


@pytest.mark.parametrize(
    ("generation", "shown"), [(Generation.Y2017, {}), (Generation.Y2022, {"toStream": "a"})]
)
async def test_lists_little_of_a_camera(autojump_clock, start, generation, shown):
    wcs = await start(generation=generation, names_captured=generation is not Generation.Y2017)
    assert await wcs.call("/rtsp/startup", RTSP) == (200, b"")
    await trio.sleep(1)
    whole = {"uri": RTSP["uri"], "status": "PLAYING", **shown}
    assert await wcs.call("/rtsp/find_all") == (200, [whole])
    assert await wcs.call("/rtsp/find", {"uri": RTSP["uri"], "status": "PLAYING"}) == (200, [whole])
    assert (await wcs.call("/rtsp/find", {"status": "PENDING"}))[0] == 404
    assert await wcs.names() == {shown.get("toStream", RTSP["uri"]): "RTSP"}
    assert (await wcs.call("/rtsp/startup", RTSP))[0] == 409
    assert (await wcs.call("/rtsp/terminate", {"uri": "rtsp://other"}))[0] == 404
    assert (await wcs.call("/rtsp/terminate", {"uri": RTSP["uri"]}))[0] == 200
    await trio.sleep(1)
    assert (await wcs.call("/rtsp/find_all"))[0] == 404


async def test_a_camera_that_nobody_reads_may_be_let_go(autojump_clock, start):
    wcs = await start(rtsp_idle_s=60)
    await wcs.call("/rtsp/startup", RTSP)
    await trio.sleep(50)
    await wcs.push("a")
    await trio.sleep(600)
    _, [transponder] = await wcs.call("/push/find_all")
    assert await wcs.names() == {"a": "RTSP"}
    await wcs.call("/push/terminate", {"mediaSessionId": transponder["mediaSessionId"]})
    await trio.sleep(59)
    assert await wcs.names() == {"a": "RTSP"}
    await trio.sleep(30)
    assert await wcs.names() == {}


async def test_false_as_text_may_be_true(autojump_clock, start):
    wcs = await start(false_text_is_true=True)
    await wcs.call("/pull/rtmp/pull", RTMP | {"record": "false", "hasVideo": False})
    [found] = await listed(wcs, "pull/rtmp")
    assert (found["record"], found["hasVideo"]) == (True, False)
