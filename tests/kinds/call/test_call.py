"""SIP calls as WCS takes, lists and ends them."""

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
from orchestrator.kinds.call import KIND, Call, Redial
from tests.kinds.sample import parsed, sample

DECLARED = KIND.declarable
ID = "R08NQya-5NMe5v7q-JNkboaS-CGMlFi"
SPEC = Call("002", "100", "sip.lan", ID, has_audio=True, sip_password="~seal", sip_port=5060)
(ITEM,) = sample("rest/call-find-response.json")
SEEN = Seen(
    ID,
    "",
    freeze(
        {
            "status": "ESTABLISHED",
            "incoming": False,
            "caller": "001",
            "streamName": "",
            "callee": "002",
            "visibleName": "001",
            "hasAudio": True,
            "hasVideo": False,
        }
    ),
)
BODY = freeze(
    {
        "callee": "002", "sipLogin": "100", "sipDomain": "sip.lan", "hasAudio": True,
        "sipPassword": "~seal", "sipPort": 5060,
    }
)  # fmt: skip


def test_a_listing_goes_through_unchanged_in_meaning():
    assert parsed(KIND, (ITEM,)) == parsed(KIND, ITEM) == [SEEN]
    assert KIND.parse(ITEM.set("callId", None)) is None
    assert KIND.parse(ITEM.set("rtmpUrl", "rtmp://a/b")).fields["rtmpUrl"] == "rtmp://a/b"
    assert KIND.parse(ITEM.set("hasAudio", "false")).fields["hasAudio"] is False
    assert KIND.listings(Node()) == (RestCall("/call/find_all"),)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ESTABLISHED", True), ("HOLD", True), ("", True),
        ("NEW", False), ("TRYING", False), ("RING", False), ("NEVER_HEARD_OF", False),
        ("BUSY", None), ("FAILED", None), ("FINISH", None),
    ],
)  # fmt: skip
def test_a_call_that_has_ended_is_not_there(status, state):
    seen = KIND.parse(ITEM.set("status", status))
    assert (KIND.is_running(seen) if seen is not None else None) is state


def test_it_is_dialled_with_all_that_is_declared():
    assert DECLARED.create(SPEC, NOWHERE) == RestCall("/call/startup", BODY.set("callId", ID))
    assert DECLARED.sent(SPEC) == BODY
    assert DECLARED.made(RestReply(200, freeze({}))) == DECLARED.made(RestReply(200, NotJson("")))


@pytest.mark.parametrize(
    ("spec", "sent", "expected"),
    [
        (SPEC, BODY, ()),
        (SPEC, EMPTY, ()),
        (evolve(SPEC, call_id="other"), BODY, ("callId",)),
        (evolve(SPEC, callee="003"), BODY, ("callee",)),
        (evolve(SPEC, sip_password="~other"), BODY, ("sipPassword",)),
        (evolve(SPEC, sip_port=None), BODY, ("sipPort",)),
        (evolve(SPEC, has_video=True), BODY, ("hasVideo",)),
        (
            evolve(SPEC, rtmp_url="rtmp://H:1935/a", rtmp_stream="s"),
            BODY.update({"rtmpUrl": "rtmp://h/a", "rtmpStream": "s"}),
            (),
        ),
    ],
)
def test_a_call_cannot_change(spec, sent, expected):
    found = DECLARED.compare(spec, SEEN, sent, NOWHERE)
    assert found == (Different(expected) if expected else Same())


def test_what_it_goes_by_reads_and_makes():
    assert DECLARED.naturals(SPEC, NOWHERE) == (DECLARED.target(SPEC),) == DECLARED.occupied(SEEN)
    assert (DECLARED.needs(SPEC), DECLARED.makes(SPEC)) == ((), ())
    assert DECLARED.makes(evolve(SPEC, to_stream="reporter")) == ("reporter",)
    assert KIND.sources(SEEN, 7, NOWHERE) is None
    assert KIND.hear("OnCallEvent", freeze({"callId": ID})) is None
    assert DECLARED.delete(SEEN, NOWHERE) == RestCall("/call/terminate", freeze({"callId": ID}))
    assert DECLARED.named(evolve(SPEC, call_id=""), "reporter", {}).call_id == "reporter"
    assert DECLARED.named(SPEC, "reporter", {}) == SPEC


@pytest.mark.parametrize("redial", Redial)
def test_redial_says_whether_it_is_dialled_again(redial):
    assert DECLARED.again(evolve(SPEC, redial=redial)) is Again[redial.name]
    assert DECLARED.is_patient  # it rings as long as it takes


def test_what_is_wrong_is_said():
    together = "“rtmpUrl” and “rtmpStream” go together: add the other one"
    assert DECLARED.fault(SPEC, {}) == ""
    assert DECLARED.fault(evolve(SPEC, rtmp_url="rtmp://a/b"), {}) == together
    assert DECLARED.fault(evolve(SPEC, rtmp_stream="s"), {}) == together
