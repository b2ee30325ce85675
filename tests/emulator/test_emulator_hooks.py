"""Which hooks leave, when, with what, and what a reply does."""

import hmac

import orjson
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.hooks import Application
from orchestrator.emulator.http import Answer, SendFailed, TimedOut, json_answer
from orchestrator.emulator.options import NodeOptions
from orchestrator.emulator.settings import Generation
from orchestrator.emulator.things import Provider

FORBIDDEN = Answer(403)
KEYS_2017 = (
    "nodeId appKey sessionId mediaSessionId name published hasVideo hasAudio status sdp record "
    "width height bitrate quality mediaProvider"
)
KEYS_2021 = (
    "audioCodec videoCodec minBitrate maxBitrate history gop fps audioBitrate codecImpl transport "
    "cvoExtension createDate mediaType"
)


async def test_tells_the_life_of_a_stream_from_connect_to_unpublish(autojump_clock, wcs):
    client = wcs.server.client("a")
    await client.publish("a")
    await wait_all_tasks_blocked()
    await client.unpublish()
    await wait_all_tasks_blocked()
    told = wcs.backend.told()
    assert sorted(told[1:4], key=str) == sorted(
        [
            ("ConnectionStatusEvent", "ESTABLISHED"),
            ("publishStream", "PENDING"),
            ("StreamStatusEvent", "PUBLISHING"),
        ],
        key=str,
    )
    assert (told[0], *told[4:]) == (
        ("connect", None),
        ("unPublishStream", "PUBLISHING"),
        ("StreamStatusEvent", "UNPUBLISHED"),
    )
    ended = wcs.backend.bodies("StreamStatusEvent")[-1]
    assert (ended["info"], ended["name"]) == ("Stopped by user", "a")


async def test_posts_with_the_headers_of_a_java_client(autojump_clock, wcs):
    await wcs.publish("a")
    url, headers, _ = wcs.backend.headers[0]
    assert (url, headers) == (
        "http://o/hooks/connect",
        {
            "Accept": "application/json",
            "Content-Type": "application/json;charset=UTF-8",
            "User-Agent": "Java/1.8.0_111",
            "Connection": "keep-alive",
        },
    )


@pytest.mark.parametrize(
    ("generation", "keys"),
    [
        (Generation.Y2017, KEYS_2017),
        (Generation.Y2021, f"{KEYS_2017} {KEYS_2021}"),
        (Generation.Y2022, f"{KEYS_2017} {KEYS_2021} audioState videoState"),
    ],
)
async def test_shows_a_stream_in_hooks_as_its_generation_does(
    autojump_clock, start, generation, keys
):
    wcs = await start(generation=generation)
    await wcs.publish("a")
    await wait_all_tasks_blocked()
    [event] = wcs.backend.bodies("StreamStatusEvent")
    assert sorted(event) == sorted(keys.split())
    assert (event["nodeId"], event["width"]) == (wcs.server.node.id, 0)


async def test_signs_the_body_when_told_to(autojump_clock, start):
    wcs = await start(rest_hook_send_hash=True, rest_hook_secret_key="key")
    await wcs.publish("a")
    for _, headers, body in wcs.backend.headers:
        expected = "WCS " + hmac.new(b"key", body, "md5").hexdigest()
        assert headers["Authorization"] == expected


async def test_an_application_sends_only_methods_that_were_added(autojump_clock, start):
    methods = frozenset({"connect", "StreamStatusEvent"})
    options = NodeOptions("wcs1", applications=(Application("defaultApp", "http://o", methods),))
    wcs = await start(options)
    await wcs.publish("a")
    await wcs.publish("b", Provider.RTMP)
    await wait_all_tasks_blocked()
    assert wcs.backend.told() == [("connect", None), ("StreamStatusEvent", "PUBLISHING")]


async def test_sends_nothing_when_hooks_are_switched_off(autojump_clock, start):
    wcs = await start(disable_rest_requests=True)
    assert await wcs.publish("a") is not None
    assert wcs.backend.told() == []


@pytest.mark.parametrize(
    "answer",
    [
        FORBIDDEN,
        Answer(204),
        Answer(200),
        Answer(200, {"Content-Type": "text/html"}, b"{}"),
        Answer(200, {"Content-Type": "application/json"}, b"[]"),
        SendFailed,
        TimedOut,
    ],
)
async def test_any_error_in_reply_to_connect_declines_the_session(autojump_clock, wcs, answer):
    wcs.backend.answers["connect"] = answer
    assert await wcs.publish("a") is None
    assert (await wcs.call("/connection/find_all"))[0] == 404
    assert set(wcs.backend.told()) == {("connect", None)}


async def test_a_refused_stream_goes_on_unless_its_hook_fails_on_error(autojump_clock, wcs):
    wcs.backend.answers["publishStream"] = FORBIDDEN
    assert (await wcs.publish("a")).status == "PUBLISHING"
    wcs.backend.configure(publishStream={"restOnError": "FAIL"})
    assert await wcs.publish("b") is None
    await wait_all_tasks_blocked()
    failed = wcs.backend.bodies("StreamStatusEvent")[-1]
    assert (failed["status"], failed["info"]) == ("FAILED", "Restricted access")


async def test_a_reply_renames_a_stream_only_where_it_may_overwrite(autojump_clock, wcs):
    async def rename(body):
        return json_answer(body | {"name": "renamed", "status": "other"})

    wcs.backend.answers["publishStream"] = rename
    assert (await wcs.publish("a")).name == "a"
    wcs.backend.configure(publishStream={"restPolicy": "OVERWRITE", "restOverwrite": "name, x"})
    renamed = await wcs.publish("b")
    assert (renamed.name, renamed.status) == ("renamed", "PUBLISHING")


@pytest.mark.parametrize("word", ["DISABLE", "DISABLED"])
async def test_a_disabled_hook_is_never_sent(autojump_clock, wcs, word):
    wcs.backend.configure(StreamStatusEvent={"restPolicy": word}, publishStream="nonsense")
    await wcs.publish("a")
    await wait_all_tasks_blocked()
    assert wcs.backend.bodies("StreamStatusEvent") == []
    assert len(wcs.backend.bodies("publishStream")) == 1


async def test_leaves_out_what_a_hook_excludes(autojump_clock, wcs):
    wcs.backend.configure(StreamStatusEvent={"restExclude": "sdp,name"})
    await wcs.publish("a")
    await wait_all_tasks_blocked()
    assert {"sdp", "name"} & set(wcs.backend.bodies("StreamStatusEvent")[0]) == set()
    assert wcs.backend.bodies("publishStream")[0]["sdp"].startswith("v=0")


async def test_the_configuration_belongs_to_the_session_that_got_it(autojump_clock, wcs):
    wcs.backend.configure(publishStream={"restOnError": "FAIL"})
    wcs.backend.answers["publishStream"] = FORBIDDEN
    assert await wcs.publish("a") is None
    del wcs.backend.answers["connect"]
    assert await wcs.publish("b") is not None


@pytest.mark.parametrize(("answer", "times"), [(SendFailed, 4), (TimedOut, 1), (Answer(500), 1)])
async def test_tries_again_only_what_could_not_be_sent(autojump_clock, wcs, answer, times):
    wcs.backend.answers["publishStream"] = answer
    assert await wcs.publish("a") is not None
    assert len(wcs.backend.bodies("publishStream")) == times


async def test_goes_on_after_the_timeout_of_a_backend_that_hangs(autojump_clock, start):
    wcs = await start(rest_request_timeout=2)

    async def hang(_):
        await trio.sleep_forever()

    wcs.backend.answers["publishStream"] = hang
    assert await wcs.publish("a") is not None
    assert trio.current_time() == 2


async def test_waits_for_direct_invocations_and_not_for_events(autojump_clock, wcs):
    async def slow(body):
        await trio.sleep(5)
        return json_answer(body)

    wcs.backend.answers |= {"publishStream": slow, "ConnectionStatusEvent": slow}
    await wcs.publish("a")
    assert trio.current_time() == 5


async def test_a_player_waits_for_the_backend_and_can_be_refused(autojump_clock, wcs):
    await wcs.publish("a")
    wcs.backend.configure(playStream={"restOnError": "FAIL"})
    wcs.backend.answers["playStream"] = FORBIDDEN
    assert await wcs.server.client("viewer").play("a") is None


async def test_events_leave_together_over_a_bounded_number_of_connections(autojump_clock, start):
    wcs = await start(hook_connections=2)
    now = []

    async def slow(body):
        now.append(wcs.server.media.hooks.leased)
        await trio.sleep(1)
        return json_answer(body)

    clients = [wcs.server.client(str(number)) for number in range(4)]
    for number, client in enumerate(clients):
        await client.publish(str(number))
    await wait_all_tasks_blocked()
    wcs.backend.answers["StreamStatusEvent"] = slow
    wcs.backend.answers["ConnectionStatusEvent"] = slow
    for client in clients:
        client.drop()
    await wait_all_tasks_blocked()
    page = await wcs.server.handle("GET", "/?action=stat&format=json&groups=port_stats", {}, b"")
    ports = orjson.loads(page.body)["port_stats"]
    names = ("leased", "available", "pending")
    assert [ports[f"ports_rest_api_{name}"] for name in names] == [2, 0, 6]
    await trio.sleep(10)
    assert (len(now), max(now), wcs.server.media.hooks.leased) == (8, 2, 0)


async def test_an_event_that_fails_is_told_to_its_client_under_fail(autojump_clock, wcs):
    wcs.backend.configure(StreamStatusEvent={"restOnError": "FAIL"})
    wcs.backend.answers["StreamStatusEvent"] = FORBIDDEN
    stream = await wcs.publish("a")
    await wait_all_tasks_blocked()
    assert stream.live
    [told] = [one for one in wcs.entries("client") if one.what == "ErrorEvent"]
    assert told.object == stream.media_session_id


async def test_keep_alive_ends_a_stream_on_403_under_fail_only(autojump_clock, start):
    wcs = await start(keep_alive_streaming_sessions_enabled=True)
    logged = await wcs.publish("a")
    wcs.backend.configure(StreamKeepAliveEvent={"restOnError": "FAIL"})
    failing = await wcs.publish("b")
    foreign = await wcs.publish("c", Provider.RTMP)
    await trio.sleep(10.5)
    assert all(one.live for one in (logged, failing, foreign))
    wcs.backend.answers["StreamKeepAliveEvent"] = FORBIDDEN
    await trio.sleep(10)
    assert (logged.live, failing.live, failing.info) == (True, False, "Terminated by keep-alive")
    assert foreign.live
    asked = [one["name"] for one in wcs.backend.bodies("StreamKeepAliveEvent")]
    assert sorted(asked) == ["a", "a", "b", "b"]


async def test_keep_alive_can_be_switched_on_while_the_node_runs(autojump_clock, wcs):
    await wcs.publish("a")
    wcs.turn(keep_alive_streaming_sessions_enabled=True)
    await trio.sleep(10.5)
    assert len(wcs.backend.bodies("StreamKeepAliveEvent")) == 1
