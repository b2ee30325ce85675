"""How a listed thing has to be declared to stay as it is."""

import pytest

from orchestrator.core.json import freeze
from orchestrator.core.kind import LeftOut, Written
from orchestrator.kinds import pull, recording, transponder, vod, webrtc_push
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.pull import Pull
from orchestrator.kinds.recording import Recording
from orchestrator.kinds.transponder import Transponder
from orchestrator.kinds.vod import Vod
from orchestrator.kinds.webrtc_push import WebrtcPush
from tests.kinds.sample import site

URL = "rtmp://a.lan/live"
WSS = "wss://far.lan:8443"


def declared_as(kind, item, streams=()):
    seen = kind.parse(freeze(item))
    return kind.declarable.declared_as(seen, site(streams))


def listed(name, url=URL, **more):
    return {"mediaSessionId": "t1", "streamName": name, "rtmpUrl": url, **more}


@pytest.mark.parametrize(
    ("name", "published", "stream"),
    [
        ("rtmp_show", (), "show"),
        ("rtmp_show", ("show",), "show"),
        ("rtmp_show", ("rtmp_show", "show"), "show"),
        ("rtmp_show", ("rtmp_show",), "rtmp_show"),
        ("show", ("show",), "show"),
    ],
)
def test_a_transponder_is_declared_for_the_stream_that_it_reads(name, published, stream):
    streams = [(one, one, 1) for one in published]
    written = Written(f"{stream}-a.lan", Transponder(stream, URL, muted=True))
    assert declared_as(transponder.KIND, listed(name, muted="true"), streams) == written


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (
            listed("rtmp_a", soundEnabled=True),
            "it plays a sound, and the node does not list which file",
        ),
        (listed("rtmp_"), "it sends a stream that is called by an address"),
        (listed("rtmp_rtmp://b.lan/c"), "it sends a stream that is called by an address"),
    ],
)
def test_a_transponder_that_cannot_be_declared_says_why(item, reason):
    assert declared_as(transponder.KIND, item) == LeftOut(reason)


def test_what_publishes_under_its_own_id_is_a_pull_and_else_a_push():
    item = {
        "localMediaSessionId": "x1",
        "uri": f"{WSS}/websocket",
        "localStreamName": "show",
        "remoteStreamName": "far",
        "status": "PROCESSED_LOCAL",
    }
    pulled, pushed = [("show", "x1", 1)], [("show", "s1", 1)]
    as_pull = Written("show", Pull(WSS, "show", "far"))
    as_push = Written("show-far.lan", WebrtcPush(WSS, "show", "far"))
    assert (declared_as(pull.KIND, item, pulled), declared_as(pull.KIND, item, pushed)) == (
        as_pull,
        None,
    )
    assert (
        declared_as(webrtc_push.KIND, item, pulled),
        declared_as(webrtc_push.KIND, item, pushed),
    ) == (None, as_push)
    pending = {**item, "status": "PENDING"}
    reason = "it does not run, so nothing tells whether it is a pull or a push"
    assert declared_as(webrtc_push.KIND, pending, pushed) == LeftOut(reason)


def test_only_flags_that_are_not_as_usual_are_declared():
    item = {"uri": "rtmp://b.lan/in/a", "localStreamName": "a", "status": "PROCESSED_REMOTE"}
    usual = {**item, "hasAudio": True, "hasVideo": True, "record": False}
    unusual = {**item, "hasAudio": "false", "hasVideo": True, "record": True}
    plain = Pull("rtmp://b.lan/in/a", "a")
    assert [declared_as(pull.KIND, one).spec for one in (item, usual, unusual)] == [
        plain,
        plain,
        Pull("rtmp://b.lan/in/a", "a", has_audio=False, record=True),
    ]


def test_a_file_is_declared_as_what_can_be_started():
    item = {"uri": "vod://a.mp4", "localStreamName": "a", "loop": True}
    assert declared_as(vod.KIND, item) == Written("a", Vod("vod-live://a.mp4", "a", loop=True))


def test_a_recording_is_declared_by_the_name_of_its_stream():
    item, kind = {"mediaSessionId": "s1", "fileName": "a.mp4"}, recording.KIND
    assert [declared_as(kind, item, streams) for streams in (
        [("show", "s1", 1)], [], [("rtmp://b.lan/c", "s1", 1)],
    )] == [
        Written("show", Recording("show")),
        LeftOut("the stream that it records is not listed"),
        LeftOut("it records a stream that is called by an address"),
    ]  # fmt: skip


def test_each_kind_that_can_be_declared_tells_how():
    kinds = [kind for kind in KINDS.values() if kind.declared is not None]
    assert [kind.name for kind in kinds if not callable(kind.declarable.declared_as)] == []
