"""The hooks that WCS knows: which may be refused, and what their bodies have.

Sources: hooks.md sections 3 and 5. The fields are those that any documented build sends; a real one
may send more, so they serve for advice only.
"""

from typing import Final

from orchestrator.core.mapping import Map

CONNECT: Final = "connect"
PUBLISH: Final = "publishStream"
PLAY: Final = "playStream"
KEEP_ALIVE: Final = "StreamKeepAliveEvent"
STREAM_STATUS: Final = "StreamStatusEvent"
CONNECTION_STATUS: Final = "ConnectionStatusEvent"
INCOMING: Final = ("OnCallEvent", "OnMessageEvent", "OnTransferEvent")
OF_CALLS: Final = ("call", "answer", "hold", "unhold", "transfer", "sendDTMF")
OF_MESSAGES: Final = ("sendMessage", "sendIMDN", "subscribe", "sendXcapRequest")
OF_STREAMS: Final = (
    *(PUBLISH, PLAY, "playHLS", "playRTSP"),
    *("pauseStream", "snapshot", "availableStream"),
)
OTHERS: Final = ("OnDataEvent", "sendBugReport")
SPELLINGS: Final = Map({"sendDtmf": "sendDTMF", "submitBugReport": "sendBugReport"})
"""Methods that sources write in two ways; WCS may send either."""

REFUSABLE: Final = (
    *(CONNECT, *OF_STREAMS, *OF_CALLS, *OF_MESSAGES, *OTHERS, *INCOMING),
    KEEP_ALIVE,  # no refusal of what has happened: WCS ends the stream
)
POINTLESS: Final = ("hangup", "unPublishStream", "stopStream")
"""WCS asks for these as well, and what they ask for happens all the same."""
TOLD: Final = (
    *(STREAM_STATUS, CONNECTION_STATUS, "StreamEvent", "sendStreamEvent", "ErrorEvent"),
    *("CallStatusEvent", "TransferStatusEvent", "MessageStatusEvent", "SubscriptionStatusEvent"),
    *("XcapStatusEvent", "DataStatusEvent", "BugReportStatusEvent", "RegistrationStatusEvent"),
)
"""What has happened, and nobody is asked for."""
METHODS: Final = (*REFUSABLE, *POINTLESS, *TOLD)

_COMMON: Final = ("nodeId", "appKey", "sessionId", "custom")
_STREAM: Final = (
    *(*_COMMON, "mediaSessionId", "name", "published", "hasVideo", "hasAudio", "status", "info"),
    *("sdp", "audioCodec", "videoCodec", "record", "width", "height", "bitrate", "minBitrate"),
    *("maxBitrate", "quality", "gop", "fps", "audioBitrate", "history", "cvoExtension"),
    *("codecImpl", "transport", "createDate", "mediaType", "audioState", "videoState"),
    *("mediaProvider", "token", "rtmpUrl", "constraints"),
)
_CALL: Final = (
    *(*_COMMON, "callId", "incoming", "status", "sipStatus", "caller", "callee", "hasAudio"),
    *("hasVideo", "sdp", "sipSDP", "visibleName", "inviteParameters", "mediaProvider", "isMsrp"),
    *("holdForTransfer", "sipMessageRaw", "info", "dtmf", "type", "parentCallId", "target"),
    *("rtmpUrl", "rtmpStream", "rtmpStreamStatus"),
)
_CONNECTION: Final = (
    *(*_COMMON, "authToken", "login", "origin", "status", "mediaProviders", "keepAlive"),
    *("clientVersion", "clientOSVersion", "clientBrowserVersion", "urlServer", "width", "height"),
    *("useWsTunnel", "useWsTunnelPacketization2", "useBase64BinaryEncoding", "useProxy"),
    *("useRTCSessions", "useSelfSigned", "msePacketizationVersion", "info"),
    *("sipRegisterRequired", "sipLogin", "sipAuthenticationName", "sipPassword", "sipDomain"),
    *("sipVisibleName", "sipOutboundProxy", "sipPort", "sipContactParams"),
)

FIELDS: Final = Map(
    {
        CONNECT: _CONNECTION,
        **dict.fromkeys((*OF_STREAMS, KEEP_ALIVE), _STREAM),
        **dict.fromkeys((*OF_CALLS, "OnCallEvent", "OnTransferEvent"), _CALL),
    }
)
"""Method → the fields that its body may have; a method that is not listed has any."""


def canonical(method: str) -> str:
    """Return a method under the one of its spellings that rules use."""
    return SPELLINGS.get(method, method)
