"""The group /cdn: how servers are joined to deliver streams.

Routes come as objects, never as lists, and what a route carries as text that no parser knows. Some
methods answer with plain text. What is shown is a switch: these nodes are not joined in truth.
"""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method
from orchestrator.emulator.media import Media


def show_routes(media: Media, _: Call) -> dict[str, str]:
    """Return the stream of each route."""
    return dict(media.node.settings.cdn_routes)


def show_stream_routes(media: Media, call: Call) -> dict[str, Any]:
    """Return what is known of one stream, none of it in JSON but the frame."""
    stream = media.objects.published(call.text("streamName"))
    if stream is None:
        return {}
    audio = "AudioStreamProfile{bitrate=0, codec='opus', rate=48000, channels=2}"
    video = (
        f"VideoStreamProfile{{width={stream.width}, height={stream.height}, gop=null, fps=null, "
        "bitrate=0, codec='H264', codecImpl='null', quality=null}"
    )
    return {f"1-PROFILE-{media.node.address}": [audio, video]}


def show_nodes(media: Media, _: Call) -> str:
    """Return the nodes with their states."""
    return "".join(f"{name} ACTIVE\n" for name in sorted(media.node.settings.cdn_nodes))


def show_state(media: Media, _: Call) -> str:
    """Return the state of this node."""
    return "ACTIVE\n" if media.node.settings.cdn_nodes else "PASSIVE\n"


def show_nothing(_: Media, __: Call) -> str:
    """Return what there is to tell: nothing."""
    return "\n"


METHODS: Final = {
    "show_routes": Method(show_routes, takes_nothing=True),
    "stream/show_routes": Method(show_stream_routes),
    "stream/show_stream_routes": Method(show_stream_routes),
    "show_nodes": Method(show_nodes, takes_nothing=True),
    "show_state": Method(show_state, takes_nothing=True),
    "profile/print": Method(show_nothing, takes_nothing=True),
    "show_redundant_transcodings": Method(show_nothing, takes_nothing=True),
}
