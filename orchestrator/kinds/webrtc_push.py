"""A WebRTC push sends a stream of the node to another WCS, where it gets a name of its own.

It stands in one list with the pulls from another WCS, and nothing there says which is which: what
has the uri and both names of a declared push is taken for it.
Source: rest-api.md section 5 (/pull/push).
"""

from typing import Final

from attrs import evolve, frozen

from orchestrator.core.agent import (
    connection,
    host_of,
    identity_of,
    is_running,
    scheme_of,
    without_suffix,
)
from orchestrator.core.comparison import Comparison, Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.kind import Declarable, Kind, LeftOut, Nodes, Source, Written
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site


@frozen
class WebrtcPush:
    """What is declared under `webrtcPushes:`; names as in /pull/push.

    `remote_stream_name` is the name at the other server, the same as here where it is left out.
    """

    uri: str
    local_stream_name: str
    remote_stream_name: str = ""


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /pull/find_all."""
    return (RestCall("/pull/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed connection to another WCS."""
    uri, local, remote = (
        text(item, name) for name in ("uri", "localStreamName", "remoteStreamName")
    )
    if scheme_of(uri) not in ("ws", "wss"):
        return None
    fields: dict[str, Json] = {
        "uri": uri,
        "localStreamName": local,
        "remoteStreamName": remote,
        "status": text(item, "status"),
    }
    return Seen(identity_of(uri, local, remote), text(item, "localMediaSessionId"), Map(fields))


def sources(seen: Seen, position: int, site: Site) -> tuple[str, ...]:
    """Return the streams of its name that were there before it."""
    ids = site.ids(text(seen.fields, "localStreamName"))
    return tuple(id_ for id_ in ids if site.since(id_) <= position)


def naturals(spec: WebrtcPush, _site: Site) -> tuple[str, ...]:
    """Return its uri and both names."""
    return (identity_of(spec.uri, spec.local_stream_name, spec.remote_stream_name),)


def target(spec: WebrtcPush) -> str:
    """Return where it arrives: the server, and the name there."""
    return identity_of(spec.uri, "", spec.remote_stream_name)


def occupied(seen: Seen) -> tuple[str, ...]:
    """Return where it arrives; a pull in the same list occupies nothing that is asked for."""
    fields = seen.fields
    return (identity_of(text(fields, "uri"), "", text(fields, "remoteStreamName")),)


def needs(spec: WebrtcPush) -> tuple[Source, ...]:
    """Return the one stream that it sends."""
    return (Source(spec.local_stream_name),)


def named(spec: WebrtcPush, _name: str, _nodes: Nodes) -> WebrtcPush:
    """Return it with the name at the other end."""
    remote = spec.remote_stream_name or spec.local_stream_name
    return evolve(spec, remote_stream_name=remote)


def fault(spec: WebrtcPush, _nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    is_address = scheme_of(spec.uri) in ("ws", "wss") and spec.uri.partition("://")[2]
    return "" if is_address else "write a “uri” with ws:// or wss:// and a host"


def create(spec: WebrtcPush, _site: Site) -> RestCall:
    """Return /pull/push."""
    body: dict[str, Json] = {
        "uri": spec.uri,
        "localStreamName": spec.local_stream_name,
        "remoteStreamName": spec.remote_stream_name,
    }
    return RestCall("/pull/push", Map(body))


def compare(spec: WebrtcPush, seen: Seen, _sent: Map[str, Json], site: Site) -> Comparison:
    """Return whether it is the listed one: whatever differs makes it another."""
    return Same() if seen.natural in naturals(spec, site) else Different(("uri",))


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /pull/terminate, which is a filter over pulls and pushes: it gets all three."""
    return RestCall("/pull/terminate", connection(seen))


def declared_as(seen: Seen, site: Site) -> Written[WebrtcPush] | LeftOut | None:
    """Return it, unless a stream is published under its own id: then it is a pull."""
    local, remote = text(seen.fields, "localStreamName"), text(seen.fields, "remoteStreamName")
    if site.name_of(seen.id) == local:
        return None
    if not is_running(seen):
        return LeftOut("it does not run, so nothing tells whether it is a pull or a push")
    uri = without_suffix(text(seen.fields, "uri"))
    return Written(f"{local}-{host_of(uri)}", WebrtcPush(uri, local, remote))


KIND: Final = Kind[WebrtcPush](
    name="webrtcPush",
    plural="webrtcPushes",
    listings=listings,
    parse=parse,
    sources=sources,
    is_running=is_running,
    declared=Declarable(
        spec=WebrtcPush,
        naturals=naturals,
        target=target,
        destination=lambda spec: spec.uri,
        occupied=occupied,
        needs=needs,
        named=named,
        fault=fault,
        create=create,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
    ),
)
