"""Streams as hooks and listings tell of them."""

import pytest

from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Gone, Seen
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.stream import ENDS, HEARD, KIND, is_live
from tests.kinds.sample import SAMPLES, parsed, sample

LISTED = Seen(
    "6af0baf1-f014-48d6-b285-c975951a402f",
    "6af0baf1-f014-48d6-b285-c975951a402f",
    Map(
        {
            "name": "stream1",
            "status": "PUBLISHING",
            "appKey": "flashStreamingApp",
            "sessionId": "/192.168.23.83:51309/192.168.130.39:1935",
            "mediaProvider": "Flash",
            "audioCodec": "mpeg4-generic/48000/2",
            "videoCodec": "H264",
            "createDate": 1616730493789,
            "record": False,
            "width": 640,
            "height": 360,
        }
    ),
)
BODY = {"mediaSessionId": "s-1", "name": "show", "status": "PUBLISHING", "published": True}
HOOKS = sorted(path.name for path in (SAMPLES / "hooks").glob("*.json"))
PUBLISHING = {
    "StreamStatusEvent.publishing.webrtc.5.2.json": "c43a28b7-9a4d-45f8-a010-57b959a22755",
    "StreamStatusEvent.publishing.with-sdp.5.0-2017.json": "56141d10-fddc-11e6-ac3a-4d67d5b3360d",
}


def listed(**more):
    """Return a stream as a list shows it: with the size of its picture, unlike a hook."""
    return seen(**{"width": 0, "height": 0, **more})


def seen(**more):
    fields = dict.fromkeys(("appKey", "sessionId", "mediaProvider", "audioCodec", "videoCodec"), "")
    shown = {"name": "show", "status": "PUBLISHING", "createDate": 0, "record": False}
    return Seen("s-1", "s-1", Map({**fields, **shown, **more}))


@pytest.mark.parametrize(
    "name",
    ["rest/stream-find-response-metrics.json", "hooks/rest-api.stream.find.rtmp-published.json"],
)
def test_a_listing_goes_through_unchanged_in_meaning(name):
    body = sample(name)
    assert parsed(KIND, body) == [LISTED]
    assert parsed(KIND, body[0]) == [LISTED]
    assert KIND.sources(LISTED, 0, NOWHERE) == (LISTED.id,)
    assert is_live(LISTED)


@pytest.mark.parametrize("name", HOOKS)
def test_of_all_documented_hooks_only_a_published_stream_is_heard(name):
    body = sample(f"hooks/{name}")
    heard = KIND.hear(name.split(".")[0], body if isinstance(body, Map) else body[0])
    assert (heard and heard.id) == PUBLISHING.get(name)


def test_a_hook_and_a_listing_tell_the_same_of_a_stream():
    body = sample("rest/hook-StreamStatusEvent-body.json")
    heard = KIND.hear("StreamStatusEvent", body)
    listed = KIND.parse(body)
    sizes = {name: listed.fields[name] for name in KIND.passing}
    assert listed == Seen(heard.natural, heard.id, heard.fields.update(sizes))
    assert heard.fields["name"] == "e6dcaedd-f084-49df-8262-7ce906e42eb2"
    assert heard.fields["createDate"] == 1664260776957


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, listed()),
        ({"unknown": [1], "sdp": "v=0"}, listed()),
        ({"published": "true"}, listed()),
        ({"published": 1}, listed()),
        ({"createDate": "12"}, listed(createDate=12)),
        ({"appKey": None, "createDate": None}, listed()),
        ({"width": 1280, "height": "720"}, listed(width=1280, height=720)),
        ({"width": None, "height": []}, listed()),
        ({"status": "PENDING"}, listed(status="PENDING")),
        ({"status": "SOMETHING_NEW"}, listed(status="SOMETHING_NEW")),
        ({"status": "UNPUBLISHED"}, None),
        ({"published": "false"}, None),
        ({"published": None}, None),
        ({"name": None}, None),
        ({"mediaSessionId": ""}, None),
    ],
)
def test_listed_members_are_read_as_wcs_means_them(change, expected):
    assert KIND.parse(freeze({**BODY, **change})) == expected


@pytest.mark.parametrize("method", sorted(HEARD))
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, seen()),
        ({"published": None}, seen()),
        ({"published": "true"}, seen()),
        ({"published": False}, None),
        ({"status": "PENDING"}, None),
        ({"status": "SOMETHING_NEW"}, None),
        ({"status": None}, None),
        ({"name": ""}, None),
        ({"mediaSessionId": None}, None),
        *(({"status": status, "name": None}, Gone("s-1")) for status in sorted(ENDS)),
    ],
)
def test_hooks_are_read_as_wcs_means_them(method, change, expected):
    assert KIND.hear(method, freeze({**BODY, **change})) == expected


@pytest.mark.parametrize("method", ["publishStream", "playStream", "StreamEvent", "Unheard"])
def test_other_hooks_say_nothing_of_a_stream(method):
    assert KIND.hear(method, freeze(BODY)) is None


@pytest.mark.parametrize("status", ["PENDING", "", "SOMETHING_NEW"])
def test_a_status_word_that_is_not_publishing_is_not_live(status):
    assert not is_live(seen(status=status))
