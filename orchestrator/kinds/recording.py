"""A recording writes one published stream of a node to a file.

WCS knows it by the mediaSessionId of the stream, which is new with each publication: the recording
ends with its stream and begins anew with the next. It shows a file name and no settings. Asked to
record what it records already, WCS ends the file and begins another, so nothing is started that may
be there. Older builds know no group /recorder; there the streams say whether they are recorded.
Source: rest-api.md section 7 (Recorder).
"""

from typing import Final

from attrs import frozen

from orchestrator.core.agent import scheme_of
from orchestrator.core.comparison import Comparison, Different, Later, Past, Same
from orchestrator.core.configuration import Node, Recorder
from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.kind import Declarable, Kind, LeftOut, Reach, Repeat, Source, Written
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site


@frozen
class Recording:
    """What is declared under `recordings:`; names as in /recorder/startup.

    `rotation` is as WCS takes it: a size (20M) or a time after which the next file begins; both are
    the node's own where they are left out.
    """

    stream_name: str
    file_template: str = ""
    rotation: str = ""


def listings(node: Node) -> tuple[RestCall, ...]:
    """Return /recorder/find_all, or the list of streams, which says it of each."""
    is_old = node.recorder is Recorder.STREAM
    return (RestCall("/stream/find_all" if is_old else "/recorder/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed recording, or that of a listed stream."""
    media = text(item, "mediaSessionId")
    is_stream = item.get("published") is not None
    if is_stream and not (truth(item, "published") and truth(item, "record")):
        return None
    name = text(item, "recordName" if is_stream else "fileName")
    return Seen(natural=media, id=media, fields=Map({"fileName": name})) if media else None


def sources(seen: Seen, _position: int, site: Site) -> tuple[str, ...]:
    """Return the stream whose id it bears."""
    return (seen.id,) if site.name_of(seen.id) else ()


def naturals(spec: Recording, site: Site) -> tuple[str, ...]:
    """Return the ids of the streams that are published under its stream's name."""
    return site.ids(spec.stream_name)


def target(spec: Recording) -> str:
    """Return the stream: there is one recording for each, on a node."""
    return spec.stream_name


def occupied(_seen: Seen) -> tuple[str, ...]:
    """Return nothing: what records a stream already is found by the stream's id."""
    return ()


def needs(spec: Recording) -> tuple[Source, ...]:
    """Return the one stream that it writes."""
    return (Source(spec.stream_name),)


def create(spec: Recording, site: Site) -> RestCall:
    """Return /recorder/startup, or /stream/startRecording, for the newest stream of its name."""
    is_old = site.node.recorder is Recorder.STREAM
    path = "/stream/startRecording" if is_old else "/recorder/startup"
    body: dict[str, Json] = {"mediaSessionId": next(iter(site.ids(spec.stream_name)), "")}
    config = {name: value for name, value in sent(spec).items() if value}
    return RestCall(path, Map({**body, "config": Map(config)} if config else body))


def sent(spec: Recording) -> Map[str, Json]:
    """Return its settings, none of which a listing shows."""
    return Map({"fileTemplate": spec.file_template, "rotation": spec.rotation})


def compare(spec: Recording, seen: Seen, sent_to_it: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs; new settings wait for the next publication."""
    name = site.name_of(seen.id)
    if not name:
        return Past()
    if name != spec.stream_name:
        return Different(("streamName",))
    wanted = sent(spec)
    differing = tuple(
        field for field in wanted if field in sent_to_it and sent_to_it[field] != wanted[field]
    )
    return Later(tuple(sorted(differing))) if differing else Same()


def delete(seen: Seen, site: Site) -> RestCall:
    """Return /recorder/terminate, or /stream/stopRecording."""
    is_old = site.node.recorder is Recorder.STREAM
    path = "/stream/stopRecording" if is_old else "/recorder/terminate"
    return RestCall(path, Map({"mediaSessionId": seen.id}))


def declared_as(seen: Seen, site: Site) -> Written[Recording] | LeftOut | None:
    """Return it by its stream's name; no list shows its settings, so they are the node's own."""
    name = site.name_of(seen.id)
    if not name:
        return LeftOut("the stream that it records is not listed")
    if scheme_of(name):
        return LeftOut("it records a stream that is called by an address")
    return Written(name, Recording(name))


KIND: Final = Kind[Recording](
    name="recording",
    plural="recordings",
    listings=listings,
    identity="mediaSessionId",
    parse=parse,
    sources=sources,
    declared=Declarable(
        spec=Recording,
        naturals=naturals,
        target=target,
        occupied=occupied,
        needs=needs,
        create=create,
        sent=sent,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
        reach=Reach.NODE,
        repeat=Repeat.CUTS,
    ),
)
