"""The group /call: calls to SIP, whose sound and picture may be published here or sent on by RTMP.

Two keys make a second one 409: the id of the call, and the RTMP stream it is sent to.
"""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.calls import SipCall
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.listing import refuse_by_fault, refuse_taken
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import Settings
from orchestrator.emulator.shapes import told


def shape(call: SipCall, settings: Settings) -> dict[str, Any]:
    """Return one as it is listed; most of it is null."""
    sent = call.rtmp_url and call.status == "ESTABLISHED"
    body: dict[str, Any] = {
        "custom": {},
        "nodeId": None,
        "appKey": call.app_key or None,
        "sessionId": call.session_id or None,
        "callId": call.id,
        "parentCallId": None,
        "incoming": call.incoming,
        "status": call.status,
        "sipStatus": call.sip_status,
        "rtmpUrl": call.rtmp_url or None,
        "rtmpStream": call.rtmp_stream or None,
        "streamName": call.to_stream or None,
        "rtmpStreamStatus": "PUBLISHING" if sent else None,
        "caller": call.caller,
        "callee": call.callee,
        "hasAudio": call.has_audio,
        "hasVideo": call.has_video,
        "sdp": None,
        "visibleName": call.visible_name,
        "inviteParameters": None,
        "mediaProvider": "Flash",
        "sipMessageRaw": None,
        "isMsrp": False,
        "target": None,
        "holdForTransfer": False,
    }
    return told(body, settings.generation)


def calls_of(media: Media) -> list[SipCall]:
    """Return all calls, oldest first."""
    return list(media.objects.of(SipCall).values())


def startup(media: Media, call: Call) -> dict[str, Any] | None:
    """Call somebody; that is accepted before anybody has heard of it."""
    settings = media.node.settings
    id_, rtmp = call.needed("callId"), (call.text("rtmpUrl"), call.text("rtmpStream"))
    call.needed("sipDomain")
    call.number("sipPort", 5060)
    call.flag("sipRegisterRequired")
    sip_call = SipCall(
        id=id_,
        caller=call.needed("sipLogin"),
        callee=call.needed("callee"),
        app_key=call.text("appKey") or "defaultApp",
        visible_name=call.text("visibleName") or call.text("sipLogin"),
        rtmp_url=rtmp[0],
        rtmp_stream=rtmp[1],
        to_stream=call.text("toStream"),
        has_audio=call.flag("hasAudio") is not False,
        has_video=call.flag("hasVideo") or False,
        session_id=server_uuid(media.node.random),
    )
    for one in calls_of(media):
        same_url = rtmp[0] != "" and one.rtmp_url == rtmp[0]
        same = same_url and (one.rtmp_stream == rtmp[1] or settings.rtmp_url_makes_call_409)
        if one.id == id_ or same:
            raise Refusal(409, f"Call {one.id} already exists")
    if sip_call.to_stream:
        refuse_taken(media, sip_call.to_stream)
    refuse_by_fault(media, call, sip_call.sort)
    media.calls.start(sip_call, call.cause)
    return {} if settings.call_answers_object else None


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all, incoming ones too."""
    return [shape(one, media.node.settings) for one in calls_of(media)]


def find(media: Media, call: Call) -> list[dict[str, Any]]:
    """List those that fit every key."""
    keys = ("callId", "callee", "rtmpUrl", "status")
    id_, callee, rtmp_url, status = (call.text(key) for key in keys)
    return [
        shape(one, media.node.settings)
        for one in calls_of(media)
        if id_ in {"", one.id}
        and callee in {"", one.callee}
        and rtmp_url in {"", one.rtmp_url}
        and status in {"", one.status}
    ]


def named(media: Media, call: Call) -> SipCall:
    """Return the call that a request names."""
    sip_call = media.objects.of(SipCall).get(call.text("callId"))
    if sip_call is None or sip_call.ended:
        raise Refusal(404, f"Call {call.text('callId')} not found")
    return sip_call


def terminate(media: Media, call: Call) -> None:
    """Hang up."""
    media.calls.terminate(named(media, call), call.cause)


def send_dtmf(media: Media, call: Call) -> None:
    """Press keys, which works once the call is answered."""
    sip_call = named(media, call)
    if sip_call.status != "ESTABLISHED":
        raise Refusal(500, f"Call {sip_call.id} is not established")
    sip_call.dtmf += call.needed("dtmf")
    media.objects.changed(sip_call, call.cause)


def inject_stream(media: Media, call: Call) -> None:
    """Play a stream of this node into a call."""
    sip_call = named(media, call)
    stream = media.objects.published(call.text("streamName"))
    if stream is None:
        raise Refusal(404, f"Stream {call.text('streamName')} not found")
    media.calls.inject(sip_call, stream.id, call.cause)


def inject_sound(media: Media, call: Call) -> None:
    """Play a file into a call."""
    sip_call, file = named(media, call), call.text("fileName")
    if file not in media.node.settings.sound_files:
        raise Refusal(404, f"File {file} not found")
    media.calls.inject(sip_call, file, call.cause)


def end_injection(media: Media, call: Call) -> None:
    """Play nothing any more."""
    media.calls.inject(named(media, call), "", call.cause)


METHODS: Final = {
    "startup": Method(startup),
    "find": Method(find),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
    "send_dtmf": Method(send_dtmf),
    "inject_stream": Method(inject_stream),
    "inject_stream/startup": Method(inject_stream),
    "inject_stream/terminate": Method(end_injection),
    "inject_sound": Method(inject_sound),
}
