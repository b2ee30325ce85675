"""A pull fetches a stream from elsewhere and publishes it on the node under a name of its own.

Where from is told by the scheme of its uri, and so is the group of methods: an RTMP server
(/pull/rtmp, which starts one for each uri), a camera (/rtsp, likewise), or another WCS (/pull, one
for each uri and pair of names). Those of another WCS are listed with `/websocket` behind the uri,
and pushes to one stand in the same list; nothing tells them apart.
Source: rest-api.md sections 4 to 6.
"""

from typing import Final

from attrs import evolve, frozen

from orchestrator.core.agent import (
    connection,
    differing,
    flags,
    given,
    identity_of,
    is_running,
    scheme_of,
    unusual_in,
    without_suffix,
)
from orchestrator.core.comparison import Comparison, Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.kind import Declarable, Kind, LeftOut, Nodes, Reach, Source, Written
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.seal import normalised
from orchestrator.core.site import Site

GROUPS: Final = Map({"rtmp": "rtmp", "rtmps": "rtmp", "rtsp": "rtsp", "rtsps": "rtsp"})


@frozen
class Pull:
    """What is declared under `pulls:`; names as in /pull/rtmp/pull and /pull/pull.

    `from_` names a managed node to pull from: `uri` is then its `ws`, and nothing is asked for
    before `remote_stream_name` is published there.
    """

    uri: str = ""
    local_stream_name: str = ""
    remote_stream_name: str = ""
    from_: str = ""
    has_audio: bool | None = None
    has_video: bool | None = None
    record: bool | None = None


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return the lists of all three groups."""
    return (
        RestCall("/pull/rtmp/find_all"),
        RestCall("/rtsp/find_all"),
        RestCall("/pull/find_all"),
    )


def parse(item: JsonObject) -> Seen | None:
    """Return one listed agent of any of the groups; RTSP ones have no id and call a name toStream.

    Builds before 5.2.724 list RTMP ones as those of another WCS; what a build leaves out is null.
    """
    uri = text(item, "uri")
    name = text(item, "localStreamName") or text(item, "toStream")
    if not uri or scheme_of(uri) not in (*GROUPS, "ws", "wss"):
        return None
    fields: dict[str, Json] = {
        "uri": uri,
        "localStreamName": name,
        "remoteStreamName": text(item, "remoteStreamName"),
        "status": text(item, "status"),
    }
    natural = normalised(uri)
    if scheme_of(uri) not in GROUPS:
        natural = identity_of(uri, name, text(item, "remoteStreamName"))
    return Seen(natural, text(item, "localMediaSessionId"), Map(fields | flags(item)))


def naturals(spec: Pull, _site: Site) -> tuple[str, ...]:
    """Return the uri, with both names where another WCS is pulled from."""
    if scheme_of(spec.uri) in GROUPS:
        return (normalised(spec.uri),)
    return (identity_of(spec.uri, spec.local_stream_name, spec.remote_stream_name),)


def target(spec: Pull) -> str:
    """Return what WCS answers 409 on."""
    return naturals(spec, Site())[0]


def needs(spec: Pull) -> tuple[Source, ...]:
    """Return the stream on the managed node that it pulls from, if it does."""
    return (Source(spec.remote_stream_name, spec.from_),) if spec.from_ else ()


def makes(spec: Pull) -> tuple[str, ...]:
    """Return the name that it publishes; without one of its own that follows from the uri."""
    return (spec.local_stream_name,) if spec.local_stream_name else ()


def named(spec: Pull, name: str, nodes: Nodes) -> Pull:
    """Return it with the address of the node and the names that another WCS has to be told."""
    uri = nodes[spec.from_].ws if spec.from_ in nodes else spec.uri
    if scheme_of(uri) in GROUPS:
        return spec
    local = spec.local_stream_name or name
    remote = spec.remote_stream_name or local
    return evolve(spec, uri=uri, remote_stream_name=remote, local_stream_name=local)


def fault(spec: Pull, nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    scheme = scheme_of(spec.uri)
    if spec.from_ and spec.uri:
        return "“uri” and “from” exclude each other: remove one of them"
    if spec.from_ and not nodes.get(spec.from_, Node()).ws:
        return f"“from” names a configured node with a “ws” address, which {spec.from_} is not"
    if not spec.from_ and scheme not in (*GROUPS, "ws", "wss"):
        return "write a “uri” with rtmp://, rtsp:// or ws:// and a host, or “from” with a node"
    if spec.remote_stream_name and scheme in GROUPS:
        return "“remoteStreamName” is for pulls from another WCS (ws://): remove it"
    if scheme in ("rtsp", "rtsps") and _flags(spec):
        return f"RTSP takes no {', '.join(_flags(spec))}: remove it"
    if not spec.uri.partition("://")[2] and not spec.from_:
        return "the “uri” names no host: write it whole"
    return ""


def create(spec: Pull, _site: Site) -> RestCall:
    """Return /pull/rtmp/pull, /rtsp/startup or /pull/pull."""
    body: dict[str, Json] = {"uri": spec.uri}
    group = GROUPS.get(scheme_of(spec.uri))
    if group == "rtsp":
        body |= given(toStream=spec.local_stream_name)
        return RestCall("/rtsp/startup", Map(body))
    body |= given(localStreamName=spec.local_stream_name)
    if group == "rtmp":
        return RestCall("/pull/rtmp/pull", Map({**body, **_flags(spec)}))
    return RestCall("/pull/pull", Map({**body, "remoteStreamName": spec.remote_stream_name}))


def compare(spec: Pull, seen: Seen, _sent: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs, as far as its build lists what is declared.

    Early builds name what they fetch by its uri, whatever was asked for: that is no difference.
    """
    uri = () if seen.natural in naturals(spec, site) else ("uri",)
    unnamed = ("", text(seen.fields, "uri"))
    listed = Map({name: value for name, value in seen.fields.items() if value not in unnamed})
    wanted = {**given(localStreamName=spec.local_stream_name), **_flags(spec)}
    changed = differing(wanted, listed, EMPTY)
    return Different((*uri, *changed)) if uri or changed else Same()


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return the /terminate of its group; that of another WCS is a filter, and gets all three."""
    uri = text(seen.fields, "uri")
    match GROUPS.get(scheme_of(uri)):
        case "rtsp":
            return RestCall("/rtsp/terminate", Map({"uri": uri}))
        case "rtmp":
            return RestCall("/pull/rtmp/terminate", Map({"uri": uri}))
        case _:
            return RestCall("/pull/terminate", connection(seen))


def declared_as(seen: Seen, site: Site) -> Written[Pull] | LeftOut | None:
    """Return it with the names and the flags that are listed, those as usual left out.

    What publishes no stream under its own id is a push to another WCS, or cannot be told from one.
    """
    fields = seen.fields
    uri, name = text(fields, "uri"), text(fields, "localStreamName")
    unusual = {flag: truth(fields, flag) for flag in unusual_in(fields)}
    is_own = scheme_of(uri) in GROUPS
    if not is_own and site.name_of(seen.id) != name:
        return None
    if scheme_of(name) or not name:
        return LeftOut("WCS fetches what is called by its address for those who play it")
    return Written(
        name,
        Pull(
            uri=uri if is_own else without_suffix(uri),
            local_stream_name=name,
            remote_stream_name="" if is_own else text(fields, "remoteStreamName"),
            has_audio=unusual.get("hasAudio"),
            has_video=unusual.get("hasVideo"),
            record=unusual.get("record"),
        ),
    )


def _flags(spec: Pull) -> dict[str, Json]:
    return given(hasAudio=spec.has_audio, hasVideo=spec.has_video, record=spec.record)


KIND: Final = Kind[Pull](
    name="pull",
    plural="pulls",
    listings=listings,
    parse=parse,
    is_running=is_running,
    declared=Declarable(
        spec=Pull,
        naturals=naturals,
        target=target,
        needs=needs,
        makes=makes,
        named=named,
        fault=fault,
        create=create,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
        reach=Reach.NODE,
    ),
)
