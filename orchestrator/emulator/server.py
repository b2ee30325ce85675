"""One Web Call Server: its front door, its clients, its power switch.

Composes the parts; each of them is told of no other than those it needs.
"""

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
import trio
from attrs import evolve

from orchestrator.emulator import statistics
from orchestrator.emulator.clients import Client
from orchestrator.emulator.hooks import Hooks
from orchestrator.emulator.http import Answer, Post, html_answer
from orchestrator.emulator.identity import node_id
from orchestrator.emulator.journal import By, Journal, Kind
from orchestrator.emulator.media import media_of
from orchestrator.emulator.network import Network
from orchestrator.emulator.node import Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.options import NodeOptions
from orchestrator.emulator.rest import PREFIX, Rest, refused_credentials
from orchestrator.emulator.things import Provider, Transponder

ORIGINS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
}


class WebCallServer:
    """One node. `run` must run in a nursery before anything happens on it."""

    def __init__(
        self,
        options: NodeOptions,
        *,
        random: Random,
        post: Post,
        journal: Journal,
        epoch_s: float = 0.0,
    ) -> None:
        self.options = options
        self.node = Node(
            name=options.name,
            address=options.address,
            random=random,
            journal=journal,
            epoch_s=epoch_s,
            settings=options.settings,
            faults=options.faults,
        )
        self.objects = Objects(self.node)
        applications = {one.key: one for one in options.applications}
        self.media = media_of(
            self.node, self.objects, Hooks(self.node, Network(self.node, post), applications)
        )
        self.rest = Rest(self.media)
        self.clients: dict[str, Client] = {}

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Host the node until cancelled; ready when the first publishers are on their way."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.node.run)
            self.node.note(Kind.NODE, "started")
            self.node.send_off(self.media.keep_alive)
            for name in self.options.publishers:
                self.keep(name)
            for number in range(1, self.options.come_and_go + 1):
                name = f"guest-{number}"
                client = self.clients[name] = Client(self.media)
                self.node.send_off(partial(client.come_and_go, name))
            task_status.started()

    async def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer one request to the node's HTTP port, `path` with its query.

        Blocks while the node hangs. Raises Refused when nobody listens, Broken when the connection
        ends without an answer.
        """
        await self.node.enter()
        path, _, query = path.partition("?")
        with self.node.lifetime():
            if path.startswith(PREFIX + "/"):
                answer = await self.rest.answer(method, path.removeprefix(PREFIX), body, headers)
            else:
                answer = self._page(path, dict(parse_qsl(query)), headers)
        return evolve(answer, headers={**answer.headers, **self._extra_headers()})

    def _extra_headers(self) -> dict[str, str]:
        """Return the headers that every answer of this build carries."""
        settings = self.node.settings
        extra = {"Server": settings.server_header} if settings.server_header else {}
        return extra | (ORIGINS if settings.allows_origins else {})

    def _page(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        if path != "/" or query.get("action") != "stat":
            return html_answer(404, f"{path} not found")
        if self.node.settings.guards_statistics and not self.rest.knows(headers):
            return refused_credentials()
        return statistics.page(self.media, query)

    async def foreign(self, path: str, fields: Mapping[str, Any]) -> Answer:
        """Call a REST method behind everyone's back: `/push/startup` and the like, no faults."""
        return await self.rest.answer("POST", path, orjson.dumps(dict(fields)), {}, By.FOREIGN)

    def client(self, name: str, provider: Provider = Provider.WEBRTC, **more: Any) -> Client:
        """Return a new client, known by that name from now on."""
        client = self.clients[name] = Client(self.media, provider, **more)
        return client

    def keep(self, name: str, provider: Provider = Provider.WEBRTC, **more: Any) -> Client:
        """Return a new client that publishes under its name and comes back after each loss."""
        client = self.client(name, provider, **more)
        self.node.send_off(partial(client.stay, name))
        return client

    def transponder(self, name_or_id: str) -> Transponder | None:
        """Return the first transponder of that id, or of that name, asked for or listed."""
        for one in self.objects.transponders.values():
            if name_or_id in {one.media_session_id, one.source, one.stream_name}:
                return one
        return None

    def restart(self, down_s: float = 0.0) -> None:
        """Lose everything, silently, and listen again after a while with nothing but new ids."""
        self.stop()
        if down_s <= 0:
            self.start()
            return

        async def wait_and_start() -> None:
            await trio.sleep(down_s)
            self.start()

        self.node.send_off(wait_and_start)

    def stop(self) -> None:
        """Go down: connections are refused, everything is gone, no hook tells of it."""
        self.node.note(Kind.NODE, "stopped")
        self.node.listens = self.node.hangs = False
        self.node.end_life()
        self.objects.all_went()
        self.node.alter()

    def start(self) -> None:
        """Come up empty, after a stop."""
        if self.node.settings.renews_node_id:
            self.node.id = node_id(self.node.random, self.node.address)
        self.node.listens = True
        self.node.note(Kind.NODE, "started")
        self.node.alter()

    def hang(self, *, on: bool = True) -> None:
        """Accept and never answer, until told otherwise; what exists goes on existing."""
        self.node.hangs = on
        self.node.note(Kind.NODE, "hangs" if on else "answers")
        self.node.alter()
