"""One row for each kind: what is declared, what it needs, and what it takes to make and end it."""

from attrs import frozen

from orchestrator.core.configuration import Node
from orchestrator.core.mapping import Map

NODES = {"wcs1": Node(Map(role="origin"), ws="wss://wcs1:8443")}


@frozen
class Row:
    """How a kind behaves.

    `line` declares it; `in_place` is a line that differs in what WCS can change and `updates` the
    calls for that; `other` is a line that it cannot follow; what has no id cannot be told from what
    a stranger makes in its place between two looks. `begin` and `end` are the calls that
    make and end it, `then` those that follow its beginning. `foreign` makes the same by hand.
    """

    kind: str
    section: str
    line: str
    other: str
    begin: str
    end: str
    foreign: dict
    strange: dict
    streams: tuple = ()
    then: tuple = ()
    in_place: str = ""
    updates: tuple = ()
    is_once: bool = False
    has_id: bool = True

    def state(self, line=None):
        """Return the state file that declares it."""
        return f"defaults: {{node: wcs1}}\n{self.section}: {{thing: {line or self.line}}}\n"


RTMP = "rtmp://encoder.lan/live/a"
WSS = "wss://partner.example:8443"
ROWS = (
    Row(
        "pull-rtmp", "pulls",
        f"{{uri: {RTMP}, localStreamName: a}}", f"{{uri: {RTMP}, localStreamName: b}}",
        "/pull/rtmp/pull", "/pull/rtmp/terminate",
        {"uri": RTMP, "localStreamName": "a"}, {"uri": RTMP, "localStreamName": "x"},
    ),
    Row(
        "pull-rtsp", "pulls",
        '{uri: "rtsp://10.0.0.5/main", localStreamName: a}',
        '{uri: "rtsp://10.0.0.5/main", localStreamName: b}',
        "/rtsp/startup", "/rtsp/terminate",
        {"uri": "rtsp://10.0.0.5/main", "toStream": "a"},
        {"uri": "rtsp://10.0.0.5/main", "toStream": "x"},
        has_id=False,
    ),
    Row(
        "pull-wcs", "pulls",
        f"{{uri: {WSS}, remoteStreamName: far, localStreamName: a}}",
        f"{{uri: {WSS}, remoteStreamName: far, localStreamName: b}}",
        "/pull/pull", "/pull/terminate",
        {"uri": WSS, "remoteStreamName": "far", "localStreamName": "a"}, {},
    ),
    Row(
        "push-wcs", "webrtcPushes",
        f"{{uri: {WSS}, localStreamName: show, remoteStreamName: a}}",
        f"{{uri: {WSS}, localStreamName: show, remoteStreamName: b}}",
        "/pull/push", "/pull/terminate",
        {"uri": WSS, "localStreamName": "show", "remoteStreamName": "a"}, {},
        streams=("show",),
    ),
    Row(
        "mixer", "mixers",
        "{localStreamName: a, inputs: [show], parameters: {mixerVideoWidth: 640}}",
        "{localStreamName: b, inputs: [show], parameters: {mixerVideoWidth: 640}}",
        "/mixer/startup", "/mixer/terminate",
        {"uri": "mixer://thing", "localStreamName": "a", "mixerVideoWidth": 640},
        {"uri": "mixer://thing", "localStreamName": "x"},
        streams=("show",), then=("/mixer/add",),
        in_place="{localStreamName: a, inputs: [{streamName: show, audioLevel: 5}], "
        "parameters: {mixerVideoWidth: 800}}",
        updates=("/mixer/set_parameter", "/mixer/setAudioVideo"),
    ),
    Row(
        "transcoder", "transcoders",
        "{remoteStreamName: show, localStreamName: a, encoder: {width: 640}}",
        "{remoteStreamName: show, localStreamName: a, encoder: {width: 320}}",
        "/transcoder/startup", "/transcoder/terminate",
        {"uri": "transcoder://thing", "remoteStreamName": "show", "localStreamName": "a",
         "encoder": {"width": 640}},
        {"uri": "transcoder://thing", "remoteStreamName": "show", "localStreamName": "x"},
        streams=("show",),
    ),
    Row(
        "transponder", "transponders",
        "{streamName: show, rtmpUrl: rtmp://target.lan/live}",
        "{streamName: show, rtmpUrl: rtmp://target.lan/other}",
        "/push/startup", "/push/terminate",
        {"streamName": "show", "rtmpUrl": "rtmp://target.lan/live"},
        {"streamName": "show", "rtmpUrl": "rtmp://target.lan/live", "options": {"action": "mute"}},
        streams=("show",),
        in_place="{streamName: show, rtmpUrl: rtmp://target.lan/live, muted: true}",
        updates=("/push/mute",),
    ),
    Row(
        "recording", "recordings",
        "{streamName: show, rotation: 20M}", "{streamName: show, rotation: 9M, onChange: replace}",
        "/recorder/startup", "/recorder/terminate",
        {}, {},
        streams=("show",),
    ),
    Row(
        "vod-loop", "vods",
        "{uri: vod-live://a.mp4, localStreamName: a, loop: true}",
        "{uri: vod-live://b.mp4, localStreamName: a, loop: true}",
        "/vod/startup", "/vod/terminate",
        {"uri": "vod-live://a.mp4", "localStreamName": "a", "loop": True},
        {"uri": "vod-live://x.mp4", "localStreamName": "a", "loop": True},
    ),
    Row(
        "vod-once", "vods",
        "{uri: vod-live://a.mp4, localStreamName: a}",
        "{uri: vod-live://b.mp4, localStreamName: a}",
        "/vod/startup", "/vod/terminate",
        {"uri": "vod-live://a.mp4", "localStreamName": "a"},
        {"uri": "vod-live://x.mp4", "localStreamName": "a"},
        is_once=True,
    ),
    Row(
        "call", "calls",
        '{callee: "1001", sipLogin: "100", sipDomain: sip.lan}',
        '{callee: "1002", sipLogin: "100", sipDomain: sip.lan}',
        "/call/startup", "/call/terminate",
        {"callId": "thing", "callee": "1001", "sipLogin": "100", "sipDomain": "sip.lan"},
        {"callId": "thing", "callee": "2002", "sipLogin": "100", "sipDomain": "sip.lan"},
        is_once=True, has_id=False,
    ),
    Row(
        "injection", "injections",
        "{localStreamName: show, remoteStreamName: slate}",
        "{localStreamName: show, remoteStreamName: other}",
        "/stream/inject/startup", "/stream/inject/terminate",
        {"localStreamName": "show", "remoteStreamName": "slate"},
        {"localStreamName": "show", "remoteStreamName": "other"},
        streams=("show", "slate", "other"), has_id=False,
    ),
)  # fmt: skip
