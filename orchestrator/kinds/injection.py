"""An injection shows one stream in the place of another, for as long as it is there.

There is one for each stream that is covered; a stream, or a file, may cover many. It has no id and
no status: being listed is all that can be seen of it.
Source: rest-api.md section 7 (Injection).
"""

from typing import Final

from attrs import frozen

from orchestrator.core.agent import scheme_of
from orchestrator.core.comparison import Comparison, Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.kind import Declarable, Kind, LeftOut, Nodes, Reach, Source, Written
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site


@frozen
class Injection:
    """What is declared under `injections:`; names as in /stream/inject/startup.

    `remote_stream_name` covers `local_stream_name`; newer builds also take a `vod-live://` file.
    """

    local_stream_name: str
    remote_stream_name: str


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /stream/inject/find_all."""
    return (RestCall("/stream/inject/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed injection."""
    covered, covering = text(item, "localStreamName"), text(item, "remoteStreamName")
    if not covered:
        return None
    fields: dict[str, Json] = {"localStreamName": covered, "remoteStreamName": covering}
    return Seen(covered, "", Map(fields))


def sources(seen: Seen, position: int, site: Site) -> tuple[str, ...]:
    """Return the covered streams that were there before it, none once what covers them has gone."""
    covering = text(seen.fields, "remoteStreamName")
    if not scheme_of(covering) and not site.ids(covering):
        return ()
    return tuple(id_ for id_ in site.ids(seen.natural) if site.since(id_) <= position)


def naturals(spec: Injection, _site: Site) -> tuple[str, ...]:
    """Return the name of the covered stream."""
    return (spec.local_stream_name,)


def target(spec: Injection) -> str:
    """Return the name of the covered stream."""
    return spec.local_stream_name


def needs(spec: Injection) -> tuple[Source, ...]:
    """Return both streams; a file is not waited for."""
    names = (spec.local_stream_name, spec.remote_stream_name)
    return tuple(Source(name) for name in names if not scheme_of(name))


def fault(spec: Injection, _nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    if spec.local_stream_name == spec.remote_stream_name:
        return "a stream cannot cover itself: “remoteStreamName” names another one, or a file"
    if scheme_of(spec.remote_stream_name) not in ("", "vod-live"):
        return "“remoteStreamName” is a stream of the node, or vod-live:// and a file"
    return ""


def create(spec: Injection, _site: Site) -> RestCall:
    """Return /stream/inject/startup."""
    body: dict[str, Json] = {
        "localStreamName": spec.local_stream_name,
        "remoteStreamName": spec.remote_stream_name,
    }
    return RestCall("/stream/inject/startup", Map(body))


def compare(spec: Injection, seen: Seen, _sent: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs."""
    if seen.natural not in naturals(spec, site):
        return Different(("localStreamName",))
    is_same = text(seen.fields, "remoteStreamName") == spec.remote_stream_name
    return Same() if is_same else Different(("remoteStreamName",))


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /stream/inject/terminate by the covered stream."""
    return RestCall("/stream/inject/terminate", Map({"localStreamName": seen.natural}))


def declared_as(seen: Seen, _site: Site) -> Written[Injection] | LeftOut | None:
    """Return it: all that there is of it is listed."""
    spec = Injection(seen.natural, text(seen.fields, "remoteStreamName"))
    return Written(seen.natural, spec)


KIND: Final = Kind[Injection](
    name="injection",
    plural="injections",
    listings=listings,
    identity="localStreamName",
    parse=parse,
    sources=sources,
    declared=Declarable(
        spec=Injection,
        naturals=naturals,
        target=target,
        needs=needs,
        fault=fault,
        create=create,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
        reach=Reach.NODE,
    ),
)
