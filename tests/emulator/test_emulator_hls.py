"""The groups /hls and /multipleRecorder."""

import pytest
import trio

from orchestrator.emulator.settings import Generation

MULTI = {"uri": "multi-recorder://show"}


async def listed(wcs, group):
    status, found = await wcs.call(f"/{group}/find_all")
    return None if status == 404 else found


async def test_offers_a_stream_for_a_while(autojump_clock, start):
    wcs = await start(generation=Generation.Y2021)
    await wcs.publish("a")
    assert (await wcs.call("/hls/startup", {"name": "b"}))[0] == 404
    for _ in range(2):
        assert await wcs.call("/hls/startup", {"name": "a"}) == (200, b"")
    assert await listed(wcs, "hls") == ["a"]
    await trio.sleep(299)
    assert await listed(wcs, "hls") == ["a"]
    await trio.sleep(2)
    assert await listed(wcs, "hls") is None


async def test_is_listed_as_an_object_by_recent_builds(autojump_clock, wcs):
    await wcs.publish("a")
    await wcs.call("/hls/startup", {"name": "a"})
    assert await listed(wcs, "hls") == {
        "a": {
            "handler": "HLSStreamHandler-a",
            "state": "ACTIVE",
            "writer": "HLSWriter-a",
            "streamStatus": "PLAYING",
            "writerStarted": "true",
            "logs": [],
        }
    }
    wcs.fail(listings_hidden=1)
    assert await listed(wcs, "hls") is None


async def test_ends_by_call_and_with_its_stream(autojump_clock, wcs):
    await wcs.publish("a")
    for end in (lambda: wcs.call("/hls/terminate", {"name": "a"}), drop(wcs)):
        await wcs.call("/hls/startup", {"name": "a"})
        await end()
        await trio.sleep(0.3)
        assert await listed(wcs, "hls") is None
    assert (await wcs.call("/hls/terminate", {"name": "a"}))[0] == 404


def drop(wcs):
    async def drop_a():
        wcs.server.clients["a"].drop()

    return drop_a


async def test_begins_again_while_somebody_watches(autojump_clock, start):
    wcs = await start(hls_watched=frozenset({"a"}), generation=Generation.Y2017)
    await wcs.publish("a")
    await wcs.call("/hls/startup", {"name": "a"})
    for _ in range(2):
        await wcs.call("/hls/terminate", {"name": "a"})
    await trio.sleep(1000)
    assert await listed(wcs, "hls") == ["a"]
    assert [one[0] for one in wcs.effects()[-3:]] == ["hls came", "hls went", "hls came"]


async def test_may_begin_with_each_stream(autojump_clock, start):
    wcs = await start(hls_auto_start=True, generation=Generation.Y2017)
    await wcs.publish("a")
    assert await listed(wcs, "hls") == ["a"]


async def test_records_several_streams_into_one_file(autojump_clock, wcs):
    ids = [(await wcs.publish(name)).media_session_id for name in "ab"]

    async def answer(verb, id_="", **more):
        body = MULTI | {"mediaSessionId": id_} | more
        return (await wcs.call(f"/multipleRecorder/{verb}", body))[0]

    assert await answer("add", ids[0]) == 404
    assert [await answer("startup") for _ in range(2)] == [200, 409]
    assert [await answer("add", id_) for id_ in (*ids, ids[0], "x")] == [200, 200, 409, 404]
    whole = MULTI | {"mediaSessionsId": ids, "fileName": "multi-recorder___show.mp4"}
    assert await listed(wcs, "multipleRecorder") == [whole]
    assert [await answer("remove", ids[0]) for _ in range(2)] == [200, 404]
    wcs.server.clients["b"].drop()
    assert await listed(wcs, "multipleRecorder") == [whole | {"mediaSessionsId": []}]
    assert await answer("terminate") == 200
    await trio.sleep(0.3)
    assert await answer("terminate") == 404
    assert await answer("startup", uri="show") == 500


@pytest.mark.parametrize(
    ("generation", "status"), [(Generation.Y2017, 200), (Generation.Y2022, 500)]
)
async def test_old_builds_take_a_name_for_the_uri(autojump_clock, start, generation, status):
    wcs = await start(generation=generation)
    assert (await wcs.call("/multipleRecorder/startup", {"name": "show"}))[0] == status
