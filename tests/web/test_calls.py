"""What may be called by hand, and what is said to a call that makes no sense."""

import re
from pathlib import Path

import pytest

from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY
from orchestrator.web.calls import CALLS, METHODS, misuse
from tests.kinds.sample import SAMPLES, sample

PUSH = (
    "/push/find, /push/find_all, /push/mute, /push/sound_off, /push/sound_on, /push/startup, "
    "/push/terminate, /push/unmute"
)
REQUESTS = sorted(
    path.name
    for group in ("push", "stream", "recorder")
    for path in (SAMPLES / "rest").glob(f"{group}-*-request*.json")
)


def test_each_method_is_known_once():
    assert len(CALLS) == len(METHODS)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_documented_request_is_right(name):
    group, method = name.split("-")[:2]
    assert misuse(f"/{group}/{method}", sample(f"rest/{name}")) == ""


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
        ("/push/startup", {"streamName": 5}, "/push/startup: streamName is no text"),
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
        ("/push/nothing", {}, f"/push/nothing: no such method here; there are {PUSH}"),
        (
            "/else",
            {},
            f"/else: no such method here; there are {', '.join(sorted(CALLS))}",
        ),
        (
            "/stream/terminate",
            {},
            (
                "/stream/terminate without a filter would end every stream of the node; give one "
                "of "
                "name, mediaSessionId, status, published, mediaSessionIds"
            ),
        ),
        (
            "/stream/terminate",
            {"name": "", "mediaSessionIds": []},
            (
                "/stream/terminate without a filter would end every stream of the node; give one "
                "of "
                "name, mediaSessionId, status, published, mediaSessionIds"
            ),
        ),
        ("/stream/terminate", {"mediaSessionIds": ["a"]}, ""),
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


def test_nothing_at_all_is_right_for_what_takes_nothing():
    assert misuse("/stream/find_all", EMPTY) == ""
