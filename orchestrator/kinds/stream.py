"""A stream is media that a node publishes; we never make one by name, we only observe.

Its identity is its mediaSessionId: names return, and a second publisher's failure must not end the
first one's life. Players are not watched: a node may have thousands, and nothing here needs them.
Sources: rest-api.md sections 2 and 7; hooks.md section 5.
"""

from collections.abc import Mapping
from typing import Final

from orchestrator.core.configuration import Node
from orchestrator.core.hook import KEEP_ALIVE, STREAM_STATUS
from orchestrator.core.json import Json, JsonObject, text, truth, whole
from orchestrator.core.kind import Kind
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Gone, Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site

ENDS: Final = frozenset({"UNPUBLISHED", "STOPPED", "FAILED", "DISCONNECTED"})
HEARD: Final = frozenset({STREAM_STATUS, KEEP_ALIVE})
FRAMES: Final = ("VIDEO_K_FRAMES", "VIDEO_P_FRAMES", "VIDEO_B_FRAMES")
PASSING: Final = ("width", "height")
"""Of the picture, as a list measures it; hooks have what was asked for (hooks.md section 5)."""
TEXTS: Final = (
    "name",
    "status",
    "appKey",
    "sessionId",
    "mediaProvider",
    "audioCodec",
    "videoCodec",
)


def parse(item: JsonObject) -> Seen | None:
    """Return a published stream; players and streams that have ended are not watched."""
    if not truth(item, "published") or text(item, "status") in ENDS:
        return None
    return _seen(item, PASSING)


def hear(method: str, body: JsonObject) -> Seen | Gone | None:
    """Return what a hook says of a published stream, or None where it says nothing of one.

    An event without `published` is taken at its status word. `publishStream` asks for something
    that may be refused, so it says nothing yet.
    """
    media, status = text(body, "mediaSessionId"), text(body, "status")
    if method not in HEARD or not media:
        return None
    if status in ENDS:
        return Gone(media)
    published = truth(body, "published") if body.get("published") is not None else True
    return _seen(body) if published and status == "PUBLISHING" else None


def is_live(seen: Seen) -> bool:
    """Return whether others can read it now; an unknown status word means not yet."""
    return text(seen.fields, "status") == "PUBLISHING"


def _seen(item: JsonObject, passing: tuple[str, ...] = ()) -> Seen | None:
    media = text(item, "mediaSessionId")
    if not media or not text(item, "name"):
        return None
    fields: dict[str, Json] = {name: text(item, name) for name in TEXTS}
    others = {"createDate": whole(item, "createDate"), "record": truth(item, "record")}
    measured = {name: whole(item, name) for name in passing}
    return Seen(natural=media, id=media, fields=Map({**fields, **others, **measured}))


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /stream/find_all."""
    return (RestCall("/stream/find_all"),)


def sources(seen: Seen, _position: int, _site: Site) -> tuple[str, ...]:
    """Return itself: a published stream is fed by its publisher."""
    return (seen.id,)


def progress(item: JsonObject) -> int | None:
    """Return how many frames have come, None where a build does not say, or none are to come.

    Rates are no use here: they may be what they were when media stopped.
    """
    metrics, video = item.get("metrics"), item.get("videoState")
    is_muted = isinstance(video, Mapping) and truth(video, "muted")
    if not isinstance(metrics, Mapping) or not truth(item, "hasVideo") or is_muted:
        return None
    known = [whole(metrics, name) for name in FRAMES if name in metrics]
    return sum(known) if known else None


KIND: Final = Kind[None](
    name="stream",
    plural="streams",
    listings=listings,
    identity="mediaSessionId",
    parse=parse,
    hear=hear,
    sources=sources,
    declared=None,
    measure=RestCall("/stream/find", Map({"published": True, "display": ("metrics",)})),
    progress=progress,
    passing=PASSING,
)
