"""The groups /transcoder and /transcoder2."""

import pytest
import trio

ENCODER = {"width": "854", "height": 480, "fps": "30", "watermark": "Test.png"}
BODY = {
    "uri": "transcoder://t",
    "remoteStreamName": "a",
    "localStreamName": "a-480p",
    "encoder": ENCODER,
}


async def test_publishes_its_source_in_another_size(autojump_clock, wcs):
    await wcs.publish("a")
    assert await wcs.call("/transcoder/startup", BODY) == (200, b"")
    await trio.sleep(1)
    status, [listed] = await wcs.call("/transcoder/find_all")
    id_ = listed.pop("localMediaSessionId")
    assert (status, listed) == (
        200,
        {
            "localStreamName": "a-480p",
            "remoteStreamName": "a",
            "uri": "transcoder://t",
            "status": "PROCESSED_LOCAL",
            "hasAudio": True,
            "hasVideo": True,
            "record": False,
            "encoder": {"width": 854, "height": 480, "fps": 30, "watermark": "Test.png"},
        },
    )
    _, [stream] = await wcs.call("/stream/find", {"name": "a-480p"})
    assert (stream["mediaSessionId"], stream["mediaProvider"]) == (id_, "Transcoder")
    assert (stream["width"], stream["height"]) == (854, 480)


async def test_ends_a_while_after_its_source_and_takes_its_dependents_along(autojump_clock, wcs):
    client = wcs.server.client("a")
    await client.publish("a")
    await wcs.call("/transcoder/startup", BODY)
    await trio.sleep(1)
    await wcs.push("a-480p")
    client.drop()
    await trio.sleep(0.9)
    assert (await wcs.call("/transcoder/find_all"))[0] == 200
    await trio.sleep(0.2)
    assert (await wcs.call("/transcoder/find_all"))[0] == 404
    await trio.sleep(1.1)
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_refuses_what_is_wrong_or_there_already(autojump_clock, wcs):
    await wcs.publish("a")

    async def start(**more):
        return (await wcs.call("/transcoder/startup", BODY | more))[0]

    assert await start(uri="nonsense") == 400
    assert await start(localStreamName=None) == 400
    assert await start(remoteStreamName="absent") == 500
    assert await start(encoder={"width": "wide"}) == 500
    wcs.turn(transcoding_disabled=True)
    assert await start() == 500
    wcs.turn(transcoding_disabled=False)
    assert [await start(), await start(localStreamName="b")] == [200, 409]
    assert await start(uri="transcoder://u") == 409
    wcs.turn(checks_rtmp_url=False)
    assert await start(uri="nonsense") == 500


@pytest.mark.parametrize(
    "key", [{"uri": "transcoder://t"}, {"remoteStreamName": "a"}, {"localStreamName": "a-480p"}]
)
async def test_is_found_and_ended_by_each_of_its_keys(autojump_clock, wcs, key):
    await wcs.publish("a")
    await wcs.call("/transcoder/startup", BODY)
    assert (await wcs.call("/transcoder/find", key))[0] == 200
    assert (await wcs.call("/transcoder/find", key | {"status": "PROCESSED_LOCAL"}))[0] == 404
    assert await wcs.call("/transcoder/terminate", key) == (200, b"")
    await trio.sleep(1)
    assert (await wcs.call("/transcoder/terminate", key))[0] == 404


async def test_takes_another_watermark_while_it_runs(autojump_clock, wcs):
    await wcs.publish("a")
    await wcs.call("/transcoder/startup", BODY)
    key = {"uri": "transcoder://t"}
    answers = [
        await wcs.call("/transcoder/set_watermark", one)
        for one in (key | {"watermark": "New.png"}, key, {"uri": "x", "watermark": "y"})
    ]
    assert [status for status, _ in answers] == [200, 400, 404]
    _, [listed] = await wcs.call("/transcoder/find_all")
    assert listed["encoder"]["watermark"] == "New.png"


async def test_the_second_group_lists_another_encoder_than_it_was_asked_for(autojump_clock, wcs):
    await wcs.publish("a")
    encoder = {"videoCodec": "H264", "audioRate": 48000, "audioBitrate": 64000}
    body = BODY | {"uri": "transcoder2://t", "encoder": encoder}
    assert (await wcs.call("/transcoder2/startup", BODY))[0] == 400
    assert (await wcs.call("/transcoder2/startup", body))[0] == 200
    for path in ("/transcoder/find_all", "/transcoder2/find"):
        _, [listed] = await wcs.call(path)
        assert listed["encoder"] == {"videoCodec": "H264", "audioRate": 48000, "videoRate": 90000}
