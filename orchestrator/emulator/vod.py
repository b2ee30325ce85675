"""The group /vod: files that are published as if they were live.

One that does not loop ends with its file, and one that nobody watches a while later; both leave the
list in the same way as one that failed.
"""

from typing import Any, Final

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import Listing, start
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import FileMissing, Generation, Settings


def shape(agent: Agent, settings: Settings) -> dict[str, Any]:
    """Return one as it is listed; old builds do not say whether it loops."""
    body = {
        "localMediaSessionId": agent.id,
        "localStreamName": agent.local_name,
        "uri": agent.uri,
        "status": agent.status,
        "hasAudio": agent.has_audio,
        "hasVideo": agent.has_video,
        "record": agent.record,
    }
    old = settings.generation is Generation.Y2017
    return body if old else body | {"loop": agent.fields.get("loop", False)}


LISTING: Final = Listing(
    (Sort.VOD,), shape, keys=("uri", "localStreamName", "status"), filters=True
)


def startup(media: Media, call: Call) -> None:
    """Publish a file; only vod-live:// can be started, but vod:// finds it as well."""
    settings = media.node.settings
    uri, name = call.uri("vod-live"), call.needed("localStreamName")
    for one in media.agents.all(Sort.VOD):
        if (one.uri, one.local_name) == (uri, name):
            raise Refusal(409, f"{uri} {name} already exists")
    file = uri.partition("://")[2]
    is_missing = file in settings.files_missing
    if is_missing and settings.file_missing is not FileMissing.VANISHES:
        raise Refusal(int(settings.file_missing.value), f"File {file} not found")
    asked = call.flag("loop") or False
    loops = settings.vod_live_loop or (asked and settings.heeds_loop)
    agent = Agent(
        Sort.VOD,
        server_uuid(media.node.random),
        uri,
        name,
        spellings=frozenset({f"vod://{file}"}),
        fields={"loop": loops},
        lasts_s=0.0 if loops else settings.vod_duration_s,
        fails=is_missing,
    )
    start(media, call, agent)


METHODS: Final = {
    "startup": Method(startup),
    "find": Method(LISTING.find),
    "find_all": Method(LISTING.find_all, takes_nothing=True),
    "terminate": Method(LISTING.terminate),
}
