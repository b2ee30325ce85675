"""What agents have in common: they start later, run, and are never listed again once they ended."""

import pytest
import trio

from orchestrator.emulator.settings import NameTaken, Unpublished

URI = "rtmp://source/live/x"


@pytest.fixture
def pull(wcs):
    """Pull a stream by RTMP; return the status."""

    async def pull_one(name="a", uri=URI, **more):
        return (await wcs.call("/pull/rtmp/pull", {"uri": uri, "localStreamName": name, **more}))[0]

    return pull_one


async def statuses(wcs):
    status, listed = await wcs.call("/pull/rtmp/find_all")
    return [] if status == 404 else [one["status"] for one in listed]


def faults(wcs):
    return [one.what for one in wcs.entries("fault")]


async def test_is_accepted_at_once_and_publishes_a_while_later(autojump_clock, wcs, pull):
    assert await pull() == 200
    assert (await statuses(wcs), await wcs.names()) == (["PENDING"], {})
    await trio.sleep(1)
    assert (await statuses(wcs), await wcs.names()) == (["PROCESSED_REMOTE"], {"a": "Flash"})
    assert wcs.effects() == [
        ("rtmp-pull came", "rest"),
        ("rtmp-pull changed", "rest"),
        ("stream came", "rest"),
        ("stream changed", "rest"),
    ]


async def test_its_stream_has_its_id(autojump_clock, wcs, pull):
    await pull()
    await trio.sleep(1)
    _, [agent] = await wcs.call("/pull/rtmp/find_all")
    _, [stream] = await wcs.call("/stream/find_all")
    assert stream["mediaSessionId"] == agent["localMediaSessionId"]


async def test_what_hangs_on_its_stream_ends_a_while_after_it(autojump_clock, wcs, pull):
    await pull()
    await trio.sleep(1)
    await wcs.push("a")
    assert await wcs.call("/pull/rtmp/terminate", {"uri": URI}) == (200, b"")
    assert await statuses(wcs) == ["PROCESSED_REMOTE"]
    await trio.sleep(0.5)
    assert (await statuses(wcs), await wcs.names()) == ([], {})
    assert (await wcs.call("/push/find_all"))[0] == 200
    await trio.sleep(1)
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_may_outlive_its_stream_or_end_with_it(autojump_clock, wcs, pull):
    await pull()
    await pull("b", URI + "2")
    await trio.sleep(1)
    await wcs.call("/stream/terminate", {"name": "a"})
    await trio.sleep(1)
    assert await statuses(wcs) == ["PROCESSED_REMOTE"]
    wcs.turn(agent_ends_with_stream=False)
    await wcs.call("/stream/terminate", {"name": "b"})
    await trio.sleep(1)
    assert (await statuses(wcs), await wcs.names()) == (["PROCESSED_REMOTE"], {})


async def test_ended_while_it_starts_it_never_runs(autojump_clock, wcs, pull):
    await pull()
    await wcs.call("/pull/rtmp/terminate", {"uri": URI})
    await trio.sleep(10)
    assert wcs.effects() == [("rtmp-pull came", "rest"), ("rtmp-pull went", "rest")]


async def test_a_restart_ends_it_and_what_it_was_about_to_do(autojump_clock, wcs, pull):
    await pull()
    wcs.server.restart()
    await trio.sleep(10)
    assert (await statuses(wcs), await wcs.names()) == ([], {})


@pytest.mark.parametrize(
    ("switch", "status"),
    [(NameTaken.CONFLICT, 409), (NameTaken.ERROR, 500), (NameTaken.VANISHES, 200)],
)
async def test_cannot_publish_under_a_taken_name(autojump_clock, wcs, pull, switch, status):
    wcs.turn(name_taken=switch)
    await wcs.publish("a")
    assert await pull() == status
    await trio.sleep(1)
    assert (await statuses(wcs), await wcs.names()) == ([], {"a": "WebRTC"})


@pytest.mark.parametrize(
    ("switch", "status"),
    [(Unpublished.ERROR, 500), (Unpublished.NOT_FOUND, 404), (Unpublished.WAITS, 200)],
)
async def test_may_wait_for_the_stream_that_it_reads(autojump_clock, wcs, switch, status):
    wcs.turn(source_missing=switch)
    body = {"uri": "ws://other:8080", "localStreamName": "a", "remoteStreamName": "b"}
    assert (await wcs.call("/pull/push", body))[0] == status
    await trio.sleep(10)
    told = [("webrtc-push came", "rest")] if status == 200 else []
    assert wcs.effects() == told
    if told:
        client = wcs.server.client("a")
        await client.publish("a")
        _, [listed] = await wcs.call("/pull/find_all")
        assert listed["status"] == "PROCESSED_REMOTE"
        client.drop()
        await trio.sleep(2)
        assert await wcs.call("/pull/find_all") == (200, [])


async def test_may_be_refused_or_fail_or_have_an_odd_status(autojump_clock, wcs, pull):
    wcs.fail(agents_refused=1, agents_refused_status=503)
    assert (await pull(), await statuses(wcs)) == (503, [])
    wcs.fail(agents_refused=0, agents_fail=1, agents_odd=1)
    assert (await pull(), await statuses(wcs)) == (200, ["SERVICING"])
    await trio.sleep(1)
    assert (await statuses(wcs), await wcs.names()) == ([], {})
    assert faults(wcs) == ["rtmp-pull refused", "rtmp-pull odd", "rtmp-pull failed"]
    wcs.fail(agents_fail=0)
    await pull()
    await trio.sleep(1)
    assert await statuses(wcs) == ["PROCESSED_REMOTE"]


async def test_faults_may_strike_some_sorts_only(autojump_clock, wcs, pull):
    wcs.fail(agents_refused=1, agents_fail=1, agents_odd=1, agent_life_s=1, agent_sorts=("rtsp",))
    assert await pull() == 200
    await trio.sleep(1000)
    assert await statuses(wcs) == ["PROCESSED_REMOTE"]


async def test_may_end_by_itself_after_a_life(autojump_clock, wcs, pull):
    wcs.fail(agent_life_s=60)
    await pull()
    await trio.sleep(1)
    assert await statuses(wcs) == ["PROCESSED_REMOTE"]
    await trio.sleep(3600)
    assert (await statuses(wcs), faults(wcs)) == ([], ["rtmp-pull vanished"])


async def test_is_lost_when_its_source_cannot_be_reached(autojump_clock, wcs, pull):
    await pull()
    await pull("b", "rtmp://other/live/x")
    await trio.sleep(1)
    wcs.fail(unreachable=("rtmp://source/",))
    assert await wcs.names() == {"b": "Flash"}
    assert await pull() == 200
    await trio.sleep(1)
    assert await wcs.names() == {"b": "Flash"}
    assert faults(wcs) == ["rtmp-pull vanished", "rtmp-pull unreachable", "rtmp-pull failed"]


async def test_hooks_tell_of_the_streams_of_some_sorts_only(autojump_clock, wcs, pull):
    await pull()
    await trio.sleep(1)
    assert wcs.backend.hooks == []
    wcs.turn(hooked_agents=frozenset({"rtmp-pull"}))
    await pull("b", URI + "2")
    await trio.sleep(1)
    await wcs.call("/pull/rtmp/terminate", {"uri": URI + "2"})
    await trio.sleep(1)
    told = wcs.backend.bodies("StreamStatusEvent")
    assert [(one["name"], one["status"], one["appKey"]) for one in told] == [
        ("b", "PUBLISHING", "flashStreamingApp"),
        ("b", "UNPUBLISHED", "flashStreamingApp"),
    ]


async def test_comes_by_itself_when_somebody_plays_its_uri(autojump_clock, wcs):
    player = await wcs.server.client("viewer").play(URI)
    assert (player.status, await statuses(wcs)) == ("PLAYING", ["PROCESSED_REMOTE"])
    wcs.turn(agents_on_demand=False)
    assert await wcs.server.client("other").play("rtsp://camera/1") is None


async def test_may_linger_in_the_list_with_the_word_for_its_end(autojump_clock, wcs, pull):
    wcs.turn(agent_lingers_s=10)
    await pull()
    await trio.sleep(1)
    await wcs.call("/pull/rtmp/terminate", {"uri": URI})
    await trio.sleep(1)
    assert (await statuses(wcs), await wcs.names()) == (["STOPPED"], {})
    assert (await pull(), await pull("a", URI + "2")) == (409, 200)
    wcs.fail(agents_fail=1)
    assert await pull("b", URI + "3") == 200
    await trio.sleep(1)
    assert await statuses(wcs) == ["STOPPED", "PROCESSED_REMOTE", "FAILED"]
    await trio.sleep(10)
    assert await statuses(wcs) == ["PROCESSED_REMOTE"]


async def test_there_are_only_so_many_ports(autojump_clock, wcs, pull):
    wcs.turn(agent_ports=1)
    assert [await pull(), await pull("b", URI + "2")] == [200, 500]


async def test_two_who_play_a_uri_share_one(autojump_clock, wcs, nursery):
    clients = [wcs.server.client(name) for name in ("one", "two")]
    for client in clients:
        nursery.start_soon(client.play, "rtsp://camera/1")
    await trio.sleep(1)
    assert [client.stream.status for client in clients] == ["PLAYING"] * 2
    assert len((await wcs.call("/rtsp/find_all"))[1]) == 1


async def test_whoever_left_before_it_ran_plays_nothing(autojump_clock, wcs, nursery):
    client = wcs.server.client("viewer")
    nursery.start_soon(client.play, "rtsp://camera/1")
    await trio.sleep(0.1)
    client.drop()
    await trio.sleep(1)
    assert await wcs.names() == {"rtsp://camera/1": "RTSP"}
    assert client.stream.status == "STOPPED"
