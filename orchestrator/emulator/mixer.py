"""The group /mixer: streams mixed into one, with inputs that come and go while it runs.

A listing names inputs by their media sessions, as text or as objects, and in recent builds all
parameters of the mixer. How the fields of some setters are called is inferred.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.call import Call, Method, Refusal, bad_field
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import Listing, start
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Generation, Settings
from orchestrator.emulator.shapes import told
from orchestrator.emulator.things import Stream

PARAMETERS: Final = {
    "mixerVideoWidth": 1280,
    "mixerVideoHeight": 720,
    "mixerVideoFps": 30,
    "mixerVideoBitrateKbps": 2000,
}
"""Numbers that each mixer has; the documents show only the beginning of the list."""
OWN: Final = frozenset({"uri", "localStreamName", "remoteStreamName", "hasAudio", "hasVideo"})
EXAMPLE: Final = {
    "feedingStreams": ["stream1", "stream2", "stream3"],
    "mixerCount": 3,
    "streamsInMixer": 1,
    "intervalInSeconds": 60,
}


def shape(agent: Agent, settings: Settings) -> dict[str, Any]:
    """Return one as it is listed."""
    ids = list(agent.inputs)
    as_objects = settings.media_sessions_are_objects
    body: dict[str, Any] = {
        "localMediaSessionId": agent.id,
        "remoteMediaSessionId": None,
        "localStreamName": agent.local_name,
        "remoteStreamName": None,
        "uri": agent.uri,
        "status": agent.status,
        "mediaSessions": [{"localMediaSessionId": one} for one in ids] if as_objects else ids,
    }
    if settings.generation is not Generation.Y2017:
        body |= {"hasAudio": agent.has_audio, "hasVideo": agent.has_video, "record": agent.record}
    if settings.generation is Generation.Y2022:
        body |= PARAMETERS | agent.fields
    return told(body, settings.generation)


LISTING: Final = Listing((Sort.MIXER,), shape)


def startup(media: Media, call: Call) -> None:
    """Start one without inputs; it ends by itself if it gets none."""
    status = bad_field(media.node.settings)
    parameters = parameters_in(call)
    agent = Agent(
        Sort.MIXER,
        server_uuid(media.node.random),
        call.uri("mixer", status=status),
        call.needed("localStreamName", status),
        has_audio=call.flag("hasAudio") is not False,
        has_video=call.flag("hasVideo") is not False,
        record=call.flag("record") or False,
        fields=parameters,
        width=parameters.get("mixerVideoWidth", PARAMETERS["mixerVideoWidth"]),
        height=parameters.get("mixerVideoHeight", PARAMETERS["mixerVideoHeight"]),
    )
    LISTING.refuse_second(media, agent)
    start(media, call, agent)


def parameters_in(call: Call) -> dict[str, Any]:
    """Return what a call says beyond the fields that every mixer has, numbers as numbers."""
    return {
        key: call.number(key, 0) if key in PARAMETERS else value
        for key, value in call.body.items()
        if key not in OWN | {"record"} and value is not None
    }


def add(media: Media, call: Call) -> None:
    """Let a stream of this node in: by its name, or by the uri that it was fetched from."""
    mixer, name = LISTING.named(media, call), call.text("remoteStreamName")
    stream = source(media, name)
    if stream is None:
        raise Refusal(404, f"Stream {name} not found")
    if stream.id in mixer.inputs and media.node.settings.repeated_add_is_409:
        raise Refusal(409, f"Stream {name} is mixed already")
    fields: dict[str, Any] = {
        key: call.flag(key) for key in ("hasAudio", "hasVideo") if key in call.body
    }
    more = {key: call.text(key) for key in ("streamLabel", "avatar", "videoPositionId")}
    fields |= {key: value for key, value in more.items() if value}
    media.mixers.add(mixer, stream, fields, call.cause)


def source(media: Media, name: str) -> Stream | None:
    """Return the published stream of a name, or of an agent that has this uri."""
    for agent in media.agents.all(Sort.RTMP_PULL):
        if agent.uri == name and agent.stream is not None:
            return agent.stream
    return media.objects.published(name)


def remove(media: Media, call: Call) -> None:
    """Take a stream out."""
    mixer, id_ = one_input(media, call)
    media.mixers.remove(mixer, id_, call.cause)


def one_input(media: Media, call: Call) -> tuple[Agent, str]:
    """Return the mixer and the input that a call names."""
    mixer, name = LISTING.named(media, call), call.text("remoteStreamName")
    stream = source(media, name)
    for id_, one in mixer.inputs.items():
        if one["name"] == name or (stream is not None and stream.id == id_):
            return mixer, id_
    raise Refusal(404, f"Stream {name} not found")


def set_audio_video(media: Media, call: Call) -> None:
    """Set the level, or hide the picture, of some inputs: a list of names, or one pattern."""
    mixer, status = LISTING.named(media, call), bad_field(media.node.settings)
    wanted = call.body.get("streams")
    changes: dict[str, Any] = {}
    if call.body.get("audioLevel") is not None:
        changes["audioLevel"] = call.number("audioLevel", 0)
    if call.body.get("videoMuted") is not None:
        changes["videoMuted"] = call.flag("videoMuted")
    if not changes or not isinstance(wanted, str | list):
        raise Refusal(status, "streams, audioLevel or videoMuted is missing")
    fits = wanted.__contains__ if isinstance(wanted, list) else pattern(wanted, status).match
    ids = [id_ for id_, one in mixer.inputs.items() if fits(one["name"])]
    if not ids:
        raise Refusal(404, "Stream not found")
    for id_ in ids:
        mixer.inputs[id_] |= changes
    media.objects.changed(mixer, call.cause)


def pattern(text: str, status: int) -> re.Pattern[str]:
    """Return a pattern of names; refuse what is none."""
    try:
        return re.compile(text)
    except re.error:
        raise Refusal(status, f"{text} is no pattern") from None


def set_parameter(media: Media, call: Call) -> None:
    """Change parameters while it runs; an empty text sets one back."""
    mixer, changes = LISTING.named(media, call), parameters_in(call)
    if not changes:
        raise Refusal(bad_field(media.node.settings), "no parameter is given")
    mixer.fields = {key: value for key, value in (mixer.fields | changes).items() if value != ""}
    media.objects.changed(mixer, call.cause)


def set_body_watermark(media: Media, call: Call) -> None:
    """Put a picture over the whole."""
    mixer = LISTING.named(media, call)
    mixer.fields |= {"watermark": call.needed("watermark", bad_field(media.node.settings))}
    media.objects.changed(mixer, call.cause)


def set_of_stream(media: Media, call: Call, *, field: str) -> None:
    """Set one field of one input."""
    mixer, id_ = one_input(media, call)
    mixer.inputs[id_] |= {field: call.needed(field, bad_field(media.node.settings))}
    media.objects.changed(mixer, call.cause)


def remove_stream_avatar(media: Media, call: Call) -> None:
    """Take the picture of one input away."""
    mixer, id_ = one_input(media, call)
    mixer.inputs[id_].pop("avatar", None)
    media.objects.changed(mixer, call.cause)


def start_test(media: Media, call: Call) -> None:
    """Take the order for a load test; nothing is mixed for it."""
    media.mixers.test = dict(call.body)


def stop_test(media: Media, _: Call) -> None:
    """End the load test."""
    if media.mixers.test is None:
        raise Refusal(404, "No test is running")
    media.mixers.test = None


def example_of_test(_: Media, __: Call) -> Mapping[str, Any]:
    """Return an object as /mixer/test/start takes it."""
    return EXAMPLE


METHODS: Final = {
    "startup": Method(startup),
    "add": Method(add),
    "remove": Method(remove),
    "find_all": Method(LISTING.find_all, takes_nothing=True),
    "terminate": Method(LISTING.terminate),
    "setAudioVideo": Method(set_audio_video),
    "set_parameter": Method(set_parameter),
    "set_body_watermark": Method(set_body_watermark),
    "set_stream_watermark": Method(partial(set_of_stream, field="watermark")),
    "set_stream_label": Method(partial(set_of_stream, field="streamLabel")),
    "set_stream_avatar": Method(partial(set_of_stream, field="avatar")),
    "remove_stream_avatar": Method(remove_stream_avatar),
    "test/start": Method(start_test),
    "test/stop": Method(stop_test, takes_nothing=True),
    "test/get_start_example": Method(example_of_test, takes_nothing=True),
}
