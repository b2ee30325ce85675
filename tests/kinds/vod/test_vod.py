"""VODs as WCS takes, lists and ends them."""

import pytest
from attrs import evolve

from orchestrator.core.comparison import Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import freeze
from orchestrator.core.kind import Again
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import Seen
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.vod import KIND, Keep, Vod
from tests.kinds.sample import parsed, sample

DECLARED = KIND.declarable
SPEC = Vod("vod-live://sample.mp4", "test")
(ITEM,) = sample("rest/vod-find-response.json")
SEEN = Seen(
    "test",
    "29ec3236-1093-42bb-88d6-d4ac37af3ac0",
    freeze({name: ITEM[name] for name in ITEM if name != "localMediaSessionId"}),
)
SENT = freeze({"loop": False})


def seen(**change):
    return evolve(SEEN, fields=SEEN.fields.update(change))


def test_a_listing_goes_through_unchanged_in_meaning():
    assert parsed(KIND, (ITEM,)) == parsed(KIND, ITEM) == [SEEN]
    assert KIND.parse(ITEM.set("localStreamName", None)) is None
    assert KIND.parse(ITEM.set("uri", "rtmp://a/b")) is None
    assert KIND.parse(ITEM.set("loop", "true")).fields["loop"] is True
    assert "loop" not in KIND.parse(ITEM.delete("loop")).fields
    assert KIND.listings(Node()) == (RestCall("/vod/find_all"),)


@pytest.mark.parametrize("loop", [False, True])
def test_loop_is_sent_only_where_it_is_set(loop):
    body = {"uri": SPEC.uri, "localStreamName": "test", **({"loop": True} if loop else {})}
    spec = evolve(SPEC, loop=loop)
    assert DECLARED.create(spec, NOWHERE) == RestCall("/vod/startup", freeze(body))
    assert DECLARED.sent(spec) == freeze({"loop": loop})
    assert DECLARED.made(RestReply(200, NotJson("empty"))) == ""


@pytest.mark.parametrize(
    ("spec", "listed", "sent", "expected"),
    [
        (SPEC, SEEN, SENT, ()),
        (SPEC, seen(uri="vod://sample.mp4"), SENT, ()),
        (evolve(SPEC, uri="vod-live://b.mp4"), SEEN, SENT, ("uri",)),
        (evolve(SPEC, local_stream_name="b"), SEEN, SENT, ("localStreamName",)),
        (evolve(SPEC, loop=True), SEEN, SENT, ("loop",)),
        (evolve(SPEC, loop=True), SEEN, EMPTY, ("loop",)),
        (evolve(SPEC, loop=True), SEEN, freeze({"loop": True}), ()),
        (evolve(SPEC, loop=True), evolve(SEEN, fields=SEEN.fields.delete("loop")), EMPTY, ()),
    ],
)
def test_what_is_declared_and_listed_is_compared(spec, listed, sent, expected):
    found = DECLARED.compare(spec, listed, sent, NOWHERE)
    assert found == (Different(expected) if expected else Same())


@pytest.mark.parametrize(
    ("spec", "again", "waits"),
    [
        (SPEC, Again.NEVER, False),
        (evolve(SPEC, loop=True), Again.ALWAYS, False),
        (evolve(SPEC, keep=Keep.WHILE_USED), Again.ALWAYS, True),
    ],
)
def test_what_ends_with_its_file_is_made_once(spec, again, waits):
    assert (DECLARED.again(spec), DECLARED.waits_for_use(spec)) == (again, waits)


def test_what_it_goes_by_reads_and_makes():
    assert DECLARED.naturals(SPEC, NOWHERE) == (DECLARED.target(SPEC),) == DECLARED.occupied(SEEN)
    assert (DECLARED.needs(SPEC), DECLARED.makes(SPEC)) == ((), ("test",))
    assert KIND.sources(SEEN, 7, NOWHERE) is None
    assert KIND.hear("StreamStatusEvent", freeze({"name": "test"})) is None
    body = freeze({"uri": SPEC.uri, "localStreamName": "test"})
    assert DECLARED.delete(SEEN, NOWHERE) == RestCall("/vod/terminate", body)


@pytest.mark.parametrize(
    ("uri", "is_good"),
    [("vod-live://a.mp4", True), ("vod://a.mp4", False), ("vod-live://", False), ("a.mp4", False)],
)
def test_what_is_wrong_is_said(uri, is_good):
    said = DECLARED.fault(evolve(SPEC, uri=uri), {})
    assert said == ("" if is_good else "write a “uri” with vod-live:// and the name of a file")
