"""The group /recorder and its older names, as documented."""

import trio

from orchestrator.emulator.node import SELF


def listed(name, id_):
    return {"fileName": name, "mediaSessionId": id_}


async def test_records_under_a_name_that_is_not_complete_while_it_runs(autojump_clock, wcs):
    stream = await wcs.publish("a")
    key = {"mediaSessionId": stream.media_session_id}
    config = {"fileTemplate": "x-{streamName}-{endTime}", "rotation": "20M"}
    assert (await wcs.call("/recorder/find_all"))[0] == 404
    assert await wcs.call("/recorder/startup", key | {"config": config}) == (200, b"")
    name = "x-a-{endTime}.mp4"
    assert await wcs.call("/recorder/find_all") == (200, [listed(name, stream.media_session_id)])
    assert (await wcs.call("/stream/find", key))[1][0]["record"] is True
    assert await wcs.call("/recorder/terminate", key) == (200, b"")
    await trio.sleep(1)
    assert (await wcs.call("/recorder/find_all"))[0] == 404
    assert (await wcs.call("/stream/find", key))[1][0]["record"] is False
    assert (await wcs.call("/recorder/terminate", key))[0] == 404
    assert (await wcs.call("/recorder/startup", {"mediaSessionId": "no"}))[0] == 404


async def test_recording_what_is_recorded_cuts_the_file(autojump_clock, wcs):
    stream = await wcs.publish("a")
    key = {"mediaSessionId": stream.media_session_id}
    for _ in range(2):
        await wcs.call("/recorder/startup", key)
    effects = [one.what for one in wcs.server.node.journal.after(0, kind="effect")]
    assert effects[-3:] == ["recording cut", "recording went", "recording came"]


async def test_a_recording_ends_with_its_stream(autojump_clock, wcs):
    stream = await wcs.publish("a")
    await wcs.call("/recorder/startup", {"mediaSessionId": stream.media_session_id})
    wcs.server.media.streams.end(stream, "gone", SELF)
    assert wcs.server.objects.recordings == {}


async def test_files_may_be_rotated(autojump_clock, start):
    wcs = await start(rotation_s=60)
    stream = await wcs.publish("a")
    await wcs.call("/recorder/startup", {"mediaSessionId": stream.media_session_id})
    names = []
    for _ in range(3):
        names.append((await wcs.call("/recorder/find_all"))[1][0]["fileName"])
        await trio.sleep(61)
    assert len(set(names)) == 3


async def test_rotation_may_be_turned_off(autojump_clock, start):
    wcs = await start(rotation_s=60)
    stream = await wcs.publish("a")
    await wcs.call("/recorder/startup", {"mediaSessionId": stream.media_session_id})
    wcs.turn(rotation_s=0.0)
    with trio.fail_after(600):
        await trio.sleep(120)
    changes = [one for one in wcs.server.node.journal.after(0) if one.what == "recording changed"]
    assert len(changes) == 1


async def test_an_older_build_has_the_methods_of_streams_only(autojump_clock, start):
    wcs = await start(has_recorder=False)
    stream = await wcs.publish("a")
    key = {"mediaSessionId": stream.media_session_id}
    assert [(await wcs.call(f"/recorder/{verb}", key))[0] for verb in ("startup", "find_all")] == [
        404,
        404,
    ]
    assert await wcs.call("/stream/startRecording", key) == (200, b"")
    assert (await wcs.call("/stream/find", key))[1][0]["record"] is True
    assert await wcs.call("/stream/stopRecording", key) == (200, b"")


async def test_recordings_may_end_by_themselves(autojump_clock, wcs):
    wcs.server.node.turn(type(wcs.server.node.faults)(recording_life_s=5))
    stream = await wcs.publish("a")
    await wcs.call("/recorder/startup", {"mediaSessionId": stream.media_session_id})
    await trio.sleep(600)
    assert wcs.server.objects.recordings == {}
