"""The group /connection: the sessions of clients."""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.media import Media
from orchestrator.emulator.shapes import rest_connection


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all."""
    generation = media.node.settings.generation
    return [rest_connection(one, generation) for one in media.objects.connections.values()]


def find(media: Media, call: Call) -> list[dict[str, Any]]:
    """List those of an application or of a session id."""
    app_key, session = call.text("appKey"), call.text("sessionId")
    return [
        rest_connection(one, media.node.settings.generation)
        for one in media.objects.connections.values()
        if app_key in {"", one.app_key} and session in {"", one.session_id}
    ]


def terminate(media: Media, call: Call) -> None:
    """Close one; its streams end as if its socket had been lost."""
    connection = media.objects.connections.get(call.text("sessionId"))
    if connection is None:
        raise Refusal(404, f"Connection {call.text('sessionId')} not found")

    def close() -> None:
        media.disconnect(connection, call.cause)

    media.node.later(media.node.settings.terminate_s, close)


METHODS: Final = {
    "find": Method(find),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
}
