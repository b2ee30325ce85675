"""What may be called by hand, and what is said to a call that makes no sense."""

import re
from pathlib import Path

import pytest

from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY
from orchestrator.web.calls import CALLS, METHODS, misuse
from orchestrator.web.methods.method import Form, Method, Parameter, takes
from tests.kinds.sample import SAMPLES, sample

REQUESTS = sorted(path.name for path in (SAMPLES / "rest").glob("*-request*.json"))
FILTERS = {
    "/stream/terminate": (
        "every stream of the node",
        "name, mediaSessionId, status, published, mediaSessionIds, sessionId",
    ),
    "/pull/terminate": (
        "every pull from and push to another WCS",
        "uri, localMediaSessionId, remoteMediaSessionId, localStreamName, remoteStreamName, status",
    ),
    "/transcoder/terminate": (
        "every transcoder of the node",
        "uri, remoteStreamName, localStreamName, status",
    ),
    "/transcoder2/terminate": (
        "every transcoder of the node",
        "uri, remoteStreamName, localStreamName, status",
    ),
    "/vod/terminate": ("every published file of the node", "uri, localStreamName, status"),
}


def test_each_method_is_known_once():
    assert len(CALLS) == len(METHODS)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_documented_request_is_right(name):
    group, method = name.split("-")[:2]
    assert misuse(f"/{group.replace('_', '/')}/{method}", sample(f"rest/{name}")) == ""


def test_what_the_page_on_recordings_calls_can_be_called():
    page = (Path(__file__).parents[2] / "docs" / "31-recordings.md").read_text("utf-8")
    called = re.findall(r"orchestrator call NODE (/\S+) (\w+)=ID", page)
    assert [misuse(path, {name: "m1"}) for path, name in called] == [""]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/push/find_all", {}, ""),
        ("/push/startup", {"streamName": "a", "rtmpUrl": "rtmp://h/l"}, ""),
        (
            "/push/startup",
            {"streamName": "a", "rtmpUrl": "b", "rtmpTransponderFullUrl": "true"},
            "",
        ),
        (
            "/push/startup",
            {"streamName": "a", "rtmpUrl": "b", "rtmpTransponderFullUrl": "yes"},
            "/push/startup: rtmpTransponderFullUrl is no flag",
        ),
        (
            "/push/startup",
            {"streamName": "a", "rtmpUrl": "b", "options": "mute"},
            "/push/startup: options is no object",
        ),
        ("/push/startup", {"streamName": "a"}, "/push/startup needs rtmpUrl"),
        ("/push/startup", {"streamName": ""}, "/push/startup needs streamName, rtmpUrl"),
        ("/push/startup", {"streamName": None}, "/push/startup needs streamName, rtmpUrl"),
        ("/push/startup", {"streamName": 5}, "/push/startup: streamName is no text"),
        ("/push/find", {"streamName": None}, ""),
        (
            "/push/mute",
            {"name": "a"},
            "/push/mute has no parameter name; it takes mediaSessionId",
        ),
        (
            "/push/find_all",
            {"name": "a"},
            "/push/find_all has no parameter name; it takes nothing",
        ),
        ("/mixer/set_parameter", {"uri": "mixer://a", "mixerLayoutDir": ""}, ""),
        ("/mixer/set_parameter", {"uri": "mixer://a", "mixerMinDelay": 5}, ""),
        ("/mixer/setAudioVideo", {"uri": "mixer://a", "streams": "^a", "audioLevel": 0}, ""),
        ("/mixer/setAudioVideo", {"uri": "mixer://a", "streams": ["a"], "audioLevel": "-5"}, ""),
        (
            "/mixer/setAudioVideo",
            {"uri": "mixer://a", "streams": 5},
            "/mixer/setAudioVideo: streams is no list or text",
        ),
        (
            "/mixer/setAudioVideo",
            {"uri": "mixer://a", "streams": "a", "audioLevel": "loud"},
            "/mixer/setAudioVideo: audioLevel is no number",
        ),
        (
            "/mixer/setAudioVideo",
            {"uri": "mixer://a", "streams": "a", "audioLevel": True},
            "/mixer/setAudioVideo: audioLevel is no number",
        ),
        ("/push/strtup", {}, "/push/strtup: no such method; did you mean /push/startup?"),
        (
            "push/find_all",
            {},
            "push/find_all: no such method; did you mean /push/find_all or /pull/find_all?",
        ),
        (
            "/recorder/pause",
            {},
            (
                "/recorder/pause: no such method; there are /recorder/find_all, "
                "/recorder/startup, /recorder/terminate"
            ),
        ),
        ("/else", {}, "/else: no such method; `orchestrator call --list` names all"),
        ("/stream/terminate", {"mediaSessionIds": ["a"]}, ""),
        ("/stream/terminate", {"published": False}, ""),
        (
            "/stream/terminate",
            {"mediaSessionIds": "a"},
            "/stream/terminate: mediaSessionIds is no list",
        ),
    ],
)
def test_a_call_that_makes_no_sense_is_told_the_next_step(path, body, message):
    assert misuse(path, body) == message
    assert misuse(path, freeze(body)) == message


@pytest.mark.parametrize("path", sorted(FILTERS))
def test_a_call_that_would_end_everything_is_refused(path):
    what, names = FILTERS[path]
    said = f"{path} without a filter would end {what}; give one of {names}"
    empty = dict.fromkeys(names.split(", "))
    assert [misuse(path, body) for body in ({}, empty, {"status": ""})] == [said] * 3
    assert [one.path for one in METHODS if one.ends_all] == [
        one.path for one in METHODS if one.path in FILTERS
    ]


def test_nothing_at_all_is_right_for_what_takes_nothing():
    assert misuse("/stream/find_all", EMPTY) == ""


def test_what_reads_is_told_by_its_name_or_is_known_to():
    reading = {one.path for one in METHODS if one.is_reading}
    named = {path for path in CALLS if path.endswith(("/find", "/find_all"))}
    known = {"/stream/snapshot", "/mixer/test/get_start_example"}
    assert reading == named | known | {path for path in CALLS if path.startswith("/cdn/")}


def test_parameters_are_words():
    assert takes("uri! loop:flag payload!:object") == (
        Parameter("uri", is_required=True),
        Parameter("loop", Form.FLAG),
        Parameter("payload", Form.OBJECT, is_required=True),
    )


def test_a_method_that_takes_more_takes_anything():
    method = Method("/a/b", "", takes("loop:flag"), takes_more=True)
    assert (method.form_of("loop"), method.form_of("else"), method.group) == (
        Form.FLAG,
        Form.ANY,
        "a",
    )
