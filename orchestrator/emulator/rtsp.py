"""The group /rtsp: cameras, one connection for all who use the same text of a uri.

Nothing but uri, status and name of the stream is listed. Old builds know no name of the stream: it
is the uri. One that nobody reads may end by itself.
"""

from typing import Any, Final

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.call import Call, Method
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import Listing, start
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Generation, Settings


def shape(agent: Agent, settings: Settings) -> dict[str, Any]:
    """Return one as it is listed."""
    body = {"uri": agent.uri, "status": agent.status}
    old = settings.generation is Generation.Y2017
    return body if old else body | {"toStream": agent.local_name}


LISTING: Final = Listing((Sort.RTSP,), shape, keys=("uri", "status"), filters=True)


def startup(media: Media, call: Call) -> None:
    """Connect with a camera."""
    settings = media.node.settings
    uri = call.uri("rtsp", "rtsps")
    asked = call.text("toStream") if settings.names_captured else ""
    agent = Agent(
        Sort.RTSP,
        server_uuid(media.node.random),
        uri,
        asked or uri,
    )
    LISTING.refuse_second(media, agent)
    start(media, call, agent)


METHODS: Final = {
    "startup": Method(startup),
    "find": Method(LISTING.find),
    "find_all": Method(LISTING.find_all, takes_nothing=True),
    "terminate": Method(LISTING.terminate),
}
