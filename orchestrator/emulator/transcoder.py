"""The group /transcoder, and /transcoder2 of some builds: a stream of this node in another size.

Both are listed by /transcoder/find_all. The second one lists an encoder that differs from the one
it was asked for.
"""

from functools import partial
from typing import Any, Final

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.call import Call, Method, Refusal, bad_field
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import Listing, start
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Settings

NUMBERS: Final = (
    *("width", "height", "keyFrameInterval", "fps", "bitrate"),
    *("audioRate", "audioBitrate"),
)


def shape(agent: Agent, _: Settings) -> dict[str, Any]:
    """Return one as it is listed; all generations agree."""
    return {
        "localMediaSessionId": agent.id,
        "localStreamName": agent.local_name,
        "remoteStreamName": agent.remote_name,
        "uri": agent.uri,
        "status": agent.status,
        "hasAudio": agent.has_audio,
        "hasVideo": agent.has_video,
        "record": agent.record,
        "encoder": dict(agent.fields["encoder"]),
    }


LISTING: Final = Listing(
    (Sort.TRANSCODER,),
    shape,
    keys=("uri", "remoteStreamName", "localStreamName", "status"),
    filters=True,
)


def startup(media: Media, call: Call, scheme: str) -> None:
    """Start one; the uri is its key, which is inferred."""
    settings = media.node.settings
    status = bad_field(settings)
    uri = call.uri(scheme, status=status)
    remote = call.needed("remoteStreamName", status)
    local = call.needed("localStreamName", status)
    if settings.transcoding_disabled:
        raise Refusal(500, "TRANSCODING_REQUIRED_BUT_DISABLED")
    encoder = encoder_in(call)
    if scheme == "transcoder2":
        encoder.pop("audioBitrate", None)
        encoder["videoRate"] = 90_000
    agent = Agent(
        Sort.TRANSCODER,
        server_uuid(media.node.random),
        uri,
        local,
        remote,
        reads=remote,
        has_audio=call.flag("hasAudio") is not False,
        has_video=call.flag("hasVideo") is not False,
        record=call.flag("record") or False,
        fields={"encoder": encoder},
        width=encoder.get("width", 640),
        height=encoder.get("height", 360),
    )
    LISTING.refuse_second(media, agent)
    start(media, call, agent)


def encoder_in(call: Call) -> dict[str, Any]:
    """Return the encoder that a call asks for, its numbers as numbers."""
    asked = Call(call.path, call.object("encoder"), call.cause)
    return {
        key: asked.number(key, 0) if key in NUMBERS else value for key, value in asked.body.items()
    }


def set_watermark(media: Media, call: Call) -> None:
    """Put another picture over the output; how the fields are called is inferred."""
    agent = LISTING.named(media, call)
    watermark = call.needed("watermark", bad_field(media.node.settings))
    agent.fields["encoder"] = agent.fields["encoder"] | {"watermark": watermark}
    media.objects.changed(agent, call.cause)


COMMON: Final = {
    "find": Method(LISTING.find),
    "find_all": Method(LISTING.find_all, takes_nothing=True),
    "terminate": Method(LISTING.terminate),
    "set_watermark": Method(set_watermark),
}
METHODS: Final = COMMON | {"startup": Method(partial(startup, scheme="transcoder"))}
METHODS_2: Final = COMMON | {"startup": Method(partial(startup, scheme="transcoder2"))}
