"""What clients do, how they are lost, and how they come back."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.things import Provider


def names(wcs):
    return [one.name for one in wcs.server.objects.streams.values()]


async def test_media_session_ids_are_made_by_browsers_and_for_rtmp_by_the_server(
    autojump_clock, wcs
):
    web = await wcs.publish("a")
    rtmp = await wcs.publish("b", Provider.RTMP)
    assert (web.media_session_id[14], rtmp.media_session_id[14]) == ("1", "4")
    begun = [body["status"] for body in wcs.backend.bodies("publishStream")]
    assert begun == ["PENDING", "NEW"]
    assert [body["hasVideo"] for body in wcs.backend.bodies("publishStream")] == [True, False]
    assert "mediaProviders" not in wcs.backend.bodies("connect")[1]


async def test_a_second_publisher_of_a_live_name_fails_under_its_own_id(autojump_clock, wcs):
    first = await wcs.publish("a")
    assert await wcs.server.client("second").publish("a") is None
    await wait_all_tasks_blocked()
    failed = wcs.backend.bodies("StreamStatusEvent")[-1]
    assert (failed["status"], failed["info"]) == ("FAILED", "Stream name is already in use")
    assert failed["mediaSessionId"] != first.media_session_id
    assert first.live


async def test_a_lost_socket_ends_session_and_streams_without_asking(autojump_clock, wcs):
    client = wcs.server.client("a")
    stream = await client.publish("a")
    await wait_all_tasks_blocked()
    before = len(wcs.backend.hooks)
    client.drop()
    await wait_all_tasks_blocked()
    told = sorted(wcs.backend.told()[before:])
    assert told == [
        ("ConnectionStatusEvent", "DISCONNECTED"),
        ("StreamStatusEvent", "UNPUBLISHED"),
    ]
    [closed] = wcs.backend.bodies("ConnectionStatusEvent")[1:]
    assert sorted(closed) == ["appKey", "info", "nodeId", "sessionId", "status"]
    assert stream.info == "Stopped by session disconnect"


async def test_a_client_that_vanishes_leaves_no_trace_but_its_absence(autojump_clock, wcs):
    client = wcs.server.client("a")
    await client.publish("a")
    await wait_all_tasks_blocked()
    before = len(wcs.backend.hooks)
    client.vanish()
    await wait_all_tasks_blocked()
    assert (len(wcs.backend.hooks), names(wcs)) == (before, [])


async def test_players_end_with_their_publisher(autojump_clock, wcs):
    publisher, viewer = wcs.server.client("a"), wcs.server.client("viewer")
    await publisher.publish("a")
    played = await viewer.play("a")
    await publisher.unpublish()
    assert (played.status, played.info) == ("STOPPED", "Stopped by publisher stop")


async def test_a_player_stops_by_its_own_will_and_finds_nothing_to_play_later(autojump_clock, wcs):
    await wcs.publish("a")
    viewer = wcs.server.client("viewer")
    played = await viewer.play("a")
    await viewer.unpublish()
    assert (played.status, played.info) == ("STOPPED", "Stopped by user")
    assert ("stopStream", "PLAYING") in wcs.backend.told()
    assert await viewer.play("absent") is None
    assert viewer.stream.info == "Stream not found"


@pytest.mark.parametrize("loss", ["drop", "restart"])
async def test_a_client_that_stays_comes_back_after_a_loss(autojump_clock, wcs, loss):
    client = wcs.server.keep("a")
    await wait_all_tasks_blocked()
    first = client.stream
    client.drop() if loss == "drop" else wcs.server.restart(down_s=10)
    await wait_all_tasks_blocked()
    assert names(wcs) == []
    await trio.sleep(20)
    assert names(wcs) == ["a"]
    assert client.stream.media_session_id != first.media_session_id
    assert client.connection.session_id != first.connection.session_id


@pytest.mark.parametrize("end", ["unpublish", "vanish"])
async def test_a_client_that_stays_leaves_for_good_when_it_wants_to(autojump_clock, wcs, end):
    client = wcs.server.keep("a")
    await wait_all_tasks_blocked()
    if end == "unpublish":
        await client.unpublish()
    else:
        client.vanish()
    await trio.sleep(60)
    assert names(wcs) == []


async def test_a_client_meets_a_node_that_is_down(autojump_clock, wcs):
    wcs.server.stop()
    with pytest.raises(Refused):
        await wcs.publish("a")


async def test_a_client_meets_a_node_that_goes_down_meanwhile(autojump_clock, wcs, nursery):
    async def slow(_):
        await trio.sleep(5)
        wcs.server.stop()
        await trio.sleep_forever()

    wcs.backend.answers["publishStream"] = slow
    with pytest.raises(Broken):
        await wcs.publish("a")
    assert names(wcs) == []


async def test_a_stream_whose_client_is_lost_before_the_reply_never_begins(
    autojump_clock, wcs, nursery
):
    client = wcs.server.client("a")

    async def slow(_):
        client.drop()
        await trio.sleep(1)

    wcs.backend.answers["publishStream"] = slow
    assert await client.publish("a") is None
    assert names(wcs) == []


async def test_guests_come_and_go_alike_for_a_seed(autojump_clock, start, journal):
    for name in ("wcs1", "wcs2"):
        applications = applications_at("http://o")
        options = NodeOptions(name, seed=7, come_and_go=1, applications=applications)
        await start(options)
    await trio.sleep(3600)
    one, two = (
        [(e.at_s, e.what) for e in journal.after() if e.node == name and e.kind == "client"]
        for name in ("wcs1", "wcs2")
    )
    assert one == two
    assert {"publish", "unpublish"} <= {what for _, what in one}
