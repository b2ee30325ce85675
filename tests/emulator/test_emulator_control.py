"""The control surface: every endpoint with its body, and what a wrong one is told."""

import orjson
import pytest
import trio

from orchestrator.emulator.control import Control


@pytest.fixture
def pull(start):
    """Pull a string of a node; return what it answers."""

    async def strings():
        wcs = await start()
        control = Control(wcs.server)

        async def pull_one(path, fields=None, *, get=False):
            method, body = ("GET", b"") if get else ("POST", orjson.dumps(fields or {}))
            answer = await control.handle(method, f"/emulator{path}", body)
            parsed = orjson.loads(answer.body) if answer.body else None
            return parsed if answer.status == 200 else (answer.status, parsed)

        pull_one.wcs = wcs
        return pull_one

    return strings


def names(objects):
    return [one["name"] for one in objects["streams"].values()]


async def test_publishes_plays_and_ends(autojump_clock, pull):
    pull = await pull()
    published = await pull("/publish", {"name": "a", "kind": "RTMP", "width": 320})
    assert (published["name"], published["status"]) == ("a", "PUBLISHING")
    assert await pull("/publish", {"name": "a"}) == {
        "name": "a",
        "status": "FAILED",
        "info": "Stream name is already in use",
    }
    assert await pull("/play", {"name": "a", "client": "viewer"}) == {"status": "PLAYING"}
    assert names(await pull("/objects", get=True)) == ["a", "a"]
    assert await pull("/unpublish", {"name": "a"}) == {}
    for end in ("drop", "vanish"):
        await pull("/publish", {"name": end})
        assert names(await pull("/objects", get=True)) == [end]
        assert await pull(f"/{end}", {"name": end}) == {}
    assert names(await pull("/objects", get=True)) == []


async def test_publishers_that_reconnect_survive_a_restart(autojump_clock, pull):
    pull = await pull()
    assert await pull("/publish", {"name": "a", "reconnect": True}) == {"name": "a"}
    await trio.sleep(1)
    assert await pull("/restart", {"down_s": 5}) == {}
    assert names(await pull("/objects", get=True)) == []
    await trio.sleep(10)
    assert names(await pull("/objects", get=True)) == ["a"]


async def test_acts_as_a_foreigner_on_transponders(autojump_clock, pull):
    pull = await pull()
    started = await pull("/push/startup", {"streamName": "a", "rtmpUrl": "rtmp://t/live"})
    assert started["streamName"] == "rtmp_a"
    for key in ({"streamName": "a"}, {"mediaSessionId": "x"}):
        await pull("/push/startup", {"streamName": "a", "rtmpUrl": "rtmp://t/live"})
        gone = await pull("/transponder/vanish", key)
        assert gone in ({}, (400, {"error": "no transponder is called x"}))
    entries = await pull("/journal?after=1", get=True)
    assert [one["by"] for one in entries if one["kind"] == "rest"] == ["foreign"] * 3


async def test_lists_and_ends_anything(autojump_clock, pull):
    pull = await pull()
    await pull("/publish", {"name": "a"})
    await pull("/play", {"name": "a"})
    await pull("/push/startup", {"streamName": "a", "rtmpUrl": "rtmp://t/live"})
    id_ = next(iter((await pull("/objects", get=True))["streams"]))
    await pull("/recorder/startup", {"mediaSessionId": id_})
    await pull("/mixer/startup", {"uri": "mixer://m", "localStreamName": "m"})
    await pull("/vod/startup", {"uri": "vod-live://v.mp4", "localStreamName": "v"})
    await pull(
        "/stream/inject/startup", {"localStreamName": "a", "remoteStreamName": "vod-live://"}
    )
    called = await pull("/ring", {"caller": "7", "callee": "8", "toStream": "voice"})
    await trio.sleep(2)
    _, [call] = await pull.wcs.call("/call/find_all")
    assert (call["callId"], call["incoming"], call["status"]) == (
        called["callId"],
        True,
        "ESTABLISHED",
    )
    there = {
        "connections": 2,
        "streams": 5,
        "transponders": 1,
        "recordings": 1,
        "agents": 2,
        "injections": 1,
        "calls": 1,
    }
    objects = await pull("/objects", get=True)
    assert {kind: len(things) for kind, things in objects.items() if things} == there
    for key, count in (
        ({"sort": "vod"}, 1),
        ({"uri": "mixer://m"}, 1),
        ({"id": called["callId"]}, 1),
        ({"sort": "injection", "localStreamName": "a"}, 1),
        ({"sort": "recording"}, 1),
        ({"sort": "transponder"}, 1),
        ({"sort": "stream", "published": False}, 1),
        ({"sort": "connection"}, 2),
    ):
        assert len((await pull("/object/vanish", key))["vanished"]) == count
    await trio.sleep(1)
    assert not any((await pull("/objects", get=True)).values())
    assert await pull("/object/vanish", {"sort": "vod"}) == (
        400,
        {"error": "no object is like that"},
    )
    assert (await pull("/object/vanish"))[0] == 400


async def test_turns_switches_and_shows_them(autojump_clock, pull):
    pull = await pull()
    turned = await pull("/faults", {"rest_fails": 1, "rest_groups": ["/push/"]})
    assert turned == await pull("/faults", get=True)
    assert (turned["rest_fails"], turned["rest_groups"]) == (1.0, ["/push/"])
    changes = {
        "generation": "2017",
        "users": {"a": "b"},
        "unknown_hosts": ["nowhere"],
        "request_retry_count": 1,
    }
    turned = await pull("/settings", changes)
    assert turned == await pull("/settings", get=True)
    assert {key: turned[key] for key in changes} == changes


async def test_tells_a_lie(autojump_clock, pull):
    pull = await pull()
    body = {"mediaSessionId": "m", "name": "a", "status": "PUBLISHING"}
    assert await pull("/lie", {"method": "StreamStatusEvent", "body": body}) == {}
    await trio.sleep(1)
    wcs = pull.wcs
    common = {"nodeId": wcs.server.node.id, "appKey": "defaultApp"}
    assert wcs.backend.hooks == [("StreamStatusEvent", common | body)]


async def test_hangs_and_goes_on(autojump_clock, pull):
    pull = await pull()
    assert await pull("/hang") == {}
    assert pull.wcs.server.node.hangs
    assert await pull("/hang", {"on": False}) == {}
    assert not pull.wcs.server.node.hangs


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("/publish", {}, "name is missing"),
        ("/publish", {"name": "a", "kind": "SIP"}, "kind must be one of WebRTC, RTMP"),
        (
            "/publish",
            {"name": "a", "width": "wide"},
            "invalid literal for int() with base 10: 'wide'",
        ),
        ("/drop", {"name": "a"}, "no client is called a"),
        ("/lie", {"method": "x"}, "body is missing"),
        ("/settings", {"generation": "1999"}, "'1999' is not a valid Generation"),
        ("/settings", {"users": 1}, "1 is not of type Mapping"),
    ],
)
async def test_says_what_is_wrong(autojump_clock, pull, path, fields, words):
    assert await (await pull())(path, fields) == (400, {"error": words})


async def test_says_what_it_does_not_know(autojump_clock, pull):
    pull = await pull()
    for path in ("/fly", "/faults"):
        _, told = await pull(path, {"flies": 1})
        assert told["error"].startswith(("there is no /fly", "no switch is called flies"))
    assert await pull("/fly", get=True) == (400, {"error": "there is no /fly"})
    answer = await Control(pull.wcs.server).handle("POST", "/emulator/publish", b"[")
    assert answer.status == 400
