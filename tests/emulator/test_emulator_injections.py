"""The group /stream/inject: one stream in place of another."""

import pytest
import trio

BODY = {"localStreamName": "host", "remoteStreamName": "slate"}


@pytest.fixture
async def inject(wcs):
    """Start an injection between streams that are published; return the status."""
    for name in ("host", "slate", "third"):
        await wcs.publish(name)

    async def inject_one(local="host", remote="slate"):
        body = {"localStreamName": local, "remoteStreamName": remote}
        return (await wcs.call("/stream/inject/startup", body))[0]

    return inject_one


async def listed(wcs):
    status, found = await wcs.call("/stream/inject/find_all")
    return [] if status == 404 else found


async def test_covers_a_stream_until_told_otherwise(autojump_clock, wcs, inject):
    assert await listed(wcs) == []
    assert await inject() == 200
    assert await listed(wcs) == [BODY]
    key = {"localStreamName": "host"}
    assert await wcs.call("/stream/inject/terminate", key) == (200, b"")
    assert await listed(wcs) == [BODY]
    await trio.sleep(0.3)
    assert await listed(wcs) == []
    answers = [(await wcs.call("/stream/inject/terminate", one))[0] for one in (key, {})]
    assert answers == [404, 400]
    assert wcs.effects()[-2:] == [("injection came", "rest"), ("injection went", "rest")]


async def test_a_stream_is_covered_once_and_not_in_circles(autojump_clock, wcs, inject):
    assert [await inject(), await inject("host", "third")] == [200, 409]
    assert await inject("slate", "third") == 200
    assert await inject("third", "host") == 400
    assert await inject("third", "third") == 400
    assert [await inject("x", "slate"), await inject("third", "x")] == [404, 404]
    assert [await inject("", "slate"), await inject("third", "")] == [400, 400]


async def test_may_be_a_file(autojump_clock, wcs, inject):
    assert await inject("host", "vod-live://ad.mp4") == 200
    wcs.turn(files_missing=frozenset({"ad.mp4"}))
    assert await inject("third", "vod-live://ad.mp4") == 404


@pytest.mark.parametrize("name", ["host", "slate"])
async def test_ends_a_while_after_either_stream(autojump_clock, wcs, inject, name):
    await inject()
    wcs.server.clients[name].drop()
    await wcs.publish(name)
    await trio.sleep(0.9)
    assert await listed(wcs) == [BODY]
    await trio.sleep(0.2)
    assert await listed(wcs) == []


async def test_recent_builds_inject_files_and_pictures(autojump_clock, wcs, inject):
    files = [{"uri": "file:///logo.png", "media": "video"}]
    bodies = [
        {"localStreamName": "host", "resources": files},
        {"localStreamName": "host", "resources": files},
        {"localStreamName": "x", "resources": files},
        {"localStreamName": "third", "resources": []},
        {"localStreamName": "third", "resources": [{"media": "audio"}]},
    ]
    answers = [(await wcs.call("/stream/inject3/startup", one))[0] for one in bodies]
    assert answers == [200, 409, 404, 400, 400]
    assert await listed(wcs) == [BODY | {"remoteStreamName": "file:///logo.png"}]
