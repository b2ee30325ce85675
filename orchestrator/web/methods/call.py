"""/call: calls to SIP (rest-api.md section 11). What is given as `sipPassword` is sealed."""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

EITHER: Final = {404: "no such call, or no such stream"}
STREAM: Final = takes("callId! streamName!")

METHODS: Final = (
    Method(
        "/call/startup",
        "call somebody by SIP, and publish or send on what is heard",
        takes(
            "callId! callee! toStream rtmpUrl rtmpStream hasAudio:flag hasVideo:flag sipLogin! "
            "sipAuthenticationName sipPassword sipDomain! sipOutboundProxy sipPort:number appKey "
            "sipRegisterRequired:flag visibleName"
        ),
        {409: "there is one with that callId, or to that RTMP stream, already"},
        sends_to="rtmpUrl",
    ),
    Method(
        "/call/find", "calls that fit", takes("callId callee rtmpUrl status"), NONE, is_reading=True
    ),
    Method("/call/find_all", "all calls", (), NONE, is_reading=True),
    Method("/call/terminate", "hang up", takes("callId!"), UNKNOWN),
    Method("/call/send_dtmf", "send tones", takes("callId! dtmf! type"), UNKNOWN),
    Method("/call/inject_stream", "let a call hear a stream", STREAM, EITHER),
    Method("/call/inject_stream/startup", "let a call hear a stream (newer)", STREAM, EITHER),
    Method(
        "/call/inject_stream/terminate",
        "end what a call hears of a stream (newer)",
        takes("callId! streamName"),
        UNKNOWN,
    ),
    Method(
        "/call/inject_sound",
        "let a call hear a file of the node",
        takes("callId! fileName!"),
        {404: "no such call, or no such file"},
    ),
)
