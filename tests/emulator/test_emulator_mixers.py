"""The group /mixer: inputs, setters, idle ends, and mixers that come by themselves."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.settings import Generation

URI = {"uri": "mixer://show"}
BODY = URI | {"localStreamName": "show"}


@pytest.fixture
def mix(wcs):
    """Start a mixer, and add streams that are published for it."""

    async def mix_them(*names):
        streams = [await wcs.publish(name) for name in names]
        assert await wcs.call("/mixer/startup", BODY) == (200, b"")
        for name in names:
            assert await wcs.call("/mixer/add", URI | {"remoteStreamName": name}) == (200, b"")
        return streams

    return mix_them


async def sessions(wcs):
    status, found = await wcs.call("/mixer/find_all")
    return None if status == 404 else found[0]["mediaSessions"]


def inputs(wcs):
    """Return the inputs of the one mixer as the journal last told them, by name."""
    told = [one.detail for one in wcs.entries("effect") if one.what.startswith("mixer ")][-1]
    return {
        one["name"]: {key: value for key, value in one.items() if key != "name"}
        for one in told["inputs"].values()
    }


WHOLE = {
    **BODY,
    "remoteMediaSessionId": None,
    "remoteStreamName": None,
    "status": "PROCESSED_LOCAL",
    "mediaSessions": [],
}
NEWER = {"hasAudio": False, "hasVideo": True, "record": False}


@pytest.mark.parametrize(
    ("generation", "shown"),
    [
        (Generation.Y2017, WHOLE),
        (Generation.Y2021, WHOLE | NEWER),
        (
            Generation.Y2022,
            {key: value for key, value in (WHOLE | NEWER).items() if value is not None}
            | {
                "mixerVideoWidth": 640,
                "mixerVideoHeight": 720,
                "mixerVideoFps": 30,
                "mixerVideoBitrateKbps": 500,
                "background": "b.png",
            },
        ),
    ],
)
async def test_is_listed_as_its_generation_does(autojump_clock, start, generation, shown):
    wcs = await start(generation=generation)
    more = {"hasAudio": "false", "mixerVideoWidth": "640", "mixerVideoBitrateKbps": 500}
    assert await wcs.call("/mixer/startup", BODY | more | {"background": "b.png"}) == (200, b"")
    await trio.sleep(1)
    _, [found] = await wcs.call("/mixer/find_all")
    assert {key: value for key, value in found.items() if key != "localMediaSessionId"} == shown
    assert await wcs.names() == {"show": "Mixer"}


async def test_names_its_inputs_by_their_media_sessions(autojump_clock, wcs, mix):
    streams = await mix("a", "b")
    ids = [one.media_session_id for one in streams]
    assert await sessions(wcs) == ids
    wcs.turn(media_sessions_are_objects=True)
    assert await sessions(wcs) == [{"localMediaSessionId": one} for one in ids]


async def test_tells_the_backend_what_goes_in_and_out(autojump_clock, wcs, mix):
    [stream] = await mix("a")
    await wait_all_tasks_blocked()
    await wcs.call("/mixer/remove", URI | {"remoteStreamName": "a"})
    await wait_all_tasks_blocked()
    told = [
        (one["mediaSessionId"], one["type"], one["payload"])
        for one in wcs.backend.bodies("StreamEvent")
    ]
    assert told == [
        (stream.media_session_id, "addedToMixing", {"uri": "mixer://show"}),
        (stream.media_session_id, "removedFromMixing", {"uri": "mixer://show"}),
    ]
    assert await sessions(wcs) == []


async def test_refuses_what_is_not_there_or_there_already(autojump_clock, wcs, mix):
    await mix("a")

    async def answers(verb, *bodies):
        return [(await wcs.call(f"/mixer/{verb}", one))[0] for one in bodies]

    known, unknown = URI | {"remoteStreamName": "a"}, URI | {"remoteStreamName": "x"}
    assert await answers("startup", BODY, BODY | {"uri": "mixer://b"}) == [409, 409]
    assert await answers("startup", URI, {"uri": "x", "localStreamName": "y"}) == [400, 400]
    assert await answers("add", known, unknown, known | {"uri": "mixer://x"}) == [200, 404, 404]
    wcs.turn(repeated_add_is_409=True)
    assert await answers("add", known) == [409]
    assert await answers("remove", unknown, known, known) == [404, 200, 404]
    assert await answers("terminate", {}, {"uri": "mixer://x"}, URI) == [404, 404, 200]
    await trio.sleep(1)
    assert (await sessions(wcs), await wcs.names()) == (None, {"a": "WebRTC"})


async def test_an_input_leaves_with_its_stream_and_does_not_come_back(autojump_clock, wcs, mix):
    await mix("a", "b")
    wcs.server.clients["a"].drop()
    await wcs.publish("a")
    assert len(await sessions(wcs)) == 2
    await trio.sleep(1.1)
    assert list(inputs(wcs)) == ["b"]


async def test_ends_after_it_had_no_input_for_a_while(autojump_clock, start):
    wcs = await start(mixer_idle_timeout=20.0)
    await wcs.call("/mixer/startup", BODY)
    await trio.sleep(20)
    assert await sessions(wcs) == []
    await wcs.server.client("viewer").play("show")
    await trio.sleep(1)
    assert await sessions(wcs) is None
    await wcs.publish("a")
    await wcs.call("/mixer/startup", BODY)
    await wcs.call("/mixer/add", URI | {"remoteStreamName": "a"})
    await trio.sleep(1000)
    assert await wcs.names() == {"a": "WebRTC", "show": "Mixer"}


async def test_a_stream_may_say_by_its_name_where_it_is_mixed(autojump_clock, wcs):
    await wcs.publish("anna#room")
    await wcs.publish("ben#room#desktop")
    await trio.sleep(1)
    assert await wcs.names() == {
        "anna#room": "WebRTC",
        "ben#room#desktop": "WebRTC",
        "room": "Mixer",
    }
    assert list(inputs(wcs)) == ["anna#room", "ben#room#desktop"]
    wcs.turn(mixer_auto_start=False)
    await wcs.publish("anna#other")
    await trio.sleep(1)
    assert "other" not in await wcs.names()


async def test_takes_in_what_was_fetched_by_its_uri(autojump_clock, wcs, mix):
    uri = "rtmp://source/live/x"
    await wcs.call("/pull/rtmp/pull", {"uri": uri, "localStreamName": "fetched"})
    await trio.sleep(1)
    await mix()
    assert (await wcs.call("/mixer/add", URI | {"remoteStreamName": uri}))[0] == 200
    assert list(inputs(wcs)) == ["fetched"]
    assert (await wcs.call("/mixer/remove", URI | {"remoteStreamName": uri}))[0] == 200
    assert inputs(wcs) == {}


async def test_levels_and_pictures_of_inputs_are_set_by_names_or_by_a_pattern(
    autojump_clock, wcs, mix
):
    await mix("guest-1", "guest-2", "host")

    async def set_them(streams, **more):
        return (await wcs.call("/mixer/setAudioVideo", URI | {"streams": streams, **more}))[0]

    assert await set_them("^guest-.*", audioLevel="0") == 200
    assert await set_them(["host"], audioLevel=80, videoMuted="true") == 200
    assert inputs(wcs) == {
        "guest-1": {"audioLevel": 0},
        "guest-2": {"audioLevel": 0},
        "host": {"audioLevel": 80, "videoMuted": True},
    }
    assert await set_them(["nobody"], audioLevel=1) == 404
    assert await set_them(["host"]) == 400
    assert await set_them("(", audioLevel=1) == 400
    assert await set_them(None, audioLevel=1) == 400


async def test_looks_are_set_while_it_runs(autojump_clock, wcs, mix):
    await mix("a")
    stream = URI | {"remoteStreamName": "a"}

    async def answer(verb, body):
        return (await wcs.call(f"/mixer/{verb}", body))[0]

    async def shown():
        _, [found] = await wcs.call("/mixer/find_all")
        return found

    assert await answer("set_parameter", URI | {"mixerLayoutDir": "/opt/l", "mixerVideoFps": 24})
    assert ((await shown())["mixerLayoutDir"], (await shown())["mixerVideoFps"]) == ("/opt/l", 24)
    assert await answer("set_parameter", URI | {"mixerLayoutDir": ""}) == 200
    assert "mixerLayoutDir" not in await shown()
    assert await answer("set_parameter", URI) == 400
    assert await answer("set_body_watermark", URI | {"watermark": "w.png"}) == 200
    assert (await shown())["watermark"] == "w.png"
    assert await answer("set_body_watermark", URI) == 400
    for verb, field in (
        ("set_stream_label", "streamLabel"),
        ("set_stream_avatar", "avatar"),
        ("set_stream_watermark", "watermark"),
    ):
        assert await answer(verb, stream | {field: "x"}) == 200
        assert await answer(verb, stream) == 400
        assert await answer(verb, URI | {field: "x"}) == 404
    assert inputs(wcs) == {"a": {"streamLabel": "x", "avatar": "x", "watermark": "x"}}
    assert await answer("remove_stream_avatar", stream) == 200
    assert inputs(wcs) == {"a": {"streamLabel": "x", "watermark": "x"}}
    assert await answer("remove_stream_avatar", URI) == 404


async def test_takes_the_looks_of_an_input_when_it_is_added(autojump_clock, wcs, mix):
    await mix("a")
    looks = {"hasAudio": "false", "streamLabel": "Anna", "avatar": "a.png", "videoPositionId": "s"}
    await wcs.call("/mixer/add", URI | {"remoteStreamName": "a"} | looks)
    assert inputs(wcs) == {"a": looks | {"hasAudio": False}}


async def test_has_a_load_test_that_tests_nothing(autojump_clock, wcs):
    status, example = await wcs.call("/mixer/test/get_start_example", method="GET")
    assert (status, example["mixerCount"]) == (200, 3)
    verbs = ("stop", "start", "stop")
    answers = [(await wcs.call(f"/mixer/test/{verb}", example))[0] for verb in verbs]
    assert answers == [404, 200, 200]
