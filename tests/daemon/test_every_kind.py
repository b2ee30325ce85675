"""One state with every kind, on two nodes: it converges, rests, and ends in reverse order."""

import pytest
import trio

from orchestrator.core.configuration import Node
from orchestrator.core.filter import Filter
from orchestrator.core.mapping import Map
from orchestrator.emulator.settings import Generation, Settings
from tests.stage import staged

STATE = """
defaults: {node: wcs1}
pulls:
  studio-a: {uri: rtmp://encoder.lan/live/studio-a, localStreamName: studio-a}
  camera-1: {uri: "rtsp://10.0.0.5/main", localStreamName: camera-1}
  show-edges: {nodes: {role: edge}, from: wcs1, remoteStreamName: show, localStreamName: show}
webrtcPushes:
  to-partner: {uri: wss://partner.example:8443, localStreamName: show, remoteStreamName: show}
mixers:
  show:
    localStreamName: show
    inputs: [studio-a, {streams: "guest-*", audioLevel: 80, max: 2}, {streamName: slate}]
    parameters: {mixerVideoWidth: 1280}
transcoders:
  show-480p:
    remoteStreamName: show
    localStreamName: show-480p
    encoder: {width: 854, height: 480, fps: 30, keyFrameInterval: 60, bitrate: 1200}
transponders:
  youtube: {streamName: show, rtmpUrl: rtmp://youtube.lan/live2/key, rtmpTransponderFullUrl: true}
  small: {streamName: show-480p, rtmpUrl: rtmp://small.lan/live, muted: true}
recordings:
  archive: {streamName: show, rotation: 20M}
vods:
  slate: {uri: vod-live://slate.mp4, localStreamName: slate, loop: true, keep: whileUsed}
calls:
  reporter: {callee: "1001", toStream: reporter, sipLogin: "100", sipDomain: sip.lan}
injections:
  ad-break: {localStreamName: camera-1, remoteStreamName: slate}
"""
NODES = {
    "wcs1": Node(Map(role="origin"), ws="wss://wcs1:8443"),
    "wcs2": Node(Map(role="edge"), ws="wss://wcs2:8443"),
}


@pytest.mark.parametrize("generation", Generation)
async def test_every_kind_converges_and_rests(autojump_clock, generation):
    wcs = Settings(generation=generation)
    names = ("wcs1", "wcs2")
    async with staged(node_names=names, node_values=NODES, wcs_settings=wcs) as stage:
        stage.write(STATE)
        await stage.start()
        await trio.sleep(120)
        rows = (await stage.ask("GET", "/api/v1/resources"))[1]
        assert {row["resource"]: row["phase"] for row in rows if row["phase"] != "Ready"} == {}
        _, plan = await stage.ask("GET", "/api/v1/plan")
        assert (plan["actions"], plan["held"]) == ([], [])
        await trio.sleep(600)  # kinds that are not in use have come round as well
        before, position = stage.journal.written, stage.log.head.position
        await trio.sleep(3_600)
        assert (stage.mutations(after=before), stage.mutations("wcs2", after=before)) == ([], [])
        assert (await stage.log.read(Filter(after=position), 9)) == []


async def test_what_is_taken_away_is_held_once_and_ends_in_reverse_order(autojump_clock):
    names, wcs = ("wcs1", "wcs2"), Settings()
    async with staged(node_names=names, node_values=NODES, wcs_settings=wcs) as stage:
        stage.write(STATE)
        await stage.start()
        await trio.sleep(120)
        before = stage.journal.written
        stage.write("{}")
        (hold,) = (await stage.load()).holds
        await trio.sleep(600)
        assert stage.mutations(after=before) == []
        await stage.ask("POST", "/control/v1/approve", {"hold": hold})
        await trio.sleep(120)
        calls = stage.mutations(after=before)
        assert sorted(calls) == sorted(
            [
                *("/call/terminate", "/mixer/terminate", "/pull/rtmp/terminate"),
                *("/pull/terminate", "/push/terminate", "/push/terminate", "/recorder/terminate"),
                *("/rtsp/terminate", "/stream/inject/terminate", "/transcoder/terminate"),
                "/vod/terminate",
            ]
        )
        order = {path: calls.index(path) for path in calls}
        assert order["/mixer/terminate"] > max(
            order[path] for path in ("/recorder/terminate", "/transcoder/terminate")
        )
        assert order["/transcoder/terminate"] > order["/push/terminate"]
        assert order["/vod/terminate"] > max(
            order["/mixer/terminate"], order["/stream/inject/terminate"]
        )
        assert order["/pull/rtmp/terminate"] > order["/mixer/terminate"]
        assert order["/rtsp/terminate"] > order["/stream/inject/terminate"]
        assert await stage.phases() == {}
