"""Pushes to another server, as WCS takes, lists and ends them."""

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
from orchestrator.kinds.webrtc_push import KIND, WebrtcPush
from tests.kinds.sample import parsed, sample, site

DECLARED = KIND.declarable
WSS = "wss://demo.flashphoner.com:8443"
SPEC = WebrtcPush(WSS, "testStream", "there")
IDENTITY = f"{WSS} testStream there"
SEEN = Seen(
    IDENTITY,
    "5a072377-73c1-4caf-abd3",
    freeze(
        {
            "uri": f"{WSS}/websocket",
            "localStreamName": "testStream",
            "remoteStreamName": "there",
            "status": "NEW",
        }
    ),
)


def test_a_listing_goes_through_unchanged_in_meaning():
    (item,) = sample("rest/pull-find_all-response.json")
    item = item.update({"remoteStreamName": "there", "uri": f"{WSS}/websocket", "new": None})
    assert parsed(KIND, (item,)) == [SEEN]
    assert KIND.parse(item.set("uri", "rtmp://a/b")) is None
    assert KIND.listings(Node()) == (RestCall("/pull/find_all"),)


def test_it_is_asked_for_and_ended_by_all_that_it_goes_by():
    body = {"uri": WSS, "localStreamName": "testStream", "remoteStreamName": "there"}
    assert DECLARED.create(SPEC, NOWHERE) == RestCall("/pull/push", freeze(body))
    assert DECLARED.delete(SEEN, NOWHERE) == RestCall("/pull/terminate", freeze(body))
    assert (DECLARED.sent(SPEC), DECLARED.made(RestReply(200, NotJson("empty")))) == (EMPTY, "")


def test_whatever_differs_makes_it_another():
    assert DECLARED.compare(SPEC, SEEN, EMPTY, NOWHERE) == Same()
    other = evolve(SPEC, remote_stream_name="elsewhere")
    assert DECLARED.compare(other, SEEN, EMPTY, NOWHERE) == Different(("uri",))


def test_what_it_goes_by_and_reads():
    assert DECLARED.naturals(SPEC, NOWHERE) == (IDENTITY,)
    assert (DECLARED.target(SPEC),) == DECLARED.occupied(SEEN) == (f"{WSS}  there",)
    assert (DECLARED.needs(SPEC), DECLARED.makes(SPEC)) == ((Source("testStream"),), ())
    there = site([("testStream", "s-1", 5), ("testStream", "s-2", 9)])
    assert KIND.sources(SEEN, 7, there) == ("s-1",)
    assert KIND.hear("StreamStatusEvent", freeze({"name": "testStream"})) is None
    assert DECLARED.named(WebrtcPush(WSS, "a"), "x", {}) == WebrtcPush(WSS, "a", "a")


@pytest.mark.parametrize(
    ("uri", "is_good"), [(WSS, True), ("ws://h", True), ("rtmp://h", False), ("ws://", False)]
)
def test_what_is_wrong_is_said(uri, is_good):
    said = DECLARED.fault(evolve(SPEC, uri=uri), {})
    assert said == ("" if is_good else "write a “uri” with ws:// or wss:// and a host")
