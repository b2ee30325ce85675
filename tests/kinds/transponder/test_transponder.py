"""Transponders as WCS takes, lists and changes them."""

import pytest
from attrs import evolve

from orchestrator.core.comparison import Different, InPlace, Same
from orchestrator.core.json import freeze
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.core.site import NOWHERE
from orchestrator.kinds.transponder import KIND, Sound, Transponder
from tests.kinds.sample import SAMPLES, parsed, sample, site

URL = "rtmp://localhost:1935/live"
CANONICAL = "rtmp://localhost/live"
SPEC = Transponder("name", URL)
ITEM = sample("rest/push-find_all-response.json")[0]
ID = "eume87rjk3df1i9u14elffga6t"
DECLARED = KIND.declarable
HOOKS = sorted(path.name for path in (SAMPLES / "hooks").glob("*.json"))
WAV = Sound("sound.wav", loop=True)


def seen(name="rtmp_name", **more):
    fields = {"streamName": name, "rtmpUrl": CANONICAL, "muted": False, "soundEnabled": False}
    return Seen(f"{name} {CANONICAL}", ID, Map({**fields, **more}))


def test_a_listing_goes_through_unchanged_in_meaning():
    body = sample("rest/push-find_all-response.json")
    assert parsed(KIND, body) == parsed(KIND, body[0]) == [seen()]
    assert KIND.parse(sample("rest/push-startup-response.json")) == seen()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"unknown": {"a": 1}, "status": "NEW"}, seen()),
        ({"width": None, "options": None}, seen()),
        ({"muted": None, "soundEnabled": None}, seen()),
        ({"muted": "true", "soundEnabled": "false"}, seen(muted=True)),
        ({"soundEnabled": 1}, seen(soundEnabled=True)),
        ({"streamName": "name"}, seen("name")),
        ({"streamName": "custom-name"}, seen("custom-name")),
        ({"rtmpUrl": "RTMP://LocalHost/live/"}, seen()),
        ({"rtmpUrl": None}, None),
        ({"mediaSessionId": None}, None),
    ],
)
def test_listed_members_are_read_as_wcs_means_them(change, expected):
    assert KIND.parse(ITEM.update(freeze(change))) == expected


def test_a_short_body_is_enough():
    assert KIND.parse(freeze({"mediaSessionId": ID, "rtmpUrl": URL})) == seen("")


@pytest.mark.parametrize("name", HOOKS)
def test_no_hook_speaks_of_transponders(name):
    body = sample(f"hooks/{name}")
    assert KIND.hear(name.split(".")[0], body if isinstance(body, Map) else body[0]) is None


def test_it_reads_the_stream_of_its_name_with_and_without_the_prefix_that_was_there_before_it():
    there = site([("name", "s-1", 5), ("rtmp_name", "s-2", 6), ("name", "s-3", 9)])
    assert KIND.sources(seen(), 8, there) == ("s-1", "s-2")
    assert KIND.sources(seen("name"), 9, there) == ("s-3", "s-1")
    assert KIND.sources(seen(), 4, there) == ()


def test_it_may_be_listed_with_and_without_the_prefix():
    assert DECLARED.naturals(SPEC, NOWHERE) == (f"rtmp_name {CANONICAL}", f"name {CANONICAL}")
    assert DECLARED.needs(SPEC) == (Source("name"),)


def test_its_target_is_where_its_media_arrives():
    whole = evolve(SPEC, rtmp_transponder_full_url=True)
    assert DECLARED.target(SPEC) == f"{CANONICAL}/rtmp_name"
    assert DECLARED.target(whole) == CANONICAL


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"muted": True}, sample("rest/push-startup-request-options-mute.json")),
        ({"sound": WAV}, sample("rest/push-startup-request-options-sound.json")),
        ({}, freeze({"streamName": "name", "rtmpUrl": URL})),
        (
            {"rtmp_transponder_full_url": True, "rtmp_flash_version": "LNX 1"},
            freeze(
                {
                    "streamName": "name",
                    "rtmpUrl": URL,
                    "rtmpTransponderFullUrl": True,
                    "rtmpFlashVersion": "LNX 1",
                }
            ),
        ),
        (
            {"muted": True, "sound": WAV},
            freeze({"streamName": "name", "rtmpUrl": URL, "options": {"action": "mute"}}),
        ),
    ],
)
def test_it_is_made_as_documented(change, body):
    assert DECLARED.create(evolve(SPEC, **change), NOWHERE) == RestCall("/push/startup", body)


def test_it_is_ended_as_documented():
    body = sample("rest/push-terminate-request.json")
    assert DECLARED.delete(seen(), NOWHERE) == RestCall("/push/terminate", body)


@pytest.mark.parametrize(
    ("reply", "made"),
    [
        (RestReply(200, sample("rest/push-startup-response.json")), ID),
        (RestReply(200, EMPTY), ""),
        (RestReply(200, ()), ""),
        (RestReply(200, NotJson("no JSON"), "ok"), ""),
    ],
)
def test_the_reply_to_a_create_names_what_was_made(reply, made):
    assert DECLARED.made(reply) == made


def test_what_no_listing_shows_is_kept_as_sent():
    assert DECLARED.sent(evolve(SPEC, sound=WAV, rtmp_flash_version="LNX 1")) == freeze(
        {
            "rtmpTransponderFullUrl": False,
            "rtmpFlashVersion": "LNX 1",
            "sound": {"soundFile": "sound.wav", "loop": True},
        }
    )
    assert DECLARED.sent(evolve(SPEC, sound=WAV, muted=True))["sound"] == EMPTY


def call(path, **more):
    return RestCall(path, Map({"mediaSessionId": ID, **more}))


ON = InPlace(
    ("sound",),
    call("/push/sound_on", soundFile="sound.wav", loop=True),
    freeze({"sound": {"soundFile": "sound.wav", "loop": True}}),
)
OFF = InPlace(("sound",), call("/push/sound_off"), freeze({"sound": {}}))
ONCE = Sound("sound.wav")
WAS_SENT = freeze({"sound": {"soundFile": "sound.wav", "loop": False}})


@pytest.mark.parametrize(
    ("change", "listed", "sent", "expected"),
    [
        ({}, seen(), EMPTY, Same()),
        ({}, seen("name"), EMPTY, Same()),
        ({"stream_name": "other"}, seen(), EMPTY, Different(("rtmpUrl",))),
        ({"rtmp_url": "rtmp://else.lan/live"}, seen(), EMPTY, Different(("rtmpUrl",))),
        (
            {"rtmp_flash_version": "LNX 1"},
            seen(),
            Map({"rtmpFlashVersion": ""}),
            Different(("rtmpFlashVersion",)),
        ),
        ({"rtmp_flash_version": "LNX 1"}, seen(), EMPTY, Same()),
        (
            {"rtmp_url": "rtmp://else.lan/live", "rtmp_transponder_full_url": True},
            seen(),
            Map({"rtmpTransponderFullUrl": False}),
            Different(("rtmpUrl", "rtmpTransponderFullUrl")),
        ),
        ({"muted": True}, seen(), EMPTY, InPlace(("muted",), call("/push/mute"))),
        ({}, seen(muted=True), EMPTY, InPlace(("muted",), call("/push/unmute"))),
        ({"muted": True}, seen(muted=True), EMPTY, Same()),
        ({}, seen(soundEnabled=True), EMPTY, OFF),
        ({"sound": WAV}, seen(), EMPTY, ON),
        ({"sound": WAV}, seen(soundEnabled=True), EMPTY, Same()),
        ({"sound": WAV}, seen(soundEnabled=True), WAS_SENT, ON),
        ({"sound": WAV}, seen(), Map({"sound": Map(ON.sent["sound"])}), ON),
        ({"sound": ONCE}, seen(), WAS_SENT, Same()),
        ({"sound": ONCE}, seen(soundEnabled=True), WAS_SENT, Same()),
    ],
)
def test_it_differs_in_place_or_needs_a_new_life(change, listed, sent, expected):
    assert DECLARED.compare(evolve(SPEC, **change), listed, sent, NOWHERE) == expected
