"""The group /multipleRecorder: several streams into one file."""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.media import Media
from orchestrator.emulator.multi_recordings import MultiRecording
from orchestrator.emulator.settings import Generation

SCHEME: Final = "multi-recorder"


def uri_in(media: Media, call: Call) -> str:
    """Return the uri that a call names; old builds took a name for it."""
    if media.node.settings.generation is Generation.Y2017 and call.text("name"):
        return f"{SCHEME}://{call.text('name')}"
    return call.uri(SCHEME)


def startup(media: Media, call: Call) -> None:
    """Begin one without streams."""
    uri = uri_in(media, call)
    if uri in media.objects.of(MultiRecording):
        raise Refusal(409, f"{uri} already exists")
    media.objects.came(MultiRecording(uri), call.cause)


def named(media: Media, call: Call) -> MultiRecording:
    """Return the one that a call names."""
    uri = uri_in(media, call)
    recording = media.objects.of(MultiRecording).get(uri)
    if recording is None:
        raise Refusal(404, f"{uri} not found")
    return recording


def add(media: Media, call: Call) -> None:
    """Record one more stream."""
    recording, id_ = named(media, call), call.text("mediaSessionId")
    stream = media.objects.streams.get(id_)
    if stream is None or not stream.published or not stream.live:
        raise Refusal(404, f"Stream {id_} not found")
    if id_ in recording.inputs:
        raise Refusal(409, f"Stream {id_} is recorded already")
    recording.inputs.append(id_)
    media.objects.changed(recording, call.cause)


def remove(media: Media, call: Call) -> None:
    """Record one stream less."""
    recording, id_ = named(media, call), call.text("mediaSessionId")
    if id_ not in recording.inputs:
        raise Refusal(404, f"Stream {id_} not found")
    recording.inputs.remove(id_)
    media.objects.changed(recording, call.cause)


def terminate(media: Media, call: Call) -> None:
    """Take the order to end one."""
    media.objects.terminate(named(media, call), call.cause)


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all; the plural of the field is theirs."""
    return [
        {"mediaSessionsId": list(one.inputs), "uri": one.uri, "fileName": one.file_name}
        for one in media.objects.of(MultiRecording).values()
    ]


METHODS: Final = {
    "startup": Method(startup),
    "add": Method(add),
    "remove": Method(remove),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
}
