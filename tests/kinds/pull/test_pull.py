"""Pulls from RTMP servers, cameras and other servers, as WCS takes, lists and ends them."""

import pytest
from attrs import evolve

from orchestrator.core.comparison import Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import freeze
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.pull import KIND, Pull
from tests.kinds.sample import parsed, sample

DECLARED = KIND.declarable
URI = "rtmp://myserver.com/live/myStream"
WSS = "wss://demo.flashphoner.com:8443"
RTMP = Pull(URI, "stream1", has_audio=True, has_video=True, record=False)
CAMERA = Pull("rtsp://myserver.com/live/myStream", "myRTSPstream")
OTHER = Pull(WSS, "testStream", "testStream")
IDENTITY = f"{WSS} testStream testStream"
NODES = {"wcs1": Node(ws="wss://wcs1:8443"), "bare": Node()}

SEEN_RTMP = Seen(
    URI,
    "5a072377-73c1-4caf-abd3",
    freeze(
        {
            "uri": URI,
            "localStreamName": "stream1",
            "remoteStreamName": "",
            "status": "PROCESSED_REMOTE",
            "hasAudio": True,
            "hasVideo": True,
            "record": False,
        }
    ),
)
SEEN_CAMERA = Seen(
    CAMERA.uri,
    "",
    freeze(
        {
            "uri": CAMERA.uri,
            "localStreamName": "myRTSPstream",
            "remoteStreamName": "",
            "status": "PLAYING",
        }
    ),
)
SEEN_OTHER = Seen(
    IDENTITY,
    "5a072377-73c1-4caf-abd3",
    freeze(
        {
            "uri": WSS,
            "localStreamName": "testStream",
            "remoteStreamName": "testStream",
            "status": "NEW",
        }
    ),
)


def other(uri):
    fields = {**SEEN_OTHER.fields, "uri": uri}
    return evolve(SEEN_OTHER, fields=Map(fields))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pull_rtmp-find_all-response", SEEN_RTMP),
        ("rtsp-find_all-response", SEEN_CAMERA),
        ("pull-find_all-response", SEEN_OTHER),
    ],
)
def test_a_listing_goes_through_unchanged_in_meaning(name, expected):
    assert parsed(KIND, sample(f"rest/{name}.json")) == [expected]


def test_all_three_groups_are_listed():
    paths = ["/pull/rtmp/find_all", "/rtsp/find_all", "/pull/find_all"]
    assert KIND.listings(Node()) == tuple(RestCall(path) for path in paths)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"uri": None}, None),
        ({"uri": "http://x"}, None),
        ({"uri": "no uri"}, None),
        ({"uri": "rtmp://MyServer.com:1935/live/myStream"}, URI),
        ({"unknown": [1], "localMediaSessionId": None}, URI),
    ],
)
def test_what_is_no_pull_is_not_seen(change, expected):
    item = freeze({**sample("rest/pull_rtmp-find_all-response.json"), **change})
    seen = KIND.parse(item)
    assert (seen.natural if seen is not None else None) == expected


@pytest.mark.parametrize("uri", [WSS, f"{WSS}/", f"{WSS}/websocket", f"{WSS}/websocket/"])
def test_a_rewritten_uri_is_the_same_and_is_ended_as_it_was_declared(uri):
    (item,) = sample("rest/pull-find_all-response.json")
    seen = KIND.parse(item.set("uri", uri))
    assert seen == other(uri)
    assert DECLARED.compare(OTHER, seen, EMPTY, NOWHERE) == Same()
    assert DECLARED.delete(seen, NOWHERE) == RestCall(
        "/pull/terminate", sample("rest/pull-terminate-request.json")
    )


@pytest.mark.parametrize(
    ("status", "runs"),
    [
        ("PROCESSED_REMOTE", True),
        ("PROCESSED_LOCAL", True),
        ("PLAYING", True),
        ("", True),
        ("NEW", False),
        ("NEVER_HEARD_OF", False),
    ],
)
def test_the_status_word_says_whether_it_runs(status, runs):
    seen = evolve(SEEN_RTMP, fields=SEEN_RTMP.fields.set("status", status))
    assert KIND.is_running(seen) is runs


@pytest.mark.parametrize(
    ("spec", "call"),
    [
        (
            RTMP,
            RestCall(
                "/pull/rtmp/pull",
                freeze(
                    {
                        "uri": URI,
                        "localStreamName": "stream1",
                        "hasAudio": True,
                        "hasVideo": True,
                        "record": False,
                    }
                ),
            ),
        ),
        (Pull(URI), RestCall("/pull/rtmp/pull", Map(uri=URI))),
        (
            CAMERA,
            RestCall("/rtsp/startup", Map(uri=CAMERA.uri, toStream="myRTSPstream")),
        ),
        (Pull(CAMERA.uri), RestCall("/rtsp/startup", Map(uri=CAMERA.uri))),
        (OTHER, RestCall("/pull/pull", sample("rest/pull-pull-request.json"))),
    ],
)
def test_each_scheme_is_asked_for_in_its_group(spec, call):
    assert DECLARED.create(spec, NOWHERE) == call
    assert (DECLARED.sent(spec), DECLARED.made(RestReply(200, NotJson("empty")))) == (EMPTY, "")


@pytest.mark.parametrize(
    ("seen", "call"),
    [
        (SEEN_RTMP, RestCall("/pull/rtmp/terminate", Map(uri=URI))),
        (SEEN_CAMERA, RestCall("/rtsp/terminate", Map(uri=CAMERA.uri))),
    ],
)
def test_each_is_ended_in_its_group(seen, call):
    assert DECLARED.delete(seen, NOWHERE) == call


@pytest.mark.parametrize(
    ("spec", "seen", "expected"),
    [
        (RTMP, SEEN_RTMP, Same()),
        (evolve(RTMP, local_stream_name="a"), SEEN_RTMP, Different(("localStreamName",))),
        (evolve(RTMP, local_stream_name=""), SEEN_RTMP, Same()),
        (
            evolve(RTMP, record=True, has_audio=False),
            SEEN_RTMP,
            Different(("hasAudio", "record")),
        ),
        (evolve(RTMP, uri="rtmp://b/c"), SEEN_RTMP, Different(("uri",))),
        (
            RTMP,
            evolve(SEEN_RTMP, fields=SEEN_RTMP.fields.set("localStreamName", URI)),
            Same(),
        ),
        (CAMERA, evolve(SEEN_CAMERA, fields=SEEN_CAMERA.fields.set("localStreamName", "")), Same()),
        (evolve(OTHER, remote_stream_name="b"), SEEN_OTHER, Different(("uri",))),
    ],
)
def test_what_is_listed_is_compared_as_far_as_it_is_declared(spec, seen, expected):
    assert DECLARED.compare(spec, seen, EMPTY, NOWHERE) == expected


@pytest.mark.parametrize(
    ("spec", "naturals", "needs", "makes"),
    [
        (RTMP, (URI,), (), ("stream1",)),
        (Pull(URI), (URI,), (), ()),
        (OTHER, (IDENTITY,), (), ("testStream",)),
        (
            Pull(WSS, "testStream", "testStream", from_="wcs1"),
            (IDENTITY,),
            (Source("testStream", "wcs1"),),
            ("testStream",),
        ),
    ],
)
def test_what_it_goes_by_reads_and_makes(spec, naturals, needs, makes):
    assert DECLARED.naturals(spec, NOWHERE) == naturals
    assert DECLARED.target(spec) == naturals[0]
    assert (DECLARED.needs(spec), DECLARED.makes(spec)) == (needs, makes)


def test_nothing_on_the_node_feeds_it_but_itself():
    assert KIND.sources(SEEN_RTMP, 5, NOWHERE) is None
    assert DECLARED.occupied(SEEN_RTMP) == (URI,)
    assert KIND.hear("StreamStatusEvent", freeze({"name": "stream1"})) is None


def test_names_follow_from_what_is_declared():
    node = NODES["wcs1"].ws
    named = DECLARED.named
    assert named(Pull(from_="wcs1"), "show", NODES) == Pull(node, "show", "show", "wcs1")
    assert named(Pull(WSS, "a"), "show", NODES) == Pull(WSS, "a", "a")
    assert named(Pull(WSS, "a", "b"), "show", NODES) == Pull(WSS, "a", "b")
    assert named(Pull(URI), "show", NODES) == Pull(URI)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (RTMP, ""),
        (Pull(from_="wcs1"), ""),
        (Pull(URI, from_="wcs1"), "exclude each other"),
        (Pull(from_="bare"), "which bare is not"),
        (Pull(from_="nowhere"), "which nowhere is not"),
        (Pull(), "write a “uri”"),
        (Pull("http://x"), "write a “uri”"),
        (Pull(URI, remote_stream_name="a"), "is for pulls from another WCS"),
        (evolve(CAMERA, record=True), "RTSP takes no record"),
        (Pull("rtmp://"), "names no host"),
    ],
)
def test_what_is_wrong_is_said(spec, words):
    said = DECLARED.fault(spec, NODES)
    assert words in said
    assert bool(words) is bool(said)
