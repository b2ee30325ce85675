"""A VOD publishes a file of the node as a live stream.

It goes by the name of its stream: a list may show `vod://` for what was started as `vod-live://`.
Without a loop it ends with its file and leaves the list, just as one that fails: it is made once.
WCS ends one by itself when nobody has read it for a while.
Source: rest-api.md section 10.
"""

from enum import Enum
from typing import Final

from attrs import frozen

from orchestrator.core.agent import differing, flags, is_running, scheme_of
from orchestrator.core.comparison import Comparison, Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.kind import Again, Declarable, Kind, LeftOut, Nodes, Reach, Source, Written
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site

SCHEMES: Final = ("vod", "vod-live")


class Keep(Enum):
    """When a VOD is wanted: always, or while something declared is ready to read its stream."""

    ALWAYS = "always"
    WHILE_USED = "whileUsed"


@frozen
class Vod:
    """What is declared under `vods:`; names as in /vod/startup. Only `vod-live://` can be started.

    What loops, or is kept while it is used, is made again when it ends; anything else is made once.
    """

    uri: str
    local_stream_name: str
    loop: bool = False
    keep: Keep = Keep.ALWAYS


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /vod/find_all."""
    return (RestCall("/vod/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed VOD; older builds do not tell whether it loops."""
    uri, name = text(item, "uri"), text(item, "localStreamName")
    if scheme_of(uri) not in SCHEMES or not name:
        return None
    fields: dict[str, Json] = {
        "uri": uri,
        "localStreamName": name,
        "status": text(item, "status"),
        **flags(item),
    }
    if item.get("loop") is not None:
        fields["loop"] = truth(item, "loop")
    return Seen(name, text(item, "localMediaSessionId"), Map(fields))


def naturals(spec: Vod, _site: Site) -> tuple[str, ...]:
    """Return the name of its stream."""
    return (spec.local_stream_name,)


def target(spec: Vod) -> str:
    """Return the name of its stream."""
    return spec.local_stream_name


def needs(_spec: Vod) -> tuple[Source, ...]:
    """Return nothing: it reads a file."""
    return ()


def makes(spec: Vod) -> tuple[str, ...]:
    """Return the one stream that it publishes."""
    return (spec.local_stream_name,)


def again(spec: Vod) -> Again:
    """Return whether it is made again after its end."""
    return Again.ALWAYS if spec.loop or waits_for_use(spec) else Again.NEVER


def waits_for_use(spec: Vod) -> bool:
    """Return whether it is made only for those who read it."""
    return spec.keep is Keep.WHILE_USED


def fault(spec: Vod, _nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    is_file = scheme_of(spec.uri) == "vod-live" and _file(spec.uri)
    return "" if is_file else "write a “uri” with vod-live:// and the name of a file"


def create(spec: Vod, _site: Site) -> RestCall:
    """Return /vod/startup; older builds do not know `loop`, so it is sent only where it is set."""
    body: dict[str, Json] = {"uri": spec.uri, "localStreamName": spec.local_stream_name}
    return RestCall("/vod/startup", Map({**body, **({"loop": True} if spec.loop else {})}))


def sent(spec: Vod) -> Map[str, Json]:
    """Return what older builds do not list."""
    return Map({"loop": spec.loop})


def compare(spec: Vod, seen: Seen, sent_to_it: Map[str, Json], _site: Site) -> Comparison:
    """Return how the listed one differs; the two schemes name one file.

    Some builds list `loop` and do not heed it, so what was sent goes before what is listed.
    """
    wanted: dict[str, Json] = {"file": _file(spec.uri), "name": spec.local_stream_name}
    listed = {**seen.fields, "file": _file(text(seen.fields, "uri")), "name": seen.natural}
    changed = differing({**wanted, "loop": spec.loop}, {**listed, **sent_to_it}, sent_to_it)
    shown = tuple({"file": "uri", "name": "localStreamName"}.get(name, name) for name in changed)
    return Different(shown) if shown else Same()


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /vod/terminate by what is listed."""
    body: dict[str, Json] = {"uri": text(seen.fields, "uri"), "localStreamName": seen.natural}
    return RestCall("/vod/terminate", Map(body))


def declared_as(seen: Seen, _site: Site) -> Written[Vod] | LeftOut | None:
    """Return it as what can be started, whichever scheme is listed; older builds tell no loop."""
    if scheme_of(seen.natural):
        return LeftOut("WCS publishes what is called by its address for those who play it")
    uri = f"vod-live://{_file(text(seen.fields, 'uri'))}"
    return Written(seen.natural, Vod(uri, seen.natural, loop=truth(seen.fields, "loop")))


def _file(uri: str) -> str:
    return uri.partition("://")[2]


KIND: Final = Kind[Vod](
    name="vod",
    plural="vods",
    listings=listings,
    parse=parse,
    is_running=is_running,
    declared=Declarable(
        spec=Vod,
        naturals=naturals,
        target=target,
        needs=needs,
        makes=makes,
        again=again,
        fault=fault,
        waits_for_use=waits_for_use,
        create=create,
        sent=sent,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
        reach=Reach.NODE,
    ),
)
