"""The group /pull/rtmp: streams that are fetched from RTMP servers.

The uri alone is the key: whoever wants it under another name has to play what is there. Old builds
know no local name, and the uri is that of the stream.
"""

from typing import Any, Final

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.call import Call, Method
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import Listing, start
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Generation, Settings


def shape(agent: Agent, settings: Settings) -> dict[str, Any]:
    """Return one as it is listed; old builds take it for a pull from a server of this kind."""
    if settings.generation is Generation.Y2017:
        return {
            "localMediaSessionId": agent.id,
            "remoteMediaSessionId": None,
            "localStreamName": agent.local_name,
            "remoteStreamName": None,
            "uri": agent.uri,
            "status": agent.status,
        }
    return {
        "localMediaSessionId": agent.id,
        "localStreamName": agent.local_name,
        "uri": agent.uri,
        "status": agent.status,
        "hasAudio": agent.has_audio,
        "hasVideo": agent.has_video,
        "record": agent.record,
    }


LISTING: Final = Listing((Sort.RTMP_PULL,), shape)


def pull(media: Media, call: Call) -> None:
    """Fetch a stream."""
    settings = media.node.settings
    generation = settings.generation
    uri = call.uri("rtmp", "rtmps")
    asked = call.text("localStreamName") if settings.names_captured else ""
    agent = Agent(Sort.RTMP_PULL, server_uuid(media.node.random), uri, asked or uri)
    if generation is not Generation.Y2017:
        agent.record = call.flag("record") or False
    if generation is Generation.Y2022:
        agent.has_audio = call.flag("hasAudio") is not False
        agent.has_video = call.flag("hasVideo") is not False
    LISTING.refuse_second(media, agent)
    start(media, call, agent)


METHODS: Final = {
    "pull": Method(pull),
    "find_all": Method(LISTING.find_all, takes_nothing=True),
    "terminate": Method(LISTING.terminate),
}
