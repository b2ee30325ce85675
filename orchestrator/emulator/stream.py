"""The group /stream: streams of any origin, published and played.

/stream/terminate without any key ends every stream of the server: documented, and dangerous.
"""

from typing import Any, Final

from orchestrator.emulator import recorder
from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.media import Media
from orchestrator.emulator.shapes import rest_stream
from orchestrator.emulator.things import Stream

PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel, as PNG in base 64."""


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all."""
    generation = media.node.settings.generation
    streams = media.objects.streams.values()
    return [rest_stream(one, generation) for one in streams]


def find(media: Media, call: Call) -> list[dict[str, Any]]:
    """List those that fit every key; null is no key, and a query that cannot be read is 500."""
    display = call.body.get("display") or []
    if not isinstance(display, list):
        raise Refusal(500, "Cannot deserialize display")
    generation, now_s = media.node.settings.generation, media.node.now_s
    tells = media.node.settings.tells_metrics
    metrics_at_s = now_s if tells and "metrics" in display else None
    return [rest_stream(one, generation, metrics_at_s) for one in fitting(media, call)]


def fitting(media: Media, call: Call) -> list[Stream]:
    """Return the streams that fit every key of a call."""
    name, id_, status = (call.text(key) for key in ("name", "mediaSessionId", "status"))
    flags = {key: call.flag(key) for key in ("published", "hasAudio", "hasVideo")}
    session, ids = call.text("sessionId"), call.body.get("mediaSessionIds")
    if ids is not None and not isinstance(ids, list):
        raise Refusal(500, "Cannot deserialize mediaSessionIds")

    def fits(one: Stream) -> bool:
        own = {"published": one.published, "hasAudio": one.has_audio, "hasVideo": one.has_video}
        return (
            name in {"", one.name}
            and id_ in {"", one.media_session_id}
            and status in {"", one.status}
            and session in {"", one.connection.session_id}
            and (ids is None or one.media_session_id in ids)
            and all(wanted in {None, own[key]} for key, wanted in flags.items())
        )

    return [one for one in media.objects.streams.values() if fits(one)]


KEYS: Final = frozenset(
    {"name", "mediaSessionId", "mediaSessionIds", "status", "published", "sessionId"}
)


def terminate(media: Media, call: Call) -> None:
    """Take the order to end all that fit; without a key, all there are."""
    keyed = any(call.body.get(key) is not None for key in KEYS)
    if not keyed and not media.node.settings.empty_terminate_stops_all:
        raise Refusal(500, "mediaSessionId is missing")
    streams = fitting(media, call)
    if not streams:
        raise Refusal(404, "Stream not found")
    for stream in streams:
        media.streams.terminate(stream, call.cause)


def snapshot(media: Media, call: Call) -> dict[str, str]:
    """Return a picture of a published stream."""
    published(media, call)
    return {"data": PIXEL}


def send_event(media: Media, call: Call) -> None:
    """Pass a payload on to the subscribers of a stream."""
    media.send_event(published(media, call), call.object("payload"))


def published(media: Media, call: Call) -> Stream:
    """Return the published stream that a call names."""
    stream = media.objects.published(call.text("streamName"))
    if stream is None:
        raise Refusal(404, f"Stream {call.text('streamName')} not found")
    return stream


METHODS: Final = {
    "find": Method(find),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
    "snapshot": Method(snapshot),
    "startRecording": Method(recorder.startup),
    "stopRecording": Method(recorder.terminate),
    "event/send": Method(send_event),
}
