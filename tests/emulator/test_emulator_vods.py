"""The group /vod: files, how long they last, and who watches them."""

import pytest
import trio

from orchestrator.emulator.settings import FileMissing, Generation

BODY = {"uri": "vod-live://sample.mp4", "localStreamName": "slate"}


async def listed(wcs):
    status, found = await wcs.call("/vod/find_all")
    return [] if status == 404 else found


@pytest.mark.parametrize(
    ("generation", "loop"),
    [
        (Generation.Y2017, {}),
        (Generation.Y2021, {"loop": False}),
        (Generation.Y2022, {"loop": True}),
    ],
)
async def test_lists_a_file_that_is_published(autojump_clock, start, generation, loop):
    wcs = await start(generation=generation, heeds_loop=generation is Generation.Y2022)
    assert await wcs.call("/vod/startup", BODY | {"loop": "true"}) == (200, b"")
    await trio.sleep(1)
    [one] = await listed(wcs)
    assert {key: value for key, value in one.items() if key != "localMediaSessionId"} == {
        **BODY,
        "status": "PROCESSED_LOCAL",
        "hasAudio": True,
        "hasVideo": True,
        "record": False,
        **loop,
    }
    assert await wcs.names() == {"slate": "VOD"}


async def test_ends_with_its_file_unless_it_loops(autojump_clock, start):
    wcs = await start(vod_stream_timeout=0.0, vod_duration_s=100.0)
    await wcs.call("/vod/startup", BODY)
    await wcs.call("/vod/startup", BODY | {"localStreamName": "loop", "loop": True})
    await trio.sleep(100)
    assert await wcs.names() == {"slate": "VOD", "loop": "VOD"}
    await trio.sleep(1)
    assert await wcs.names() == {"loop": "VOD"}
    wcs.turn(vod_live_loop=True)
    await wcs.call("/vod/startup", BODY)
    await trio.sleep(1000)
    assert await wcs.names() == {"loop": "VOD", "slate": "VOD"}


async def test_ends_after_nobody_watched_it_for_a_while(autojump_clock, wcs):
    await wcs.call("/vod/startup", BODY | {"loop": True})
    await trio.sleep(30)
    assert await wcs.names() == {"slate": "VOD"}
    await trio.sleep(1)
    assert await wcs.names() == {}
    told = [one["status"] for one in wcs.backend.bodies("StreamStatusEvent")]
    assert told == ["PUBLISHING", "DISCONNECTED"]
    await wcs.call("/vod/startup", BODY | {"loop": True})
    await trio.sleep(1)
    await wcs.server.client("viewer").play("slate")
    await trio.sleep(1000)
    assert await wcs.names() == {"slate": "VOD"}


async def test_cannot_start_twice_nor_as_personal(autojump_clock, wcs):
    bodies = [
        BODY,
        BODY,
        BODY | {"uri": "vod://sample.mp4", "localStreamName": "b"},
        BODY | {"localStreamName": ""},
        BODY | {"localStreamName": "c"},
    ]
    answers = [(await wcs.call("/vod/startup", one))[0] for one in bodies]
    assert answers == [200, 409, 500, 500, 200]


@pytest.mark.parametrize("uri", ["vod-live://sample.mp4", "vod://sample.mp4"])
async def test_is_found_and_ended_by_either_scheme(autojump_clock, wcs, uri):
    await wcs.call("/vod/startup", BODY)
    key = {"uri": uri, "localStreamName": "slate"}
    assert (await wcs.call("/vod/find", key))[0] == 200
    assert await wcs.call("/vod/terminate", key) == (200, b"")
    await trio.sleep(1)
    assert [(await wcs.call(f"/vod/{verb}", key))[0] for verb in ("find", "terminate")] == [404] * 2


@pytest.mark.parametrize(
    ("switch", "status"),
    [(FileMissing.VANISHES, 200), (FileMissing.NOT_FOUND, 404), (FileMissing.ERROR, 500)],
)
async def test_a_file_may_be_missing(autojump_clock, start, switch, status):
    wcs = await start(files_missing=frozenset({"sample.mp4"}), file_missing=switch)
    assert (await wcs.call("/vod/startup", BODY))[0] == status
    await trio.sleep(1)
    assert (await wcs.call("/vod/find_all"))[0] == 404
    assert await wcs.names() == {}


async def test_is_started_by_whoever_plays_a_file(autojump_clock, wcs):
    player = await wcs.server.client("viewer").play("vod://sample.mp4")
    assert player.status == "PLAYING"
    assert [one["uri"] for one in await listed(wcs)] == ["vod://sample.mp4"]
