"""Injections as WCS takes, lists and ends them."""

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
from orchestrator.kinds.injection import KIND, Injection
from tests.kinds.sample import parsed, sample, site

DECLARED = KIND.declarable
SPEC = Injection("stream1", "stream2")
FILE = Injection("host", "vod-live://advertising.mp4")
SEEN = Seen("stream1", "", freeze({"localStreamName": "stream1", "remoteStreamName": "stream2"}))


def test_a_listing_goes_through_unchanged_in_meaning():
    body = sample("rest/stream_inject-find_all-response.json")
    assert parsed(KIND, body) == parsed(KIND, body[0]) == [SEEN]
    assert KIND.listings(Node()) == (RestCall("/stream/inject/find_all"),)


@pytest.mark.parametrize(
    ("spec", "name"),
    [(SPEC, "stream_inject-startup-request"), (FILE, "stream_inject-startup-request-vod")],
)
def test_it_is_asked_for_by_both_names(spec, name):
    call = RestCall("/stream/inject/startup", sample(f"rest/{name}.json"))
    assert DECLARED.create(spec, NOWHERE) == call
    assert (DECLARED.sent(spec), DECLARED.made(RestReply(200, NotJson("")))) == (EMPTY, "")
    ended = RestCall("/stream/inject/terminate", freeze({"localStreamName": "stream1"}))
    assert DECLARED.delete(SEEN, NOWHERE) == ended


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (SPEC, Same()),
        (evolve(SPEC, remote_stream_name="b"), Different(("remoteStreamName",))),
        (evolve(SPEC, local_stream_name="b"), Different(("localStreamName",))),
    ],
)
def test_what_differs_makes_it_another(spec, expected):
    assert DECLARED.compare(spec, SEEN, EMPTY, NOWHERE) == expected


@pytest.mark.parametrize(
    ("streams", "seen", "sources"),
    [
        ([("stream1", "a", 3), ("stream2", "b", 4)], SEEN, ("a",)),
        ([("stream1", "a", 3)], SEEN, ()),
        ([("stream2", "b", 4)], SEEN, ()),
        ([("stream1", "a", 9), ("stream2", "b", 4)], SEEN, ()),
        (
            [("host", "a", 3)],
            Seen("host", "", freeze({"remoteStreamName": "vod-live://advertising.mp4"})),
            ("a",),
        ),
    ],
)
def test_it_ends_with_either_stream(streams, seen, sources):
    assert KIND.sources(seen, 5, site(streams)) == sources


def test_what_it_goes_by_and_reads():
    assert DECLARED.naturals(SPEC, NOWHERE) == (DECLARED.target(SPEC),) == DECLARED.occupied(SEEN)
    assert DECLARED.needs(SPEC) == (Source("stream1"), Source("stream2"))
    assert DECLARED.needs(FILE) == (Source("host"),)
    assert KIND.hear("StreamStatusEvent", freeze({"name": "stream1"})) is None


@pytest.mark.parametrize(
    ("covering", "words"),
    [
        ("stream2", ""),
        ("vod-live://a.mp4", ""),
        ("stream1", "cannot cover itself"),
        ("rtmp://a/b", "is a stream of the node"),
    ],
)
def test_what_is_wrong_is_said(covering, words):
    said = DECLARED.fault(evolve(SPEC, remote_stream_name=covering), {})
    assert words in said
    assert bool(words) is bool(said)
