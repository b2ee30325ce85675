"""A transcoder reads one stream of the node and publishes another, in a form of its own.

It goes by its uri. Nothing of a running one can be changed. Newer pages call the group /transcoder
obsolete and document /transcoder2 beside it: the scheme of the uri says which is asked to start it.
Source: rest-api.md section 9.
"""

from typing import Final

from attrs import evolve, field, frozen

from orchestrator.core.agent import differing, flags, given, is_running, scheme_of, unusual_in
from orchestrator.core.comparison import Comparison, Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text, truth, whole
from orchestrator.core.kind import Declarable, Kind, LeftOut, Nodes, Reach, Source, Written
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site

NEWER: Final = "transcoder2"
NUMBERS: Final = (
    *("width", "height", "fps", "keyFrameInterval", "bitrate", "audioRate", "audioBitrate"),
)


@frozen
class Encoder:
    """The form of the output: pixels, frames a second, frames between key frames, kbit/s, Hz.

    What is left out is as the node chooses. `type` is the implementation of the codec; the names of
    codecs and the audio fields are those of /transcoder2.
    """

    width: int | None = None
    height: int | None = None
    fps: int | None = None
    key_frame_interval: int | None = None
    bitrate: int | None = None
    type: str = ""
    watermark: str = ""
    video_codec: str = ""
    audio_codec: str = ""
    audio_rate: int | None = None
    audio_bitrate: int | None = None


@frozen
class Transcoder:
    """What is declared under `transcoders:`; names as in /transcoder/startup."""

    remote_stream_name: str
    local_stream_name: str
    uri: str = ""
    encoder: Encoder = field(factory=Encoder)
    has_audio: bool | None = None
    has_video: bool | None = None
    record: bool | None = None


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /transcoder/find_all, which lists those of both groups."""
    return (RestCall("/transcoder/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed transcoder, with what its build tells of the encoder."""
    uri = text(item, "uri")
    if not uri:
        return None
    fields: dict[str, Json] = {
        "uri": uri,
        "remoteStreamName": text(item, "remoteStreamName"),
        "localStreamName": text(item, "localStreamName"),
        "status": text(item, "status"),
        "encoder": _object(item),
    }
    return Seen(uri, text(item, "localMediaSessionId"), Map(fields | flags(item)))


def sources(seen: Seen, position: int, site: Site) -> tuple[str, ...]:
    """Return the streams of the name that it reads that were there before it."""
    ids = site.ids(text(seen.fields, "remoteStreamName"))
    return tuple(id_ for id_ in ids if site.since(id_) <= position)


def naturals(spec: Transcoder, _site: Site) -> tuple[str, ...]:
    """Return its uri."""
    return (spec.uri,)


def target(spec: Transcoder) -> str:
    """Return its uri."""
    return spec.uri


def needs(spec: Transcoder) -> tuple[Source, ...]:
    """Return the one stream that it reads."""
    return (Source(spec.remote_stream_name),)


def makes(spec: Transcoder) -> tuple[str, ...]:
    """Return the one stream that it publishes."""
    return (spec.local_stream_name,)


def named(spec: Transcoder, name: str, _nodes: Nodes) -> Transcoder:
    """Return it with a uri."""
    return evolve(spec, uri=spec.uri or f"transcoder://{name}")


def fault(spec: Transcoder, _nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    if scheme_of(spec.uri) not in ("", "transcoder", NEWER):
        return "the “uri” of a transcoder is transcoder:// or transcoder2:// and a name"
    if spec.local_stream_name == spec.remote_stream_name:
        return "it would read what it publishes: give “localStreamName” another name"
    return ""


def create(spec: Transcoder, _site: Site) -> RestCall:
    """Return /transcoder/startup, or /transcoder2/startup."""
    body: dict[str, Json] = {
        "uri": spec.uri,
        "remoteStreamName": spec.remote_stream_name,
        "localStreamName": spec.local_stream_name,
        **_flags(spec),
    }
    encoder = _encoder(spec.encoder)
    group = NEWER if scheme_of(spec.uri) == NEWER else "transcoder"
    return RestCall(f"/{group}/startup", Map({**body, "encoder": encoder} if encoder else body))


def sent(spec: Transcoder) -> Map[str, Json]:
    """Return what builds may leave out of their lists."""
    return Map({"encoder": _encoder(spec.encoder), **_flags(spec)})


def compare(spec: Transcoder, seen: Seen, sent_to_it: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs, field by field of those declared and listed.

    What is not listed, as `audioBitrate` of a /transcoder2, is as it was sent.
    """
    uri = () if seen.natural in naturals(spec, site) else ("uri",)
    names = {
        "remoteStreamName": spec.remote_stream_name,
        "localStreamName": spec.local_stream_name,
        **_flags(spec),
    }
    sent_flags = {name: value for name, value in sent_to_it.items() if name != "encoder"}
    encoder = differing(_encoder(spec.encoder), _object(seen.fields), _object(sent_to_it))
    changed = (
        *uri,
        *differing(names, seen.fields, sent_flags),
        *(f"encoder.{name}" for name in encoder),
    )
    return Different(changed) if changed else Same()


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /transcoder/terminate by its uri."""
    return RestCall("/transcoder/terminate", Map({"uri": text(seen.fields, "uri")}))


def declared_as(seen: Seen, _site: Site) -> Written[Transcoder] | LeftOut | None:
    """Return it with what its build lists of the encoder, and the flags that are not as usual."""
    fields, listed = seen.fields, _object(seen.fields)
    unusual = {flag: truth(fields, flag) for flag in unusual_in(fields)}
    numbers = {name: whole(listed, name) or None for name in NUMBERS}
    return Written(
        seen.natural.partition("://")[2],
        Transcoder(
            remote_stream_name=text(fields, "remoteStreamName"),
            local_stream_name=text(fields, "localStreamName"),
            uri=seen.natural,
            encoder=Encoder(
                width=numbers["width"],
                height=numbers["height"],
                fps=numbers["fps"],
                key_frame_interval=numbers["keyFrameInterval"],
                bitrate=numbers["bitrate"],
                type=text(listed, "type"),
                watermark=text(listed, "watermark"),
                video_codec=text(listed, "videoCodec"),
                audio_codec=text(listed, "audioCodec"),
                audio_rate=numbers["audioRate"],
                audio_bitrate=numbers["audioBitrate"],
            ),
            has_audio=unusual.get("hasAudio"),
            has_video=unusual.get("hasVideo"),
            record=unusual.get("record"),
        ),
    )


def _object(fields: JsonObject) -> JsonObject:
    encoder = fields.get("encoder")
    return encoder if isinstance(encoder, Map) else EMPTY


def _flags(spec: Transcoder) -> dict[str, Json]:
    return given(hasAudio=spec.has_audio, hasVideo=spec.has_video, record=spec.record)


def _encoder(encoder: Encoder) -> Map[str, Json]:
    fields = given(
        width=encoder.width,
        height=encoder.height,
        fps=encoder.fps,
        keyFrameInterval=encoder.key_frame_interval,
        bitrate=encoder.bitrate,
        type=encoder.type,
        watermark=encoder.watermark,
        videoCodec=encoder.video_codec,
        audioCodec=encoder.audio_codec,
        audioRate=encoder.audio_rate,
        audioBitrate=encoder.audio_bitrate,
    )
    return Map(fields)


KIND: Final = Kind[Transcoder](
    name="transcoder",
    plural="transcoders",
    listings=listings,
    parse=parse,
    sources=sources,
    is_running=is_running,
    declared=Declarable(
        spec=Transcoder,
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
