"""Mixers as WCS takes, lists, changes and ends them."""

import pytest
from attrs import evolve

from orchestrator.core.comparison import Different, InPlace, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import freeze
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.mixer import KIND, Mixer
from orchestrator.kinds.mixer_inputs import Input
from tests.kinds.sample import parsed, sample, site

DECLARED = KIND.declarable
URI = "mixer://mixer1"
ITEM = sample("rest/mixer-find_all-response.json")
IDS = ("693781de-cada-4589-abe1-c3ee55c66901", "95bf2be8-f459-4f62-9a7f-c588f33e0ad3")
SPEC = Mixer("mixer1", URI, parameters=freeze({"mixerVideoWidth": 640}), has_audio=True)
SENT = freeze(
    {
        "fixed": {"localStreamName": "mixer1", "hasAudio": True},
        "parameters": {"mixerVideoWidth": 640},
    }
)


def seen(*inputs, **more):
    fields = {
        "uri": URI, "localStreamName": "mixer1", "status": "PROCESSED_LOCAL", "parameters": {},
        "inputs": tuple(sorted(inputs)), **more,
    }  # fmt: skip
    return Seen(URI, ITEM["localMediaSessionId"], freeze(fields))


def compared(inputs, there, told=EMPTY, streams=()):
    """Return how a mixer with these inputs differs from what is there."""
    sent = SENT.set("inputs", told) if told else SENT
    return DECLARED.compare(evolve(SPEC, inputs=inputs), there, sent, site(streams))


def step(field, path, told, **body):
    call = RestCall(path, freeze({"uri": URI, **body}))
    return InPlace((f"inputs.{field}",), call, freeze({"inputs": told}))


@pytest.mark.parametrize(
    "sessions",
    [
        IDS,
        tuple({"localMediaSessionId": one} for one in IDS),
        tuple({"mediaSessionId": one, "uri": None} for one in reversed(IDS)),
        (*IDS, None, 7, {}),
    ],
)
def test_a_listing_goes_through_unchanged_in_meaning(sessions):
    item = ITEM.set("mediaSessions", freeze(sessions))
    assert parsed(KIND, item) == parsed(KIND, (item,)) == [seen(*IDS)]


def test_newer_builds_list_parameters_and_older_ones_no_inputs():
    item = ITEM.update({"mixerVideoWidth": 640, "hasAudio": "true", "record": None})
    parameters = {"mixerVideoWidth": 640}
    assert KIND.parse(item) == seen(*IDS, parameters=parameters, hasAudio=True)
    assert "inputs" not in KIND.parse(ITEM.delete("mediaSessions")).fields
    assert KIND.parse(ITEM.set("uri", "")) is None
    assert KIND.listings(Node()) == (RestCall("/mixer/find_all"),)


def test_it_starts_without_inputs():
    body = {
        "uri": URI, "localStreamName": "mixer1", "hasAudio": True, "mixerVideoWidth": 640
    }  # fmt: skip
    spec = evolve(SPEC, inputs=(Input("a"),))
    assert DECLARED.create(spec, NOWHERE) == RestCall("/mixer/startup", freeze(body))
    assert (DECLARED.sent(spec), DECLARED.made(RestReply(200, NotJson("")))) == (SENT, "")


@pytest.mark.parametrize(
    ("change", "there", "expected"),
    [
        ({}, seen(), Same()),
        ({"uri": "mixer://b"}, seen(), Different(("uri",))),
        ({"local_stream_name": "b"}, seen(), Different(("localStreamName",))),
        ({"has_audio": False}, seen(), Different(("hasAudio",))),
        ({"watermark": "a.png"}, seen(), Same()),
        ({"has_audio": None}, seen(), Different(("hasAudio",))),
        ({"parameters": EMPTY}, seen(), Different(("parameters.mixerVideoWidth",))),
        (
            {"parameters": freeze({"mixerVideoWidth": 1280, "mixerLayoutDir": "/a"})},
            seen(parameters={"mixerLayoutDir": "/b"}),
            InPlace(
                ("parameters.mixerLayoutDir", "parameters.mixerVideoWidth"),
                RestCall(
                    "/mixer/set_parameter",
                    freeze({"uri": URI, "mixerVideoWidth": 1280, "mixerLayoutDir": "/a"}),
                ),
                freeze({"parameters": {"mixerVideoWidth": 1280, "mixerLayoutDir": "/a"}}),
            ),
        ),
    ],
)
def test_parameters_change_in_place_and_all_else_by_a_new_life(change, there, expected):
    assert DECLARED.compare(evolve(SPEC, **change), there, SENT, NOWHERE) == expected


STREAMS = (("a", "s-a", 1), ("guest-1", "s-1", 2), ("guest-2", "s-2", 3), ("mixer1", "s-m", 4))


def test_inputs_join_one_by_one_as_they_are_published():
    inputs = (Input("absent"), Input("a", stream_label="A", has_video=False), Input("a"))
    told = {"s-a": {"streamLabel": "A", "hasVideo": False}}
    add = step("a", "/mixer/add", told, remoteStreamName="a", streamLabel="A", hasVideo=False)
    assert compared(inputs, seen(), streams=STREAMS) == add
    assert compared(inputs, seen("s-a"), freeze(told), STREAMS) == Same()


def test_a_pattern_takes_the_first_so_many_and_never_its_own_output():
    one = (Input(streams="*", max=2),)
    told = {"s-a": {}}
    add = step("guest-1", "/mixer/add", {**told, "s-1": {}}, remoteStreamName="guest-1")
    assert compared(one, seen("s-a"), freeze(told), STREAMS) == add
    assert compared(one, seen("s-a", "s-1"), freeze({**told, "s-1": {}}), STREAMS) == Same()


def test_what_is_published_anew_joins_anew():
    told = {"s-old": {}, "s-a": {}}
    add = step("a", "/mixer/add", {"s-a": {}}, remoteStreamName="a")
    assert compared((Input("a"),), seen("s-old"), freeze(told), STREAMS) == add


def test_what_others_added_stays():
    assert compared((), seen("s-a", "s-1"), streams=STREAMS) == Same()
    assert compared((Input("a"),), seen("s-a", "s-1"), streams=STREAMS) == Same()


def test_what_we_added_and_is_not_wanted_any_more_leaves():
    told = freeze({"s-a": {}, "s-1": {}})
    remove = step("guest-1", "/mixer/remove", {"s-a": {}}, remoteStreamName="guest-1")
    assert compared((Input("a"),), seen("s-a", "s-1"), told, STREAMS) == remove


def test_what_only_joining_can_say_has_it_leave_first():
    told = freeze({"s-a": {"videoPositionId": "left"}})
    inputs = (Input("a", video_position_id="right"),)
    assert compared(inputs, seen("s-a"), told, STREAMS) == step(
        "a", "/mixer/remove", {}, remoteStreamName="a"
    )


def test_equal_levels_are_set_by_one_call():
    told = {"s-a": {}, "s-1": {}, "s-2": {"audioLevel": 80}}
    inputs = (Input("a"), Input(streams="guest-*", audio_level=80, video_muted=False))
    now_told = {
        "s-a": {},
        **{key: {"audioLevel": 80, "videoMuted": False} for key in ("s-1", "s-2")},
    }
    call = RestCall(
        "/mixer/setAudioVideo",
        freeze(
            {"uri": URI, "streams": ["guest-1", "guest-2"], "audioLevel": 80, "videoMuted": False}
        ),
    )
    found = compared(inputs, seen("s-a", "s-1", "s-2"), freeze(told), STREAMS)
    fields = ("inputs.guest-1", "inputs.guest-2")
    assert found == InPlace(fields, call, freeze({"inputs": now_told}))
    assert compared(inputs, seen("s-a", "s-1", "s-2"), freeze(now_told), STREAMS) == Same()


@pytest.mark.parametrize(
    ("one", "told", "path", "body"),
    [
        (Input("a", stream_label="B"), {"streamLabel": "A"}, "set_stream_label",
         {"streamLabel": "B"}),
        (Input("a"), {"streamLabel": "A"}, "set_stream_label", {"streamLabel": ""}),
        (Input("a", avatar="b.png"), {}, "set_stream_avatar", {"avatar": "b.png"}),
        (Input("a"), {"avatar": "a.png"}, "remove_stream_avatar", {}),
    ],
)  # fmt: skip
def test_labels_and_pictures_change_in_place(one, told, path, body):
    found = compared((one,), seen("s-a"), freeze({"s-a": told}), STREAMS)
    fields = {"streamLabel": one.stream_label} if "label" in path else {"avatar": one.avatar}
    now_told = {"s-a": {**told, **fields}}
    assert found == step("a", f"/mixer/{path}", now_told, remoteStreamName="a", **body)


def test_where_a_build_lists_no_inputs_those_that_we_added_are_in_it():
    there = evolve(seen(), fields=seen().fields.delete("inputs"))
    inputs = (Input("a"), Input("guest-1"))
    add = step("guest-1", "/mixer/add", {"s-a": {}, "s-1": {}}, remoteStreamName="guest-1")
    assert compared(inputs, there, freeze({"s-a": {}}), STREAMS) == add
    assert KIND.sources(there, 5, NOWHERE) is None


def test_it_ends_with_its_inputs():
    assert KIND.sources(seen("s-a", "gone"), 5, site(STREAMS)) == ("s-a",)
    assert KIND.sources(seen("gone"), 5, site(STREAMS)) == ()


def test_what_it_goes_by_reads_and_makes():
    spec = evolve(SPEC, inputs=(Input("a", required=True), Input(streams="guest-*")))
    assert DECLARED.naturals(spec, NOWHERE) == (DECLARED.target(spec),) == DECLARED.occupied(seen())
    assert DECLARED.needs(spec) == (Source("a"), Source("guest-*", is_required=False))
    assert DECLARED.makes(spec) == ("mixer1",)
    assert KIND.hear("StreamStatusEvent", freeze({"name": "mixer1"})) is None
    assert DECLARED.delete(seen(), NOWHERE) == RestCall("/mixer/terminate", Map(uri=URI))
    assert DECLARED.named(Mixer("show"), "show", {}).uri == "mixer://show"
    assert DECLARED.named(SPEC, "show", {}) == SPEC


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"uri": ""}, ""),
        ({"inputs": (Input("a"), Input(streams="b*", max=2))}, ""),
        ({"uri": "rtmp://a"}, "is mixer:// and a name"),
        ({"parameters": freeze({"status": 1})}, "status: this is no parameter"),
        ({"inputs": (Input("a"), Input())}, "either “streamName” or “streams”"),
        ({"inputs": (Input("a", streams="b"),)}, "either “streamName” or “streams”"),
        ({"inputs": (Input("a*"),)}, "is a pattern"),
        ({"inputs": (Input("a", max=2),)}, "“max” is for inputs by pattern"),
        ({"inputs": (Input("mixer1"),)}, "would read what it publishes"),
    ],
)
def test_what_is_wrong_is_said(change, words):
    said = DECLARED.fault(evolve(SPEC, **change), {})
    assert words in said
    assert bool(words) is bool(said)
