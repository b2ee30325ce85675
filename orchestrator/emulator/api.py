"""The group /api: this server as a client of another, for load tests.

Only that it is asked for is emulated; nobody is called. Only /api/create-session is documented,
what else is known of the group comes from a console of the vendor.
"""

from typing import Any, ClassVar, Final

import trio
from attrs import define, field

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.media import Media

SHOWN: Final = ("appKey", "sipLogin", "sipDomain", "sipOutboundProxy", "sipPort", "urlServer")


@define(eq=False)
class ApiSession:
    """One session at another server."""

    sort: ClassVar[str] = "api-session"
    plural: ClassVar[str] = "apiSessions"

    id: str
    connection: dict[str, str]
    calls: dict[str, dict[str, Any]] = field(factory=dict)
    gone: trio.Event = field(factory=trio.Event)

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it; no password is kept."""
        return {**self.connection, "calls": list(self.calls)}


def create_session(media: Media, call: Call) -> None:
    """Connect with another server."""
    call.needed("urlServer")
    connection = {name: call.text(name) for name in SHOWN}
    media.objects.came(ApiSession(server_uuid(media.node.random), connection), call.cause)


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all."""
    return [
        {"id": one.id, "connection": one.connection, "calls": list(one.calls.values())}
        for one in media.objects.of(ApiSession).values()
    ]


def of_login(media: Media, login: str) -> ApiSession:
    """Return the first session of a SIP login."""
    for one in media.objects.of(ApiSession).values():
        if login and one.connection["sipLogin"] == login:
            return one
    raise Refusal(404, f"Session of {login} not found")


def terminate(media: Media, call: Call) -> None:
    """End one."""
    media.objects.went(of_login(media, call.text("sipLogin")), call.cause)


def start_call(media: Media, call: Call) -> None:
    """Call somebody from one."""
    session = of_login(media, call.text("wcsCallAgentId"))
    session.calls[call.needed("callId")] = dict(call.body)
    media.objects.changed(session, call.cause)


def hang_up(media: Media, call: Call) -> None:
    """End a call of one."""
    for session in media.objects.of(ApiSession).values():
        if session.calls.pop(call.text("callId"), None) is not None:
            media.objects.changed(session, call.cause)
            return
    raise Refusal(404, f"Call {call.text('callId')} not found")


METHODS: Final = {
    "create-session": Method(create_session),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
    "call": Method(start_call),
    "hangup": Method(hang_up),
}
