"""The group /recorder, and the older methods of /stream that do the same.

A build may lack the group; the methods of /stream are there in all.
"""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Settings


def has_recorder(settings: Settings) -> bool:
    """Return whether this build has the group."""
    return settings.has_recorder


def startup(media: Media, call: Call) -> None:
    """Record a published stream; its id is the only key."""
    stream = media.objects.streams.get(call.text("mediaSessionId"))
    if stream is None or not stream.published or not stream.live:
        raise Refusal(404, f"Stream {call.text('mediaSessionId')} not found")
    media.recordings.start(stream, call.object("config"), call.cause)


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all: the id of the stream and the file that is written."""
    return [
        {"fileName": one.file_name, "mediaSessionId": id_}
        for id_, one in media.objects.recordings.items()
    ]


def terminate(media: Media, call: Call) -> None:
    """Take the order to end the recording of a stream."""
    recording = media.objects.recordings.get(call.text("mediaSessionId"))
    if recording is None:
        raise Refusal(404, f"Recording of {call.text('mediaSessionId')} not found")
    media.recordings.terminate(recording, call.cause)


METHODS: Final = {
    "startup": Method(startup, exists=has_recorder),
    "find_all": Method(find_all, takes_nothing=True, exists=has_recorder),
    "terminate": Method(terminate, exists=has_recorder),
}
