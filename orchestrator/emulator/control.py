"""The control surface of a node, under /emulator/: what tests and demos pull the strings with.

All of it speaks JSON; nothing of it exists on a real server, and no fault strikes it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from attrs import define

from orchestrator.emulator import journal
from orchestrator.emulator.calls import SipCall
from orchestrator.emulator.clients import Client
from orchestrator.emulator.http import Answer, Broken, Refused, json_answer, object_in
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.node import CLIENT
from orchestrator.emulator.rest import method_at
from orchestrator.emulator.server import WebCallServer
from orchestrator.emulator.switches import shown, switched
from orchestrator.emulator.things import Provider

PREFIX: Final = "/emulator"
KINDS: Final = {"WebRTC": Provider.WEBRTC, "RTMP": Provider.RTMP}
Fields = Mapping[str, Any]


class Wrong(Exception):
    """A request to the control surface cannot be done; says why."""


@define(eq=False)
class Control:
    """The control surface of one node."""

    server: WebCallServer

    async def handle(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request, `path` with its query."""
        path, _, query = path.partition("?")
        what = path.removeprefix(PREFIX)
        fields = object_in(body)
        try:
            if fields is None:
                raise Wrong("the body is no JSON object")  # noqa: TRY301 - said where it is seen
            if method == "GET":
                return json_answer(self._told(what, dict(parse_qsl(query))))
            if method_at(what) is not None:
                return await self.server.foreign(what, fields)
            act = ACTS.get(what)
            if act is None:
                raise Wrong(f"there is no {what}; there are {', '.join(ACTS)}")  # noqa: TRY301
            return json_answer(await act(self.server, fields))
        except (Wrong, ValueError, TypeError, Refused, Broken) as error:
            return json_answer({"error": str(error)}, 400)

    def _told(self, what: str, query: Mapping[str, str]) -> Any:
        match what:
            case "/journal":
                entries = self.server.node.journal.after(int(query.get("after", "0")))
                return [journal.shown(entry) for entry in entries]
            case "/objects":
                return objects(self.server)
            case "/settings":
                return shown(self.server.node.settings)
            case "/faults":
                return shown(self.server.node.faults)
            case _:
                raise Wrong(f"there is no {what}")


def objects(server: WebCallServer) -> dict[str, Any]:
    """Return everything that exists, by id."""
    kept = server.objects.kept.items()
    return {
        kind.plural: {id_: {"sort": one.sort} | one.detail() for id_, one in things.items()}
        for kind, things in kept
    }


def text(fields: Fields, name: str) -> str:
    """Return a field that must be there."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise Wrong(f"{name} is missing")
    return value


def client_of(server: WebCallServer, fields: Fields) -> Client:
    """Return the client that a request names."""
    client = server.clients.get(text(fields, "name"))
    if client is None:
        raise Wrong(f"no client is called {fields['name']}")
    return client


async def publish(server: WebCallServer, fields: Fields) -> Any:
    """Let a client publish; one that reconnects is only sent on its way."""
    name = text(fields, "name")
    kind = fields.get("kind", "WebRTC")
    if kind not in KINDS:
        raise Wrong(f"kind must be one of {', '.join(KINDS)}")
    known: Mapping[str, Callable[[Any], Any]] = {
        "reconnect_s": float,
        "custom": dict,
        "width": int,
        "height": int,
    }
    more = {key: known[key](value) for key, value in fields.items() if key in known}
    if fields.get("reconnect", False):
        server.keep(name, KINDS[kind], **more)
        return {"name": name}
    client = Client(server.media, KINDS[kind], **more)
    stream = await client.publish(name)
    if stream is None:
        refused = client.stream
        return {"name": name, "status": "FAILED", "info": refused.info if refused else "declined"}
    server.clients[name] = client
    return {"name": stream.name, "status": stream.status, "mediaSessionId": stream.media_session_id}


async def play(server: WebCallServer, fields: Fields) -> Any:
    """Let a client play; it is known as `client`, or by the name that it plays."""
    name = text(fields, "name")
    client = server.client(str(fields.get("client", f"player of {name}")))
    stream = await client.play(name)
    return {"status": stream.status if stream else "FAILED"}


async def ring(server: WebCallServer, fields: Fields) -> Any:
    """Let somebody call in by SIP."""
    node = server.node
    call = SipCall(
        id=str(fields.get("callId") or server_uuid(node.random)),
        caller=text(fields, "caller"),
        callee=text(fields, "callee"),
        incoming=True,
        to_stream=str(fields.get("toStream", "")),
        session_id=server_uuid(node.random),
    )
    server.media.calls.start(call, CLIENT)
    return {"callId": call.id}


async def unpublish(server: WebCallServer, fields: Fields) -> Any:
    """Let a client stop by its own will."""
    await client_of(server, fields).unpublish()
    return {}


async def drop(server: WebCallServer, fields: Fields) -> Any:
    """Cut a client's socket."""
    client_of(server, fields).drop()
    return {}


async def vanish(server: WebCallServer, fields: Fields) -> Any:
    """Let a client be gone without a hook."""
    client_of(server, fields).vanish()
    return {}


async def vanish_transponder(server: WebCallServer, fields: Fields) -> Any:
    """Let a transponder end by itself."""
    key = "mediaSessionId" if "mediaSessionId" in fields else "streamName"
    transponder = server.transponder(text(fields, key))
    if transponder is None:
        raise Wrong(f"no transponder is called {fields[key]}")
    server.media.transponders.vanish(transponder)
    return {}


async def vanish_object(server: WebCallServer, fields: Fields) -> Any:
    """Let all objects end by themselves that fit: by `id`, `sort` and what /objects tells."""
    if not fields:
        raise Wrong("say which, by id, by sort or by what /objects tells")
    fits = [
        thing
        for things in tuple(server.objects.kept.values())
        for thing in tuple(things.values())
        if fields.items() <= ({"id": thing.id, "sort": thing.sort} | thing.detail()).items()
    ]
    if not fits:
        raise Wrong("no object is like that")
    for thing in fits:
        server.media.vanish(thing)
    return {"vanished": [thing.id for thing in fits]}


async def restart(server: WebCallServer, fields: Fields) -> Any:
    """Restart the node, down for a while in between."""
    server.restart(float(fields.get("down_s", 0)))
    return {}


async def hang(server: WebCallServer, fields: Fields) -> Any:
    """Let the node accept and not answer, or answer again."""
    server.hang(on=bool(fields.get("on", True)))
    return {}


async def lie(server: WebCallServer, fields: Fields) -> Any:
    """Send an event that is not true, body and all."""
    body = fields.get("body")
    if not isinstance(body, dict):
        raise Wrong("body is missing")
    server.media.lie(text(fields, "method"), body)
    return {}


async def turn_faults(server: WebCallServer, fields: Fields) -> Any:
    """Turn some switches of the faults."""
    server.node.turn(switched(server.node.faults, fields))
    return shown(server.node.faults)


async def turn_settings(server: WebCallServer, fields: Fields) -> Any:
    """Turn some switches of the build."""
    server.node.turn(switched(server.node.settings, fields))
    return shown(server.node.settings)


ACTS: Final[Mapping[str, Callable[[WebCallServer, Fields], Awaitable[Any]]]] = {
    "/publish": publish,
    "/play": play,
    "/ring": ring,
    "/unpublish": unpublish,
    "/drop": drop,
    "/vanish": vanish,
    "/transponder/vanish": vanish_transponder,
    "/object/vanish": vanish_object,
    "/restart": restart,
    "/hang": hang,
    "/lie": lie,
    "/faults": turn_faults,
    "/settings": turn_settings,
}
