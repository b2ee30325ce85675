"""A SIP call that the node makes; what it hears can be published as a stream, or sent by RTMP.

It goes by its callId, which we choose. It is dialled once each time it becomes wanted; it rings as
long as it takes, and when it has ended it leaves the list. Incoming calls are listed too.
Source: rest-api.md sections 2 and 11.
"""

from enum import Enum
from typing import Final

from attrs import evolve, frozen

from orchestrator.core.agent import differing, given, unusual_in
from orchestrator.core.comparison import Comparison, Different, Same
from orchestrator.core.configuration import Node
from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.kind import Again, Declarable, Kind, LeftOut, Nodes, Reach, Source, Written
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Seen
from orchestrator.core.rest import RestCall
from orchestrator.core.seal import normalised
from orchestrator.core.site import Site

TALKING: Final = frozenset({"ESTABLISHED", "HOLD"})
ENDED: Final = frozenset({"BUSY", "FAILED", "FINISH"})
UNLISTED: Final = "unlisted.invalid"  # stands where a call needs what no list shows
LISTED: Final = ("callee", "rtmpUrl", "rtmpStream", "visibleName", "hasAudio", "hasVideo")


class Redial(Enum):
    """Whether a call that has ended is made again."""

    NEVER = "never"
    DROPPED = "dropped"  # once it was talking
    ALWAYS = "always"


@frozen
class Call:
    """What is declared under `calls:`; names as in /call/startup."""

    callee: str
    sip_login: str
    sip_domain: str
    call_id: str = ""
    to_stream: str = ""
    rtmp_url: str = ""
    rtmp_stream: str = ""
    has_audio: bool | None = None
    has_video: bool | None = None
    sip_authentication_name: str = ""
    sip_password: str = ""
    sip_outbound_proxy: str = ""
    sip_port: int | None = None
    sip_register_required: bool | None = None
    app_key: str = ""
    visible_name: str = ""
    redial: Redial = Redial.NEVER


def listings(_node: Node) -> tuple[RestCall, ...]:
    """Return /call/find_all."""
    return (RestCall("/call/find_all"),)


def parse(item: JsonObject) -> Seen | None:
    """Return one listed call; one that has ended is not there any more."""
    name, status = text(item, "callId"), text(item, "status")
    if not name or status in ENDED:
        return None
    fields: dict[str, Json] = {
        "status": status,
        "incoming": truth(item, "incoming"),
        "caller": text(item, "caller"),
        "streamName": text(item, "streamName"),
    }
    for field in LISTED:
        if item.get(field) is not None:
            is_flag = field in ("hasAudio", "hasVideo")
            fields[field] = truth(item, field) if is_flag else text(item, field)
    return Seen(name, "", Map(fields))


def is_running(seen: Seen) -> bool:
    """Return whether both ends talk."""
    return text(seen.fields, "status") in ("", *TALKING)


def naturals(spec: Call, _site: Site) -> tuple[str, ...]:
    """Return its callId."""
    return (spec.call_id,)


def target(spec: Call) -> str:
    """Return its callId."""
    return spec.call_id


def needs(_spec: Call) -> tuple[Source, ...]:
    """Return nothing: it reads nothing of the node."""
    return ()


def makes(spec: Call) -> tuple[str, ...]:
    """Return the stream that is published of it, if one is."""
    return (spec.to_stream,) if spec.to_stream else ()


def named(spec: Call, name: str, _nodes: Nodes) -> Call:
    """Return it with a callId."""
    return evolve(spec, call_id=spec.call_id or name)


def again(spec: Call) -> Again:
    """Return whether it is dialled again after its end."""
    return Again(spec.redial.value)


def fault(spec: Call, _nodes: Nodes) -> str:
    """Return what is wrong with what is declared."""
    if bool(spec.rtmp_url) != bool(spec.rtmp_stream):
        return "“rtmpUrl” and “rtmpStream” go together: add the other one"
    return ""


def create(spec: Call, _site: Site) -> RestCall:
    """Return /call/startup."""
    return RestCall("/call/startup", Map({"callId": spec.call_id, **_fields(spec)}))


def sent(spec: Call) -> Map[str, Json]:
    """Return all that was dialled with; lists show little of it."""
    return Map(_fields(spec))


def compare(spec: Call, seen: Seen, sent_to_it: Map[str, Json], site: Site) -> Comparison:
    """Return how the listed one differs from what is declared; a call cannot change."""
    if seen.natural not in naturals(spec, site):
        return Different(("callId",))
    wanted = _fields(spec)
    listed = {name: value for name, value in seen.fields.items() if name in LISTED}
    changed = differing(_comparable(wanted), _comparable(listed), _comparable(sent_to_it))
    return Different(changed) if changed else Same()


def delete(seen: Seen, _site: Site) -> RestCall:
    """Return /call/terminate by its callId."""
    return RestCall("/call/terminate", Map({"callId": seen.natural}))


def declared_as(seen: Seen, site: Site) -> Written[Call] | LeftOut | None:
    """Return an outgoing one; by which domain and password it was dialled is not listed.

    So it cannot be dialled again before they are written, and by itself it never is.
    """
    fields = seen.fields
    if fields["incoming"]:
        return LeftOut("it comes in: somebody called the node")
    login, _, domain = text(fields, "caller").partition("@")
    published = text(fields, "streamName")
    unusual = {flag: truth(fields, flag) for flag in unusual_in(fields)}
    spec = Call(
        callee=text(fields, "callee"),
        sip_login=login or UNLISTED,
        sip_domain=domain or UNLISTED,
        call_id=seen.natural,
        to_stream=published if site.ids(published) else "",
        rtmp_url=text(fields, "rtmpUrl"),
        rtmp_stream=text(fields, "rtmpStream"),
        visible_name=text(fields, "visibleName"),
        has_audio=unusual.get("hasAudio"),
        has_video=True if truth(fields, "hasVideo") else None,
    )
    return Written(seen.natural, spec)


def _comparable(fields: JsonObject) -> dict[str, Json]:
    return {
        name: normalised(value) if name == "rtmpUrl" and isinstance(value, str) else value
        for name, value in fields.items()
    }


def _fields(spec: Call) -> dict[str, Json]:
    return given(
        callee=spec.callee,
        toStream=spec.to_stream,
        rtmpUrl=spec.rtmp_url,
        rtmpStream=spec.rtmp_stream,
        hasAudio=spec.has_audio,
        hasVideo=spec.has_video,
        sipLogin=spec.sip_login,
        sipAuthenticationName=spec.sip_authentication_name,
        sipPassword=spec.sip_password,
        sipDomain=spec.sip_domain,
        sipOutboundProxy=spec.sip_outbound_proxy,
        sipPort=spec.sip_port,
        appKey=spec.app_key,
        sipRegisterRequired=spec.sip_register_required,
        visibleName=spec.visible_name,
    )


KIND: Final = Kind[Call](
    name="call",
    plural="calls",
    listings=listings,
    identity="callId",
    parse=parse,
    is_running=is_running,
    declared=Declarable(
        spec=Call,
        naturals=naturals,
        target=target,
        destination=lambda spec: spec.rtmp_url,
        needs=needs,
        makes=makes,
        named=named,
        fault=fault,
        again=again,
        create=create,
        sent=sent,
        compare=compare,
        delete=delete,
        declared_as=declared_as,
        reach=Reach.NODE,
        is_patient=True,
    ),
)
