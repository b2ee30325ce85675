"""Carry one call to one node, once. Knows httpx; knows no retries, no actions and no kinds."""

import json
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import trio
from attrs import evolve, frozen

from orchestrator.core.json import Json
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.errors import CallNotDue, NodeUnreachable, OutcomeUnknown
from orchestrator.shell.lane import Lane, Pace

_HEADERS: Final = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
PREFIX: Final = "/rest-api"
STATISTICS: Final = "/?action=stat"
LOOKS: Final = 2  # slots beside `parallel`: one for lists that answer, one for those that do not
_ROOM: Final = httpx.Limits(max_connections=4, max_keepalive_connections=1, keepalive_expiry=5.0)
_NO_EFFECT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


@frozen
class Endpoint:
    """Where a node is and how much of us it can bear. The password comes from elsewhere."""

    node: str
    url: str
    username: str
    ca: Path | None = None
    parallel: int = 8
    per_second: int = 50
    connect_s: float = 5.0
    call_s: float = 10.0
    reply_max_bytes: int = 32 * 1024 * 1024
    """A listing of 10,000 streams is some 10 MB."""


@frozen
class Statistics:
    """What became of the calls so far; `waiting` and `running` are those of this moment."""

    waiting: int = 0
    running: int = 0
    answered: int = 0
    unreachable: int = 0
    unknown: int = 0


Transports = Callable[[], httpx.AsyncBaseTransport]


def network(endpoint: Endpoint) -> Transports:
    """Return what makes connections over the network.

    Where `ca` cannot be read the node counts as unreachable, until it can: a file of one node is no
    reason for the others to stand still.
    """
    contexts: list[ssl.SSLContext] = []

    def open_transport() -> httpx.AsyncBaseTransport:
        if not contexts:
            contexts.append(ssl.create_default_context(cafile=endpoint.ca))
        return httpx.AsyncHTTPTransport(verify=contexts[0], limits=_ROOM, trust_env=False)

    return lambda: _Late(open_transport, endpoint.ca)


class _Late(httpx.AsyncBaseTransport):
    """A transport that is made when it is first needed, and tried again where that fails."""

    def __init__(self, make: Transports, ca: Path | None) -> None:
        self._make = make
        self._ca = ca
        self._made: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._made is None:
            try:
                self._made = self._make()
            except OSError as error:
                reason = f"its tls.ca {self._ca} cannot be taken: {error.strerror or error}"
                raise httpx.ConnectError(reason) from error
        return await self._made.handle_async_request(request)

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()


def always() -> bool:
    """Return that a call is due whenever it may go."""
    return True


async def nothing() -> None:
    """Do nothing before a call leaves."""


class NodeClient:
    """All calls to one node. Nodes share nothing: a silent one delays only itself."""

    def __init__(
        self, endpoint: Endpoint, password: Callable[[], str], transports: Transports
    ) -> None:
        self._endpoint = endpoint
        self._password = password
        self._url = endpoint.url.rstrip("/")
        self._pace = Pace(endpoint.per_second)
        self._counted = Statistics()
        timeout = httpx.Timeout(endpoint.call_s, connect=endpoint.connect_s)

        def lane(slots: int) -> Lane:
            clients = (
                httpx.AsyncClient(transport=transports(), timeout=timeout, trust_env=False)
                for _ in range(slots)
            )
            return Lane(tuple(clients), self._pace)

        self._work = lane(endpoint.parallel)
        self._looks = lane(LOOKS)

    async def send(
        self,
        call: RestCall,
        is_due: Callable[[], bool] = always,
        cause: int = 0,
        begun: Callable[[], Awaitable[None]] = nothing,
    ) -> RestReply:
        """Return the node's reply, after waiting for a slot and for the pace of `per_second`.

        `cause` is the position of what called for it: the latest wait least. `begun` is awaited in
        the slot, right before it leaves.

        Raises CallNotDue when it is not due once it may go, NodeUnreachable when nothing was sent,
        OutcomeUnknown when it may have arrived, and whatever `password` and `begun` raise before
        anything is sent.
        """
        return await self._send(self._work, call, is_due=is_due, cause=cause, begun=begun)

    async def look(self, call: RestCall) -> RestReply:
        """Return the reply to a call that only reads, which has slots of its own.

        So looks never wait behind a queue of creates, which may hang.
        """
        return await self._send(self._looks, call)

    def statistics(self) -> Statistics:
        """Return what became of the calls so far."""
        lanes = (self._work, self._looks)
        return evolve(
            self._counted,
            waiting=sum(lane.waiting for lane in lanes),
            running=sum(lane.running for lane in lanes),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        for client in (*self._work.clients, *self._looks.clients):
            await client.aclose()

    async def statistics_page(self) -> RestReply:
        """Return the page of counters, which stands beside the REST API; it is no JSON."""
        root = self._url.removesuffix(PREFIX)
        return await self._send(self._looks, RestCall(STATISTICS), verb="GET", root=root)

    async def _send(
        self,
        lane: Lane,
        call: RestCall,
        *,
        verb: str = "POST",
        root: str = "",
        is_due: Callable[[], bool] = always,
        cause: int = 0,
        begun: Callable[[], Awaitable[None]] = nothing,
    ) -> RestReply:
        async with lane.slot(cause) as client:
            try:
                if not is_due():
                    raise CallNotDue(call.path)
                await begun()
                reply = await self._exchange(client, call, verb, root or self._url)
            except NodeUnreachable:
                self._counted = evolve(self._counted, unreachable=self._counted.unreachable + 1)
                raise
            except OutcomeUnknown:
                self._counted = evolve(self._counted, unknown=self._counted.unknown + 1)
                raise
        self._counted = evolve(self._counted, answered=self._counted.answered + 1)
        return reply

    async def _exchange(
        self, client: httpx.AsyncClient, call: RestCall, verb: str, root: str
    ) -> RestReply:
        endpoint = self._endpoint
        body = orjson.dumps(call.body, default=_plain, option=orjson.OPT_SORT_KEYS)
        try:
            request = client.build_request(
                verb,
                root + call.path,
                content=body if verb == "POST" else None,
                headers=_HEADERS,
            )
            request.url.raw_host.decode().encode("idna")  # as the look-up of the name will do it
        except (httpx.InvalidURL, UnicodeError) as fault:  # what documents take, and httpx does not
            raise NodeUnreachable(endpoint.node, f"its url cannot be read: {fault}") from fault
        auth = httpx.BasicAuth(endpoint.username, self._password()) if endpoint.username else None
        data = bytearray()
        try:
            # httpx bounds each read; a reply that drips is bounded only by this.
            with trio.move_on_after(endpoint.call_s) as scope:
                response = await client.send(
                    request, auth=auth, stream=True, follow_redirects=False
                )
                try:
                    async for part in response.aiter_bytes():
                        data += part
                        if len(data) > endpoint.reply_max_bytes:
                            scope.cancel()  # leaves none of httpx's nested generators open
                finally:
                    await response.aclose()
        except _NO_EFFECT as fault:
            raise NodeUnreachable(endpoint.node, _reason(fault)) from fault
        except httpx.RequestError as fault:
            raise OutcomeUnknown(endpoint.node, _reason(fault)) from fault
        if len(data) > endpoint.reply_max_bytes:
            raise OutcomeUnknown(endpoint.node, "its reply is too long")
        if scope.cancelled_caught:
            raise OutcomeUnknown(endpoint.node, f"no whole reply within {endpoint.call_s:g} s")
        return RestReply(response.status_code, parse(data), data.decode(errors="replace"))


def parse(data: bytes | bytearray) -> Json | NotJson:
    """Return what a body says, if every reader of JSON would read the same."""
    try:
        body: Json = orjson.loads(data)  # refuses NaN, bad UTF-8, half surrogates, great depth
        json.loads(data, object_pairs_hook=_refuse_doubles)
    except (ValueError, RecursionError) as fault:
        return NotJson(str(fault))
    return body


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice in one object")


def _plain(value: object) -> object:
    """Return what orjson knows instead of a persistent map or another sequence."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(type(value).__name__)


def _reason(fault: BaseException) -> str:
    """Return the first words that a chain of exceptions has; the outer ones are often silent."""
    cause: BaseException | None = fault
    while cause is not None:
        if str(cause):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    return type(fault).__name__
