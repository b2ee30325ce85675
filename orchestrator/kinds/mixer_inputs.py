"""What goes into a mixer: which streams have to be in it, and the next step towards that.

Part of the kind `mixer`. Lists show the ids of those that are in it; what they were told on joining
is shown by none, so it is as we sent it, to those that we added.
Source: rest-api.md section 8 (/mixer/add, /mixer/remove, /mixer/set…).
"""

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from orchestrator.core.agent import given
from orchestrator.core.comparison import Comparison, InPlace, Same
from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.kind import Source
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rest import RestCall
from orchestrator.core.site import Site

ONLY_ON_JOINING = ("hasAudio", "hasVideo", "videoPositionId")


@frozen
class Input:
    """Streams that join: one by its name, or all like a pattern, the first `max` of them.

    `audio_level` is as in /mixer/setAudioVideo, where 0 is silence. The mixer waits for what is
    `required`; where nothing is, for the first input.
    """

    SHORT: ClassVar = "stream_name"  # what a text in the place of a mapping means

    stream_name: str = ""
    streams: str = ""
    max: int = 0
    required: bool = False
    audio_level: int | None = None
    video_muted: bool | None = None
    has_audio: bool | None = None
    has_video: bool | None = None
    stream_label: str = ""
    avatar: str = ""
    video_position_id: str = ""

    @property
    def source(self) -> Source:
        """Return which streams are meant."""
        return Source(self.stream_name or self.streams, is_required=self.required)

    @property
    def joining(self) -> dict[str, Json]:
        """Return what /mixer/add is told."""
        return given(
            hasAudio=self.has_audio,
            hasVideo=self.has_video,
            streamLabel=self.stream_label,
            avatar=self.avatar,
            videoPositionId=self.video_position_id,
        )

    @property
    def levels(self) -> dict[str, Json]:
        """Return what /mixer/setAudioVideo is told."""
        return given(audioLevel=self.audio_level, videoMuted=self.video_muted)


def fault(one: Input, output: str) -> str:
    """Return what is wrong with an input of a mixer that publishes `output`, "" for nothing."""
    if bool(one.stream_name) == bool(one.streams):
        return "each input has either “streamName” or “streams” with a pattern"
    if "*" in one.stream_name:
        return f"{one.stream_name} is a pattern: write it under “streams”"
    if one.max and one.stream_name:
        return "“max” is for inputs by pattern (“streams”): remove it"
    if one.stream_name == output:
        return "it would read what it publishes: give “localStreamName” another name"
    return ""


@frozen
class Inputs:
    """One mixer's inputs at one moment.

    `wanted` are by name; `ours` what those were told that we added, by id; `listed` are the ids of
    those that are in it, None where its build lists none.
    """

    uri: str
    wanted: Mapping[str, Input]
    ours: Mapping[str, JsonObject]
    listed: tuple[str, ...] | None
    site: Site

    @property
    def inside(self) -> frozenset[str]:
        """Return the ids of those that are in it, as far as we know."""
        return frozenset(self.ours if self.listed is None else self.listed)

    @property
    def ours_inside(self) -> tuple[str, ...]:
        """Return the ids of those that we added and that are in it, in order."""
        return tuple(sorted(self.inside & set(self.ours)))


def inputs_of(
    uri: str,
    output: str,
    declared: tuple[Input, ...],
    told: JsonObject,
    listed: tuple[str, ...] | None,
    site: Site,
) -> Inputs:
    """Return a mixer's inputs: what is published and declared, the first that says so wins."""
    wanted: dict[str, Input] = {}
    for one in declared:
        fitting = [
            name for name in site.names(one.source.stream) if name not in wanted and name != output
        ]
        for name in fitting[: one.max or None]:
            wanted[name] = one
    ours = {id_: _object(told.get(id_)) for id_ in told if site.name_of(id_)}
    return Inputs(uri, wanted, ours, listed, site)


def next_step(now: Inputs) -> Comparison:
    """Return the next call towards the inputs that have to be in it; those of others stay."""
    return _missing(now) or _unwanted(now) or _otherwise(now) or Same()


def _missing(now: Inputs) -> InPlace | None:
    for name, one in now.wanted.items():
        ids = now.site.ids(name)
        if not now.inside & set(ids):
            told = {**now.ours, ids[0]: Map(one.joining)}
            return _step(now, "/mixer/add", name, one.joining, told)
    return None


def _unwanted(now: Inputs) -> InPlace | None:
    """Return how the first of ours leaves that is not wanted, or has to join again otherwise."""
    for id_ in now.ours_inside:
        name = now.site.name_of(id_)
        one, told = now.wanted.get(name), now.ours[id_]
        is_as_joined = one is not None and all(
            one.joining.get(field) == told.get(field) for field in ONLY_ON_JOINING
        )
        if not is_as_joined:
            left = {other: now.ours[other] for other in now.ours if other != id_}
            return _step(now, "/mixer/remove", name, {}, left)
    return None


def _otherwise(now: Inputs) -> InPlace | None:
    """Return how the first of ours gets its levels, its label or its picture."""
    for id_ in now.ours_inside:
        name = now.site.name_of(id_)
        one, told = now.wanted[name], now.ours[id_]
        if any(told.get(field) != value for field, value in one.levels.items()):
            return _levels(now, one)
        if one.stream_label != text(told, "streamLabel"):
            fields: dict[str, Json] = {"streamLabel": one.stream_label}
            now_told = {**now.ours, id_: Map({**told, **fields})}
            return _step(now, "/mixer/set_stream_label", name, fields, now_told)
        if one.avatar != text(told, "avatar"):
            path = "/mixer/set_stream_avatar" if one.avatar else "/mixer/remove_stream_avatar"
            now_told = {**now.ours, id_: Map({**told, "avatar": one.avatar})}
            return _step(now, path, name, given(avatar=one.avatar), now_told)
    return None


def _levels(now: Inputs, one: Input) -> InPlace:
    """Return how all that have equal levels get them by one call."""
    alike = [
        id_ for id_ in now.ours_inside if now.wanted[now.site.name_of(id_)].levels == one.levels
    ]
    names = tuple(now.site.name_of(id_) for id_ in alike)
    told = {**now.ours, **{id_: Map({**now.ours[id_], **one.levels}) for id_ in alike}}
    call = RestCall("/mixer/setAudioVideo", Map({"uri": now.uri, "streams": names, **one.levels}))
    return InPlace(tuple(f"inputs.{name}" for name in names), call, Map({"inputs": Map(told)}))


def _step(
    now: Inputs, path: str, name: str, fields: JsonObject, told: Mapping[str, JsonObject]
) -> InPlace:
    call = RestCall(path, Map({"uri": now.uri, "remoteStreamName": name, **fields}))
    return InPlace((f"inputs.{name}",), call, Map({"inputs": Map(told)}))


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, Map) else EMPTY
