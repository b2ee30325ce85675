"""The group /push as documented, with what the documents leave open as switches."""

import pytest
import trio

from orchestrator.emulator.settings import FindsName, Unpublished

LISTED = {
    "streamName": "rtmp_name",
    "rtmpUrl": "rtmp://target:1935/live",
    "width": 640,
    "height": 360,
    "muted": False,
    "soundEnabled": False,
    "options": {},
}


def of(transponder):
    """Return a transponder less its id."""
    return {key: value for key, value in transponder.items() if key != "mediaSessionId"}


async def test_lists_a_started_transponder_under_its_prefixed_name(autojump_clock, wcs):
    await wcs.publish("name")
    status, started = await wcs.push()
    assert (status, of(started)) == (200, LISTED)
    assert len(started["mediaSessionId"]) == 26
    assert await wcs.call("/push/find_all") == (200, [started])


async def test_prefix_may_be_empty(autojump_clock, start):
    wcs = await start(prefix="")
    await wcs.publish("name")
    assert of((await wcs.push())[1]) == LISTED | {"streamName": "name"}


async def test_refuses_a_second_one_of_the_same_stream_and_url_only(autojump_clock, wcs):
    await wcs.publish("name")
    statuses = [
        (await wcs.push())[0],
        (await wcs.push())[0],
        (await wcs.push(url="rtmp://other/live"))[0],
        (await wcs.push("name2"))[0],
    ]
    assert statuses == [200, 409, 200, 200]


async def test_gives_a_new_id_to_each_start(autojump_clock, wcs):
    await wcs.publish("name")
    first = (await wcs.push())[1]["mediaSessionId"]
    await wcs.call("/push/terminate", {"mediaSessionId": first})
    await trio.sleep(1)
    assert (await wcs.push())[1]["mediaSessionId"] != first


@pytest.mark.parametrize(
    "url", ["", "http://target/live", "rtmp://", "nonsense", "rtmp://t:0/live", "rtmp://t:x/live"]
)
async def test_refuses_a_bad_url_as_the_build_does(autojump_clock, start, url):
    newer, older = await start(), await start(checks_rtmp_url=False)
    assert [(await one.push(url=url))[0] for one in (newer, older)] == [400, 500]


async def test_refuses_a_host_that_does_not_resolve_and_a_missing_name(autojump_clock, start):
    wcs = await start(unknown_hosts=frozenset({"nowhere"}))
    assert (await wcs.push(url="rtmp://nowhere/live"))[0] == 400
    assert (await wcs.push(name=""))[0] == 400


@pytest.mark.parametrize(("switch", "status"), [("404", 404), ("500", 500)])
async def test_may_refuse_a_stream_that_nobody_publishes(autojump_clock, start, switch, status):
    wcs = await start(unpublished=Unpublished(switch))
    assert (await wcs.push())[0] == status
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_may_wait_without_a_size_for_a_stream_that_nobody_publishes(autojump_clock, wcs):
    status, started = await wcs.push()
    assert (status, started["width"], started["height"]) == (200, 0, 0)
    await wcs.publish("name")
    _, [listed] = await wcs.call("/push/find_all")
    assert listed == started | {"width": 640, "height": 360}


async def test_ends_at_once_for_the_caller_and_a_moment_later_in_the_list(autojump_clock, wcs):
    await wcs.publish("name")
    id_ = (await wcs.push())[1]["mediaSessionId"]
    assert await wcs.call("/push/terminate", {"mediaSessionId": id_}) == (200, b"")
    assert (await wcs.call("/push/find_all"))[0] == 200
    assert (await wcs.push())[0] == 409
    assert await wcs.call("/push/terminate", {"mediaSessionId": id_}) == (200, b"")
    await trio.sleep(0.3)
    assert (await wcs.call("/push/find_all"))[0] == 404
    assert (await wcs.call("/push/terminate", {"mediaSessionId": id_}))[0] == 404


async def test_ends_a_while_after_its_source_and_does_not_come_back(autojump_clock, wcs):
    client = wcs.server.client("name")
    await client.publish("name")
    await wcs.push()
    await client.unpublish()
    await client.publish("name")
    assert (await wcs.call("/push/find_all"))[0] == 200
    await trio.sleep(1.1)
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_mutes_and_sounds_by_id_alone(autojump_clock, wcs):
    await wcs.publish("name")
    id_ = (await wcs.push())[1]["mediaSessionId"]
    key = {"mediaSessionId": id_}

    async def state():
        _, [one] = await wcs.call("/push/find_all")
        return one["muted"], one["soundEnabled"]

    states = []
    for method, more in (
        ("mute", {}),
        ("sound_on", {"soundFile": "sample.wav", "loop": "true"}),
        ("unmute", {}),
        ("sound_off", {}),
    ):
        assert await wcs.call(f"/push/{method}", key | more) == (200, b"")
        states.append(await state())
        assert (await wcs.call(f"/push/{method}", {"mediaSessionId": "no"}))[0] == 404
    assert states == [(True, False), (True, True), (False, True), (False, False)]
    assert (await wcs.call("/push/sound_on", key | {"soundFile": "absent.wav"}))[0] == 404


async def test_takes_mute_and_sound_as_options_of_the_start(autojump_clock, wcs):
    sound = {"action": "sound_on", "soundFile": "sound.wav", "loop": True}
    _, muted = await wcs.push(options={"action": "mute"}, rtmpTransponderFullUrl="true")
    _, sounding = await wcs.push("b", options=sound)
    assert [(one["muted"], one["soundEnabled"]) for one in (muted, sounding)] == [
        (True, False),
        (False, True),
    ]
    assert sounding["options"] == sound
    assert (await wcs.push("c", options=sound | {"soundFile": "absent.wav"}))[0] == 404
    assert (await wcs.push("d", options=sound | {"soundFile": []}))[0] == 404
    assert (await wcs.push("e", options="mute"))[0] == 500


@pytest.mark.parametrize(
    ("switch", "found"),
    [
        (FindsName.PLAIN, [200, 404]),
        (FindsName.PREFIXED, [404, 200]),
        (FindsName.EITHER, [200] * 2),
    ],
)
async def test_finds_by_the_name_that_the_build_compares(autojump_clock, start, switch, found):
    wcs = await start(finds_name=switch)
    await wcs.push()
    names = ("name", "rtmp_name")
    assert [(await wcs.call("/push/find", {"streamName": one}))[0] for one in names] == found


async def test_finds_by_url_and_everything_by_nothing(autojump_clock, wcs):
    await wcs.push()
    await wcs.push(url="rtmp://other/live")
    _, found = await wcs.call("/push/find", {"rtmpUrl": "rtmp://other/live", "streamName": None})
    assert [one["rtmpUrl"] for one in found] == ["rtmp://other/live"]
    assert len((await wcs.call("/push/find", {}))[1]) == 2


async def test_what_was_lost_may_come_back_by_itself(autojump_clock, wcs):
    await wcs.publish("name")
    wcs.turn(rtmp_push_restore=True)
    _, started = await wcs.push(options={"action": "mute"})
    wcs.server.media.transponders.vanish(wcs.server.transponder("name"))
    assert (await wcs.call("/push/find_all"))[0] == 404
    await trio.sleep(6)
    _, [restored] = await wcs.call("/push/find_all")
    assert of(restored) == of(started)
    assert restored["mediaSessionId"] != started["mediaSessionId"]
    assert wcs.effects()[-1] == ("transponder came", "self")


async def test_what_was_lost_stays_lost_without_its_stream_or_with_a_successor(autojump_clock, wcs):
    wcs.turn(rtmp_push_restore=True)
    await wcs.push()
    wcs.server.media.transponders.vanish(wcs.server.transponder("name"))
    await trio.sleep(6)
    assert (await wcs.call("/push/find_all"))[0] == 404
    await wcs.publish("name")
    await wcs.push()
    wcs.server.media.transponders.vanish(wcs.server.transponder("name"))
    await wcs.push()
    await trio.sleep(6)
    assert len((await wcs.call("/push/find_all"))[1]) == 1
