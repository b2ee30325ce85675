"""A transponder republishes one stream of a node to an RTMP address.

WCS lists it under the name that it has at its target, which by default is `rtmp_` + the stream's
name, and shows no status: being listed is all that can be seen of it. It is one per (name, rtmpUrl)
and has a mediaSessionId that is new with each start. Sound and mute change in place.
Source: rest-api.md section 3 (/push).
"""

from typing import Final

from attrs import frozen

from orchestrator.core.agent import host_of, scheme_of
from orchestrator.core.comparison import Comparison, Different, InPlace, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.kind import Declarable, Kind, LeftOut, Source, Written
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall, RestReply
from orchestrator.core.seal import normalised
from orchestrator.core.site import Site

PREFIX: Final = "rtmp_"


@frozen
class Sound:
    """A WAV file on the node that is heard instead of the stream's audio."""

    sound_file: str
    loop: bool = False


@frozen
class Transponder:
    """What is declared under `transponders:`; names as in /push/startup.

    With `rtmp_transponder_full_url` the address already ends in the stream's name at the target;
    otherwise WCS appends "/" + its prefix + `stream_name`.
    """

    stream_name: str
    rtmp_url: str
    rtmp_transponder_full_url: bool = False
    rtmp_flash_version: str = ""
    muted: bool = False
    sound: Sound | None = None


def parse(item: JsonObject) -> Seen | None:
    """Return one listed transponder; picture size and the like change without meaning for us."""
    media, name = text(item, "mediaSessionId"), text(item, "streamName")
    url = normalised(text(item, "rtmpUrl"))
    if not media or not url:
        return None
    fields: dict[str, Json] = {
        "streamName": name,
        "rtmpUrl": url,
        "muted": truth(item, "muted"),
        "soundEnabled": truth(item, "soundEnabled"),
    }
    return Seen(natural=_natural(name, url), id=media, fields=Map(fields))


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /push/find_all."""
    return (RestCall("/push/find_all"),)


def sources(seen: Seen, position: int, site: Site) -> tuple[str, ...]:
    """Return the streams it may read: of the listed name or without its prefix, and before it.

    One that was published after it was seen is a new one, which does not feed it.
    """
    name = text(seen.fields, "streamName")
    names = (name.removeprefix(PREFIX), name) if name.startswith(PREFIX) else (name,)
    return tuple(id_ for one in names for id_ in site.ids(one) if site.since(id_) <= position)


def naturals(spec: Transponder, _site: Site) -> tuple[str, ...]:
    """Return the keys it may be listed under; servers may be set up without the prefix."""
    url = normalised(spec.rtmp_url)
    return (_natural(PREFIX + spec.stream_name, url), _natural(spec.stream_name, url))


def target(spec: Transponder) -> str:
    """Return the address at which its media arrives."""
    url = normalised(spec.rtmp_url)
    return url if spec.rtmp_transponder_full_url else f"{url}/{PREFIX}{spec.stream_name}"


def occupied(seen: Seen) -> tuple[str, ...]:
    """Return where its media may arrive: no listing tells whether its address is a full one."""
    name, url = text(seen.fields, "streamName"), text(seen.fields, "rtmpUrl")
    return (url, f"{url}/{name}")


def needs(spec: Transponder) -> tuple[Source, ...]:
    """Return the one stream that it reads."""
    return (Source(spec.stream_name),)


def create(spec: Transponder, _site: Site) -> RestCall:
    """Return /push/startup. Its options take one action, so a sound comes after a mute."""
    body: dict[str, Json] = {"streamName": spec.stream_name, "rtmpUrl": spec.rtmp_url}
    if spec.rtmp_transponder_full_url:
        body["rtmpTransponderFullUrl"] = True
    if spec.rtmp_flash_version:
        body["rtmpFlashVersion"] = spec.rtmp_flash_version
    if spec.muted:
        body["options"] = Map({"action": "mute"})
    elif spec.sound is not None:
        body["options"] = Map({"action": "sound_on", **_sound(spec.sound)})
    return RestCall("/push/startup", Map(body))


def sent(spec: Transponder) -> Map[str, Json]:
    """Return what a create sets and no listing shows."""
    fields: dict[str, Json] = {
        "rtmpTransponderFullUrl": spec.rtmp_transponder_full_url,
        "rtmpFlashVersion": spec.rtmp_flash_version,
        "sound": Map(_sound(spec.sound)) if spec.sound is not None and not spec.muted else EMPTY,
    }
    return Map(fields)


def made(reply: RestReply) -> str:
    """Return the mediaSessionId that /push/startup answers with."""
    return text(reply.body, "mediaSessionId") if isinstance(reply.body, Map) else ""


def compare(spec: Transponder, seen: Seen, sent_to_it: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs, taking one step in place at a time.

    A sound that does not loop ends by itself, so its being off again is no difference.
    """
    fixed = ("rtmpTransponderFullUrl", "rtmpFlashVersion")
    wanted = sent(spec)
    differing = tuple(
        name for name in fixed if name in sent_to_it and sent_to_it[name] != wanted[name]
    )
    if seen.natural not in naturals(spec, site):
        differing = ("rtmpUrl", *differing)
    if differing:
        return Different(differing)
    if spec.muted != seen.fields["muted"]:
        verb = "mute" if spec.muted else "unmute"
        return InPlace(("muted",), _to(f"/push/{verb}", seen))
    return _compare_sound(spec.sound, seen, sent_to_it)


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /push/terminate, which knows transponders by nothing but their mediaSessionId."""
    return _to("/push/terminate", seen)


def declared_as(seen: Seen, site: Site) -> Written[Transponder] | LeftOut | None:
    """Return it under the name of its stream: without the prefix, unless that is the stream's own.

    No list tells whether its address is a full one, nor which sound it plays.
    """
    name, url = text(seen.fields, "streamName"), text(seen.fields, "rtmpUrl")
    if seen.fields["soundEnabled"]:
        return LeftOut("it plays a sound, and the node does not list which file")
    plain = name.removeprefix(PREFIX)
    stream = name if site.ids(name) and not site.ids(plain) else plain
    if not stream or scheme_of(stream):
        return LeftOut("it sends a stream that is called by an address")
    spec = Transponder(stream, url, muted=bool(seen.fields["muted"]))
    return Written(f"{stream}-{host_of(url)}", spec)


def _compare_sound(sound: Sound | None, seen: Seen, sent_to_it: Map[str, Json]) -> Comparison:
    heard = bool(seen.fields["soundEnabled"])
    if sound is None:
        off = InPlace(("sound",), _to("/push/sound_off", seen), Map({"sound": EMPTY}))
        return off if heard else Same()
    wanted = Map(_sound(sound))
    is_sent = sent_to_it.get("sound", wanted if heard else EMPTY) == wanted
    if is_sent and (heard or not sound.loop):
        return Same()
    call = _to("/push/sound_on", seen, _sound(sound))
    return InPlace(("sound",), call, Map({"sound": wanted}))


def _sound(sound: Sound) -> dict[str, Json]:
    return {"soundFile": sound.sound_file, "loop": sound.loop}


def _to(path: str, seen: Seen, fields: dict[str, Json] | None = None) -> RestCall:
    return RestCall(path, Map({"mediaSessionId": seen.id, **(fields or {})}))


def _natural(name: str, url: str) -> str:
    return f"{name} {url}"


KIND: Final = Kind[Transponder](
    name="transponder",
    plural="transponders",
    listings=listings,
    identity="mediaSessionId",
    parse=parse,
    sources=sources,
    declared=Declarable(
        spec=Transponder,
        naturals=naturals,
        target=target,
        destination=lambda spec: spec.rtmp_url,
        occupied=occupied,
        needs=needs,
        create=create,
        sent=sent,
        made=made,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
    ),
)
