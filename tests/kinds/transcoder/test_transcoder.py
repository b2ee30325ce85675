"""Transcoders as WCS takes, lists and ends them."""

import pytest
from attrs import evolve

from orchestrator.core.comparison import Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import freeze
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import Seen
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.transcoder import KIND, Encoder, Transcoder
from tests.kinds.sample import parsed, sample, site

DECLARED = KIND.declarable
ENCODER = Encoder(width=640, height=480, key_frame_interval=30, fps=30, watermark="Test.png")
SPEC = Transcoder("test", "testT", "transcoder://tcode1", ENCODER, record=False)
(ITEM,) = sample("rest/transcoder-find-response.json")
SEEN = Seen(
    "transcoder://tcode1",
    "42a92132-bcd1-4436-a96f-3fec36b32b37",
    freeze({name: ITEM[name] for name in ITEM if name != "localMediaSessionId"}),
)
SENT = freeze(
    {
        "encoder": {
            "width": 640, "height": 480, "keyFrameInterval": 30, "fps": 30, "watermark": "Test.png"
        },
        "record": False,
    }
)  # fmt: skip


def seen(**encoder):
    listed = {**SEEN.fields["encoder"], **encoder}
    return evolve(SEEN, fields=SEEN.fields.set("encoder", freeze(listed)))


def test_a_listing_goes_through_unchanged_in_meaning():
    assert parsed(KIND, (ITEM,)) == parsed(KIND, ITEM) == [SEEN]
    assert KIND.parse(ITEM.set("uri", None)) is None
    assert KIND.parse(ITEM.set("encoder", None)).fields["encoder"] == EMPTY
    assert KIND.listings(Node()) == (RestCall("/transcoder/find_all"),)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("transcoder://a", "/transcoder/startup"),
        ("transcoder2://a", "/transcoder2/startup"),
    ],
)
def test_the_scheme_says_which_group_starts_it(uri, path):
    body = {"uri": uri, "remoteStreamName": "test", "localStreamName": "testT", **SENT}
    assert DECLARED.create(evolve(SPEC, uri=uri), NOWHERE) == RestCall(path, freeze(body))


def test_what_is_not_declared_is_not_sent():
    body = {"uri": "u", "remoteStreamName": "a", "localStreamName": "b"}
    spec = Transcoder("a", "b", "u")
    assert DECLARED.create(spec, NOWHERE) == RestCall("/transcoder/startup", freeze(body))
    assert DECLARED.sent(spec) == freeze({"encoder": {}})
    assert (DECLARED.sent(SPEC), DECLARED.made(RestReply(200, NotJson("")))) == (SENT, "")


@pytest.mark.parametrize(
    ("spec", "listed", "sent", "expected"),
    [
        (SPEC, SEEN, SENT, ()),
        (SPEC, SEEN, EMPTY, ()),
        (evolve(SPEC, uri="transcoder://b"), SEEN, SENT, ("uri",)),
        (evolve(SPEC, remote_stream_name="b"), SEEN, SENT, ("remoteStreamName",)),
        (evolve(SPEC, local_stream_name="b"), SEEN, SENT, ("localStreamName",)),
        (evolve(SPEC, record=True), SEEN, SENT, ("record",)),
        (SPEC, seen(width="640", fps=25), SENT, ("encoder.fps",)),
        (SPEC, seen(videoRate=90_000, watermark=None), SENT, ()),
        (evolve(SPEC, encoder=evolve(ENCODER, audio_bitrate=64)), SEEN, SENT, ()),
        (
            evolve(SPEC, encoder=evolve(ENCODER, audio_bitrate=64)),
            SEEN,
            SENT.set("encoder", SENT["encoder"].set("audioBitrate", 32)),
            ("encoder.audioBitrate",),
        ),
        (evolve(SPEC, encoder=evolve(ENCODER, fps=None)), SEEN, SENT, ("encoder.fps",)),
        (evolve(SPEC, encoder=Encoder()), SEEN, EMPTY, ()),
    ],
)  # fmt: skip
def test_what_is_declared_and_listed_is_compared(spec, listed, sent, expected):
    found = DECLARED.compare(spec, listed, sent, NOWHERE)
    assert found == (Different(expected) if expected else Same())


def test_what_it_goes_by_reads_and_makes():
    assert DECLARED.naturals(SPEC, NOWHERE) == (DECLARED.target(SPEC),) == DECLARED.occupied(SEEN)
    assert (DECLARED.needs(SPEC), DECLARED.makes(SPEC)) == ((Source("test"),), ("testT",))
    assert KIND.sources(SEEN, 7, site([("test", "s-1", 5), ("test", "s-2", 9)])) == ("s-1",)
    assert KIND.hear("StreamStatusEvent", freeze({"name": "test"})) is None
    assert DECLARED.delete(SEEN, NOWHERE) == RestCall(
        "/transcoder/terminate", freeze({"uri": "transcoder://tcode1"})
    )
    unnamed = evolve(SPEC, uri="")
    assert DECLARED.named(unnamed, "small", {}).uri == "transcoder://small"
    assert DECLARED.named(SPEC, "small", {}) == SPEC


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SPEC, ""),
        (evolve(SPEC, uri=""), ""),
        (evolve(SPEC, uri="mixer://a"), "is transcoder:// or transcoder2://"),
        (evolve(SPEC, local_stream_name="test"), "would read what it publishes"),
    ],
)
def test_what_is_wrong_is_said(spec, words):
    said = DECLARED.fault(spec, {})
    assert words in said
    assert bool(words) is bool(said)
