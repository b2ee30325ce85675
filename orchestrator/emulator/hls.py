"""The group /hls: streams offered by HLS. Its listing was a list once, and is an object now."""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.media import Media
from orchestrator.emulator.playlists import Playlist
from orchestrator.emulator.settings import Generation


def startup(media: Media, call: Call) -> None:
    """Offer a stream."""
    stream = media.objects.published(call.text("name"))
    if stream is None:
        raise Refusal(404, f"Stream {call.text('name')} not found")
    media.playlists.start(stream, call.cause)


def find_all(media: Media, _: Call) -> list[str] | dict[str, Any]:
    """List all: their names, and in recent builds how each of them is."""
    names = list(media.objects.of(Playlist))
    if media.node.settings.generation is not Generation.Y2022 or not names:
        return names
    return {
        name: {
            "handler": f"HLSStreamHandler-{name}",
            "state": "ACTIVE",
            "writer": f"HLSWriter-{name}",
            "streamStatus": "PLAYING",
            "writerStarted": "true",
            "logs": [],
        }
        for name in names
    }


def terminate(media: Media, call: Call) -> None:
    """Take the order to offer a stream no longer."""
    playlist = media.objects.of(Playlist).get(call.text("name"))
    if playlist is None:
        raise Refusal(404, f"HLS of {call.text('name')} not found")
    media.playlists.terminate(playlist, call.cause)


METHODS: Final = {
    "startup": Method(startup),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
}
