"""Every method of the REST API, by the command's own words, through the daemon, to a node."""

import json
import re

import pytest
import trio

from orchestrator.cli.call import body_of
from orchestrator.core.filter import Filter
from orchestrator.emulator.rest import METHODS
from orchestrator.web.calls import CALLS
from tests.stage import staged

PASSWORD = "sip-password-of-reporter"
SCRIPT = """
/push/startup streamName=show rtmpUrl=rtmp://a.lan/live options={"action":"mute"}
/push/find streamName=show
/push/find_all
/push/unmute mediaSessionId=@push
/push/mute mediaSessionId=@push
/push/sound_on mediaSessionId=@push soundFile=sound.wav loop=true
/push/sound_off mediaSessionId=@push
/push/terminate mediaSessionId=@push
/call/startup callId=c1 callee=1001 sipLogin=100 sipDomain=sip.lan sipPassword=PASSWORD sipPort=5060
/call/find_all
/call/find callId=c1
/call/send_dtmf callId=c1 dtmf=1 type=RFC2833
/call/inject_stream callId=c1 streamName=show
/call/inject_stream/startup callId=c1 streamName=show
/call/inject_stream/terminate callId=c1 streamName=show
/call/inject_sound callId=c1 fileName=sample.wav
/call/terminate callId=c1
/rtsp/startup uri=rtsp://10.0.0.5/main toStream=camera
/rtsp/find status=PLAYING
/rtsp/find_all
/rtsp/terminate uri=rtsp://10.0.0.5/main
/stream/find_all
/stream/find name=show published=true display=metrics
/stream/snapshot streamName=show
/stream/startRecording mediaSessionId=@show config={"rotation":"20M"}
/stream/stopRecording mediaSessionId=@show
/stream/event/send streamName=show payload={"a":1}
/recorder/startup mediaSessionId=@show
/recorder/find_all
/recorder/terminate mediaSessionId=@show
/multipleRecorder/startup uri=multi-recorder://all
/multipleRecorder/add uri=multi-recorder://all mediaSessionId=@show
/multipleRecorder/find_all
/multipleRecorder/remove uri=multi-recorder://all mediaSessionId=@show
/multipleRecorder/terminate uri=multi-recorder://all
/stream/inject/startup localStreamName=show remoteStreamName=other
/stream/inject/find_all
/stream/inject/terminate localStreamName=show
/stream/inject3/startup localStreamName=other resources=[{"uri":"file:///a.png","media":"video"}]
/hls/startup name=show
/hls/find_all
/hls/terminate name=show
/pull/rtmp/pull uri=rtmp://encoder.lan/live/a localStreamName=a hasAudio=false
/pull/rtmp/find_all
/pull/rtmp/terminate uri=rtmp://encoder.lan/live/a
/pull/pull uri=wss://far.lan:8443 localStreamName=b remoteStreamName=b
/pull/push uri=wss://far.lan:8443 localStreamName=show remoteStreamName=c
/pull/find_all
/pull/terminate localStreamName=b
/mixer/startup uri=mixer://m localStreamName=m mixerVideoWidth=640 mixerOther=1
/mixer/add uri=mixer://m remoteStreamName=show streamLabel=5
/mixer/find_all
/mixer/setAudioVideo uri=mixer://m streams=show audioLevel=5
/mixer/set_parameter uri=mixer://m mixerLayoutDir=/opt/layout
/mixer/set_body_watermark uri=mixer://m watermark=w.png
/mixer/set_stream_watermark uri=mixer://m remoteStreamName=show watermark=w.png x=5
/mixer/set_stream_label uri=mixer://m remoteStreamName=show streamLabel=Show
/mixer/set_stream_avatar uri=mixer://m remoteStreamName=show avatar=a.png
/mixer/remove_stream_avatar uri=mixer://m remoteStreamName=show
/mixer/remove uri=mixer://m remoteStreamName=show
/mixer/terminate uri=mixer://m
/mixer/test/get_start_example
/mixer/test/start feedingStreams=show mixerCount=1 streamsInMixer=1 intervalInSeconds=5
/mixer/test/stop
/transcoder/startup uri=transcoder://t remoteStreamName=show localStreamName=t encoder={"width":640}
/transcoder/find uri=transcoder://t
/transcoder/find_all
/transcoder/set_watermark uri=transcoder://t watermark=w.png
/transcoder/terminate uri=transcoder://t
/transcoder2/startup uri=transcoder2://u remoteStreamName=show localStreamName=u
/transcoder2/find localStreamName=u
/transcoder2/find_all
/transcoder2/set_watermark uri=transcoder2://u watermark=w.png
/transcoder2/terminate uri=transcoder2://u
/vod/startup uri=vod-live://a.mp4 localStreamName=v loop=true
/vod/find localStreamName=v
/vod/find_all
/vod/terminate localStreamName=v
/connection/find_all
/connection/find appKey=defaultApp
/connection/set_log_level sessionId=@session logLevel=DEBUG
/logger/enable_client_log sessionId=@session logLevel=DEBUG
/logger/disable_client_log sessionId=@session
/data/send sessionIds=@session operationId=1 payload={"a":1}
/api/create-session urlServer=wss://far.lan:8443/ sipLogin=7 sipPassword=PASSWORD
/api/find_all
/api/call wcsCallAgentId=@agent callId=d1 callee=1002 hasAudio=true
/api/hangup callId=d1
/api/terminate sipLogin=7
/cdn/show_routes
/cdn/stream/show_routes streamName=show
/cdn/stream/show_stream_routes streamName=show
/cdn/show_nodes
/cdn/show_state
/cdn/profile/print
/cdn/show_redundant_transcodings
/stream/terminate name=other
/connection/terminate sessionId=@session
""".strip().splitlines()
TABLE = re.split(
    r"\s+",
    """
/call/startup /call/find_all /call/find /call/terminate /call/send_dtmf /call/inject_stream
/call/inject_sound /rtsp/find /rtsp/find_all /rtsp/terminate /rtsp/startup /stream/find_all
/stream/find /stream/terminate /stream/snapshot /stream/startRecording /stream/stopRecording
/data/send /connection/terminate /connection/find_all /connection/find /push/startup /push/find
/push/find_all /push/terminate /push/mute /push/unmute /push/sound_on /push/sound_off
/pull/rtmp/pull /pull/rtmp/find_all /pull/rtmp/terminate /mixer/startup /mixer/add /mixer/remove
/mixer/find_all /mixer/terminate /mixer/test/start /mixer/test/stop /mixer/test/get_start_example
/pull/pull /pull/push /pull/find_all /pull/terminate /api/create-session /logger/enable_client_log
/logger/disable_client_log /cdn/show_routes /cdn/stream/show_routes /transcoder/startup
/transcoder/find /transcoder/find_all /transcoder/terminate /vod/startup /vod/find /vod/find_all
/vod/terminate
""".strip(),
)
"""The methods that the vendor's table of the REST API lists, in its order."""


async def call(stage, line, known=None):
    """Return status and answer of a line of the script."""
    path, *fields = line.replace("PASSWORD", PASSWORD).split(" ")
    for name, value in (known or {}).items():
        fields = [field.replace(name, value) for field in fields]
    body = {"node": "wcs1", "method": path, "body": body_of(path, fields)}
    return await stage.ask("POST", "/control/v1/call", body)


def test_the_table_is_known_whole():
    assert (len(TABLE), len(set(TABLE))) == (57, 57)
    assert [path for path in TABLE if path not in CALLS] == []
    assert set(CALLS) == set(METHODS)
    assert sorted(line.split()[0] for line in SCRIPT) == sorted(CALLS)


async def test_every_method_reaches_the_node_and_its_answer_comes_back(autojump_clock):
    async with staged() as stage:
        await stage.start()
        client = stage.servers["wcs1"].client("p")
        show = await client.publish("show")
        await stage.servers["wcs1"].client("q").publish("other")
        known = {"@show": show.media_session_id, "@session": show.connection.session_id}
        for line in SCRIPT:
            status, answer = await call(stage, line, known)
            assert (status, answer.get("status")) == (200, 200), (line, answer)
            if line.startswith("/push/startup"):
                known["@push"] = answer["reply"]["mediaSessionId"]
            if line.startswith("/api/find_all"):
                known["@agent"] = answer["reply"][0]["connection"]["sipLogin"]
            await trio.sleep(2)
        rows = await stage.log.read(Filter(types=frozenset({"ActionFinished"})), 1_000)
        told = [json.loads(row.body) for row in rows]
        changing = [line.split()[0] for line in SCRIPT if not CALLS[line.split()[0]].is_reading]
        assert [one["method"] for one in told if one["action"] == "call"] == changing
        texts = [row.body for row in await stage.log.read(Filter(), 100_000)]
        assert [text for text in texts if PASSWORD in str(text)] == []


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        (
            "/push/mute mediaSessionId=m1",
            409,
            "/push/mute answered 404: Transponder m1 not found (unknown)",
        ),
        (
            "/call/startup callId=c1 callee=1001 sipLogin=100 sipDomain=sip.lan",
            409,
            (
                "/call/startup answered 409: Call c1 already exists "
                "(there is one with that callId, or to that RTMP stream, already)"
            ),
        ),
        ("/mixer/ad", 400, "/mixer/ad: no such method; did you mean /mixer/add?"),
        ("/mixer/add uri=mixer://m", 400, "/mixer/add needs remoteStreamName"),
    ],
)
async def test_what_is_refused_says_why(autojump_clock, line, status, message):
    async with staged() as stage:
        await stage.start()
        await call(stage, "/call/startup callId=c1 callee=1001 sipLogin=100 sipDomain=sip.lan")
        answered, said = await call(stage, line)
        assert (answered, said["error"]) == (status, message)
