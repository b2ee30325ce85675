"""/api and /cdn: this node as a client of another one, and of its CDN (sections 12 and 13).

`sipPassword` is sealed.
"""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

CALL: Final = (
    "wcsCallAgentId! callId! incoming:flag hasVideo:flag hasAudio:flag status mediaProvider "
    "caller callee visibleName"
)


def _shown(path: str, summary: str, parameters: str = "") -> Method:
    return Method(path, summary, takes(parameters), is_reading=True)


METHODS: Final = (
    Method(
        "/api/create-session",
        "connect to another WCS as a client does, for load tests",
        takes(
            "urlServer! appKey clientBrowserVersion clientVersion mediaProviders:list sipLogin "
            "sipAuthenticationName sipPassword sipDomain sipOutboundProxy sipPort:number "
            "sipRegisterRequired:flag"
        ),
    ),
    Method("/api/find_all", "all such sessions", (), NONE, is_reading=True),
    Method("/api/terminate", "end such a session", takes("sipLogin!"), UNKNOWN),
    Method("/api/call", "let such a session call", takes(CALL), UNKNOWN, takes_more=True),
    Method(
        "/api/hangup", "end that call", takes(CALL.replace("Id!", "Id", 1)), UNKNOWN,
        takes_more=True,
    ),
    _shown("/cdn/show_routes", "all routes of the CDN"),
    _shown("/cdn/stream/show_routes", "the routes of a stream", "streamName!"),
    _shown("/cdn/stream/show_stream_routes", "the routes of a stream (newer)", "streamName!"),
    _shown("/cdn/show_nodes", "the nodes of the CDN"),
    _shown("/cdn/show_state", "the state of the CDN, as text"),
    _shown("/cdn/profile/print", "the profiles of the CDN"),
    _shown("/cdn/show_redundant_transcodings", "what is transcoded more than once"),
)  # fmt: skip
