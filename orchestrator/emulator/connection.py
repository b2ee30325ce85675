"""The groups /connection, /data and /logger: the sessions of clients, and what is told to them."""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal
from orchestrator.emulator.media import Media
from orchestrator.emulator.shapes import client_version, rest_connection
from orchestrator.emulator.things import Connection


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all."""
    generation = media.node.settings.generation
    return [rest_connection(one, generation) for one in media.objects.connections.values()]


def find(media: Media, call: Call) -> list[dict[str, Any]]:
    """List those of an application, a session id or a version of the client."""
    keys = ("appKey", "sessionId", "clientVersion")
    app_key, session, version = (call.text(key) for key in keys)
    return [
        rest_connection(one, media.node.settings.generation)
        for one in media.objects.connections.values()
        if app_key in {"", one.app_key}
        and session in {"", one.session_id}
        and version in {"", client_version(one)}
    ]


def named(media: Media, id_: str, status: int = 404) -> Connection:
    """Return the session of that id."""
    connection = media.objects.connections.get(id_)
    if connection is None:
        raise Refusal(status, f"Connection {id_} not found")
    return connection


def terminate(media: Media, call: Call) -> None:
    """Close one; its streams end as if its socket had been lost."""
    connection = named(media, call.text("sessionId"))

    def close() -> None:
        media.disconnect(connection, call.cause)

    media.node.later(media.node.settings.terminate_s, close)


def set_log_level(media: Media, call: Call) -> None:
    """Let a client write its log in such detail."""
    connection = named(media, call.text("sessionId"))
    connection.log_level = call.needed("logLevel")
    media.objects.changed(connection, call.cause)


def disable_log(media: Media, call: Call) -> None:
    """Let a client write no log."""
    connection = named(media, call.text("sessionId"))
    connection.log_level = ""
    media.objects.changed(connection, call.cause)


def send(media: Media, call: Call) -> None:
    """Send something to one client, or to several; 404 is not among its answers."""
    ids = call.body.get("sessionIds")
    ids = ids if isinstance(ids, list) else [call.needed("sessionId")]
    connections = [named(media, str(id_), 500) for id_ in ids]
    for connection in connections:
        media.send_data(connection, call.text("operationId"), call.body.get("payload"))


METHODS: Final = {
    "find": Method(find),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
    "set_log_level": Method(set_log_level),
}
DATA: Final = {"send": Method(send)}
LOGGER: Final = {
    "enable_client_log": Method(set_log_level),
    "disable_client_log": Method(disable_log),
}
