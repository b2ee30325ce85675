"""The group /pull: streams from and to other servers of this kind, over WebSocket and WebRTC.

Pulls and pushes are listed together with nothing that tells them apart, and their uris are listed
otherwise than they were asked for. RTMP has a group of its own, but this one may take it too.
"""

from typing import Any, Final

from orchestrator.emulator import rtmp_pull
from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import Listing, start
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Settings
from orchestrator.emulator.shapes import told

SUFFIX: Final = "/websocket"


def shape(agent: Agent, settings: Settings) -> dict[str, Any]:
    """Return one as it is listed; the id at the other end is null until it runs."""
    body = {
        "localMediaSessionId": agent.id,
        "remoteMediaSessionId": agent.remote_id if agent.runs else None,
        "localStreamName": agent.local_name,
        "remoteStreamName": agent.remote_name,
        "uri": agent.uri + (SUFFIX if settings.websocket_suffix else ""),
        "status": agent.status,
    }
    return told(body, settings.generation)


LISTING: Final = Listing(
    (Sort.PULL, Sort.PUSH),
    shape,
    keys=(
        *("uri", "localMediaSessionId", "remoteMediaSessionId"),
        *("localStreamName", "remoteStreamName", "status"),
    ),
    filters=True,
    none_is_404=False,
)


def pull(media: Media, call: Call) -> None:
    """Publish a stream of another server here."""
    if call.text("uri").startswith("rtmp") and media.node.settings.pull_takes_rtmp:
        rtmp_pull.pull(media, call)
        return
    begin(media, call, Sort.PULL)


def push(media: Media, call: Call) -> None:
    """Publish a stream of this server at another, named by its name or by its media session."""
    begin(media, call, Sort.PUSH)


def begin(media: Media, call: Call, kind: Sort) -> None:
    """Start one; whether uri and both names are the key that makes a second one 409 is inferred."""
    uri = call.uri("ws", "wss").rstrip("/")
    local, remote = call.needed("localStreamName"), call.needed("remoteStreamName")
    if kind is Sort.PUSH and (id_ := call.text("localMediaSessionId")):
        stream = media.objects.streams.get(id_)
        local = stream.name if stream is not None else local
    for one in media.agents.all(kind):
        if (one.uri, one.local_name, one.remote_name) == (uri, local, remote):
            raise Refusal(409, f"{uri} {local} {remote} already exists")
    agent = Agent(
        kind,
        server_uuid(media.node.random),
        uri,
        local,
        remote,
        spellings=frozenset({f"{uri}/", uri + SUFFIX}),
        reads=local if kind is Sort.PUSH else "",
        remote_id=server_uuid(media.node.random),
    )
    start(media, call, agent)


METHODS: Final = {
    "pull": Method(pull),
    "push": Method(push),
    "find_all": Method(LISTING.find_all, takes_nothing=True),
    "terminate": Method(LISTING.terminate),
}
