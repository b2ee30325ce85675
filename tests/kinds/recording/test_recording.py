"""Recordings as WCS takes, lists and ends them."""

import pytest
from attrs import evolve

from orchestrator.core.comparison import Different, Later, Past, Same
from orchestrator.core.configuration import Node, Recorder
from orchestrator.core.json import freeze
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall, RestReply
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.recording import KIND, Recording
from tests.kinds.sample import SAMPLES, parsed, sample, site

ID = "5a072377-73c1-4caf-abd3"
SPEC = Recording("test", "{streamName}-{startTime}-{endTime}", "20M")
SENT = freeze({"fileTemplate": "{streamName}-{startTime}-{endTime}", "rotation": "20M"})
DECLARED = KIND.declarable
THERE = site([("other", "s-0", 3), ("test", ID, 5)])
OLD = Node(recorder=Recorder.STREAM)
STREAM = sample("rest/stream-find-response-metrics.json")[0]
HOOKS = sorted(path.name for path in (SAMPLES / "hooks").glob("*.json"))


def seen(name="9c3e-test-1563776083752-{endTime}.mp4", id_=ID):
    return Seen(id_, id_, Map({"fileName": name}))


def test_a_listing_goes_through_unchanged_in_meaning():
    body = sample("rest/recorder-find_all-response.json")
    assert parsed(KIND, body) == parsed(KIND, body[0]) == [seen()]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fileName": None}, seen("")),
        ({"fileName": 7, "unknown": []}, seen("7")),
        ({"mediaSessionId": None}, None),
        ({"mediaSessionId": ""}, None),
    ],
)
def test_listed_members_are_read_as_wcs_means_them(change, expected):
    (item,) = sample("rest/recorder-find_all-response.json")
    assert KIND.parse(item.update(freeze(change))) == expected


@pytest.mark.parametrize(
    ("change", "is_seen"),
    [
        ({"record": True}, True),
        ({"record": "true"}, True),
        ({"record": False}, False),
        ({"record": None}, False),
        ({"record": True, "published": False}, False),
        ({"record": True, "published": "false"}, False),
    ],
)
def test_where_there_is_no_recorder_the_streams_say_it(change, is_seen):
    read = KIND.parse(STREAM.update(freeze(change)))
    assert read == (seen("", STREAM["mediaSessionId"]) if is_seen else None)
    assert KIND.listings(OLD) == (RestCall("/stream/find_all"),)
    assert KIND.listings(Node()) == (RestCall("/recorder/find_all"),)


@pytest.mark.parametrize("name", HOOKS)
def test_no_hook_speaks_of_recordings(name):
    body = sample(f"hooks/{name}")
    assert KIND.hear(name.split(".")[0], body if isinstance(body, Map) else body[0]) is None


def test_it_goes_by_the_id_of_its_stream_and_ends_with_it():
    assert DECLARED.needs(SPEC) == (Source("test"),)
    assert DECLARED.naturals(SPEC, THERE) == (ID,)
    assert DECLARED.naturals(SPEC, NOWHERE) == ()
    assert DECLARED.target(SPEC) == "test"
    assert KIND.sources(seen(), 0, THERE) == (ID,)
    assert KIND.sources(seen(), 9, NOWHERE) == ()


def test_it_is_made_as_documented():
    body = sample("rest/recorder-startup-request.json")
    assert DECLARED.create(SPEC, THERE) == RestCall("/recorder/startup", body)
    plain, only = Recording("test"), freeze({"mediaSessionId": ID})
    assert DECLARED.create(plain, THERE) == RestCall("/recorder/startup", only)
    older = evolve(THERE, node=OLD)
    assert DECLARED.create(SPEC, older) == RestCall("/stream/startRecording", body)
    assert DECLARED.made(RestReply(200, None)) == ""


def test_of_two_streams_of_its_name_the_newest_is_recorded():
    two = site([("test", "s-1", 5), ("test", "s-2", 6)])
    assert DECLARED.create(Recording("test"), two).body == freeze({"mediaSessionId": "s-2"})
    assert DECLARED.naturals(SPEC, two) == ("s-2", "s-1")


def test_it_is_ended_as_documented():
    body = sample("rest/recorder-terminate-request.json")
    assert DECLARED.delete(seen(), THERE) == RestCall("/recorder/terminate", body)
    older = evolve(THERE, node=OLD)
    assert DECLARED.delete(seen(), older) == RestCall("/stream/stopRecording", body)


@pytest.mark.parametrize(
    ("change", "at", "sent", "expected"),
    [
        ({}, THERE, SENT, Same()),
        ({}, THERE, EMPTY, Same()),
        ({"rotation": "30M"}, THERE, EMPTY, Same()),
        ({"rotation": "30M"}, THERE, SENT, Later(("rotation",))),
        ({"rotation": "", "file_template": "x"}, THERE, SENT, Later(("fileTemplate", "rotation"))),
        ({"stream_name": "other"}, THERE, SENT, Different(("streamName",))),
        ({}, NOWHERE, SENT, Past()),
    ],
)
def test_new_settings_wait_for_the_next_publication(change, at, sent, expected):
    assert DECLARED.compare(evolve(SPEC, **change), seen(), sent, at) == expected
