"""A mixer puts several streams of the node into one that it publishes.

It goes by its uri. Inputs join one by one as they are published, and by what they are called or
like; one that ends leaves by itself. Its list shows the ids of those that are in it. Inputs, their
levels and labels, and parameters change in place. A mixer without inputs ends after a while.
Source: rest-api.md section 8.
"""

from collections.abc import Mapping
from typing import Final

from attrs import evolve, field, frozen

from orchestrator.core.agent import (
    FLAGS,
    differing,
    flags,
    given,
    is_running,
    scheme_of,
    unusual_in,
)
from orchestrator.core.comparison import Comparison, Different, InPlace
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.kind import Declarable, Kind, LeftOut, Nodes, Reach, Source, Written
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site
from orchestrator.kinds import mixer_inputs
from orchestrator.kinds.mixer_inputs import Input, inputs_of, next_step

KNOWN: Final = frozenset(
    {"localMediaSessionId", "remoteMediaSessionId", "localStreamName", "remoteStreamName"}
    | {"uri", "status", "mediaSessions", *FLAGS}
)
BESIDE: Final = frozenset({"watermark", "background", "mixerLayoutClass"})


@frozen
class Mixer:
    """What is declared under `mixers:`; names as in /mixer/startup and /mixer/add.

    `parameters` are any of the mixer's parameters, as WCS names them (`mixerVideoWidth`, …).
    """

    local_stream_name: str
    uri: str = ""
    inputs: tuple[Input, ...] = ()
    parameters: Map[str, Json] = field(default=EMPTY)
    has_audio: bool | None = None
    has_video: bool | None = None
    watermark: str = ""
    background: str = ""
    mixer_layout_class: str = ""


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /mixer/find_all."""
    return (RestCall("/mixer/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed mixer; newer builds list its parameters, older ones no inputs."""
    uri = text(item, "uri")
    if not uri:
        return None
    fields: dict[str, Json] = {
        "uri": uri,
        "localStreamName": text(item, "localStreamName"),
        "status": text(item, "status"),
        "parameters": Map(
            {name: value for name, value in item.items() if name not in KNOWN and value is not None}
        ),
        **flags(item),
    }
    sessions = item.get("mediaSessions")
    if isinstance(sessions, tuple):
        fields["inputs"] = tuple(sorted({_session(one) for one in sessions} - {""}))
    return Seen(uri, text(item, "localMediaSessionId"), Map(fields))


def sources(seen: Seen, _position: int, site: Site) -> tuple[str, ...] | None:
    """Return the inputs that are still published, without any of which it ends after a while."""
    inputs = _listed(seen)
    return None if inputs is None else tuple(id_ for id_ in inputs if site.name_of(id_))


def naturals(spec: Mixer, _site: Site) -> tuple[str, ...]:
    """Return its uri."""
    return (spec.uri,)


def target(spec: Mixer) -> str:
    """Return its uri."""
    return spec.uri


def needs(spec: Mixer) -> tuple[Source, ...]:
    """Return its inputs."""
    return tuple(one.source for one in spec.inputs)


def makes(spec: Mixer) -> tuple[str, ...]:
    """Return the one stream that it publishes."""
    return (spec.local_stream_name,)


def named(spec: Mixer, name: str, _nodes: Nodes) -> Mixer:
    """Return it with a uri."""
    return evolve(spec, uri=spec.uri or f"mixer://{name}")


def fault(spec: Mixer, _nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    if scheme_of(spec.uri) not in ("", "mixer"):
        return "the “uri” of a mixer is mixer:// and a name"
    taken = sorted(KNOWN & set(spec.parameters))
    if taken:
        return f"{', '.join(taken)}: this is no parameter, write it beside “parameters”"
    faults = (mixer_inputs.fault(one, spec.local_stream_name) for one in spec.inputs)
    return next((said for said in faults if said), "")


def create(spec: Mixer, _site: Site) -> RestCall:
    """Return /mixer/startup; its inputs are added once it runs."""
    body = {**spec.parameters, **_fixed(spec), "uri": spec.uri}
    return RestCall("/mixer/startup", Map(body))


def sent(spec: Mixer) -> Map[str, Json]:
    """Return what builds may leave out of their lists; of inputs nothing is sent at the start."""
    return Map({"fixed": Map(_fixed(spec)), "parameters": spec.parameters})


def compare(spec: Mixer, seen: Seen, sent_to_it: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs, taking one step in place at a time."""
    fixed = differing(_fixed(spec), seen.fields, _object(sent_to_it, "fixed"))
    listed = _object(seen.fields, "parameters")
    set_before = _object(sent_to_it, "parameters")
    changed = differing(spec.parameters, listed, set_before)
    unset = tuple(name for name in changed if name not in spec.parameters)
    if seen.natural != spec.uri:
        return Different(("uri", *fixed))
    if fixed or unset:
        return Different((*fixed, *(f"parameters.{name}" for name in unset)))
    if changed:
        fields = {name: spec.parameters[name] for name in changed}
        call = RestCall("/mixer/set_parameter", Map({**fields, "uri": spec.uri}))
        now_sent = Map({"parameters": Map({**set_before, **fields})})
        return InPlace(tuple(f"parameters.{name}" for name in changed), call, now_sent)
    told, listed_inputs = _object(sent_to_it, "inputs"), _listed(seen)
    output, declared = spec.local_stream_name, spec.inputs
    return next_step(inputs_of(spec.uri, output, declared, told, listed_inputs, site))


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /mixer/terminate by its uri."""
    return RestCall("/mixer/terminate", Map({"uri": seen.natural}))


def declared_as(seen: Seen, site: Site) -> Written[Mixer] | LeftOut | None:
    """Return it with the streams that are in it, and the parameters that its build lists."""
    fields, name = seen.fields, seen.natural.partition("://")[2]
    output = text(fields, "localStreamName")
    inputs = sorted({site.name_of(id_) for id_ in _listed(seen) or ()} - {"", output})
    if any(one.split("#")[1:2] == [name] for one in inputs):
        return LeftOut("WCS made it for a room: its inputs are called user#room")
    listed = _object(fields, "parameters")
    parameters = {
        one: listed[one]
        for one in listed
        if one not in BESIDE and isinstance(listed[one], bool | int | float | str)
    }
    unusual = {flag: truth(fields, flag) for flag in unusual_in(fields)}
    spec = Mixer(
        local_stream_name=output,
        uri=seen.natural,
        inputs=tuple(Input(one) for one in inputs if not scheme_of(one) and "*" not in one),
        parameters=Map(parameters),
        has_audio=unusual.get("hasAudio"),
        has_video=unusual.get("hasVideo"),
        watermark=text(listed, "watermark"),
        background=text(listed, "background"),
        mixer_layout_class=text(listed, "mixerLayoutClass"),
    )
    return Written(name, spec)


def _session(session: Json) -> str:
    """Return the id of an input; some builds list it as an object."""
    if isinstance(session, Mapping):
        return text(session, "localMediaSessionId") or text(session, "mediaSessionId")
    return session if isinstance(session, str) else ""


def _listed(seen: Seen) -> tuple[str, ...] | None:
    """Return the ids of the listed inputs, None where its build lists none."""
    inputs = seen.fields.get("inputs")
    return tuple(str(id_) for id_ in inputs) if isinstance(inputs, tuple) else None


def _object(fields: JsonObject, name: str) -> Map[str, Json]:
    value = fields.get(name)
    return value if isinstance(value, Map) else EMPTY


def _fixed(spec: Mixer) -> dict[str, Json]:
    return given(
        localStreamName=spec.local_stream_name,
        hasAudio=spec.has_audio,
        hasVideo=spec.has_video,
        watermark=spec.watermark,
        background=spec.background,
        mixerLayoutClass=spec.mixer_layout_class,
    )


KIND: Final = Kind[Mixer](
    name="mixer",
    plural="mixers",
    listings=listings,
    parse=parse,
    sources=sources,
    is_running=is_running,
    declared=Declarable(
        spec=Mixer,
        naturals=naturals,
        target=target,
        needs=needs,
        makes=makes,
        named=named,
        fault=fault,
        create=create,
        sent=sent,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
        reach=Reach.NODE,
    ),
)
