"""The control socket: questions about the world, and the verbs of operators.

Who asks is what the kernel says of the socket's other end. A verb is appended before it is carried
out, with its arguments sealed.
"""

import json
import os
import pwd
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import orjson
import trio
from attrs import define, evolve, field

from orchestrator.codec import Codec, Row
from orchestrator.core.entry import Fact
from orchestrator.core.event import OperatorAsked, PlanApproved
from orchestrator.core.filter import at
from orchestrator.core.http import Reply, Request, UnixPeer
from orchestrator.core.json import Json, freeze_object
from orchestrator.core.mapping import Map
from orchestrator.core.rest import RestCall
from orchestrator.daemon.calling import Calling
from orchestrator.daemon.firing import Firing
from orchestrator.daemon.intake import Intake
from orchestrator.daemon.load import Taken
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.reconcile import Reconciler
from orchestrator.errors import (
    DocumentError,
    LogError,
    LogRefused,
)
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.web import api
from orchestrator.web.calls import misuse
from orchestrator.web.hooks import error
from orchestrator.web.orders import ordered
from orchestrator.web.status import Vitals
from orchestrator.web.times import rfc3339
from orchestrator.web.why import Why


@define(eq=False)
class Operator:
    """Answers what comes in on the control socket."""

    memory: Memory
    log: Log
    vault: Vault
    codec: Codec
    intake: Intake
    firing: Firing
    reconcilers: dict[str, Reconciler]
    reload: Callable[[str, int], Awaitable[Taken]]
    version: str
    started_ms: int = field(init=False)
    _lookups: dict[int, str] = field(factory=dict)
    _waits: set[trio.CancelScope] = field(factory=set)
    _is_ending: bool = False

    def __attrs_post_init__(self) -> None:
        """Keep when this began."""
        self.started_ms = self.memory.now_ms()

    async def respond(self, request: Request) -> Reply:
        """Return the answer to one request."""
        match api.answer(request, self.view()):
            case Reply() as reply:
                return reply
            case api.ReadLog() as reading:
                return await self._read(reading)
            case Why() as why:
                return await self._trace(why)
            case api.Ask() as ask:
                try:
                    return await self._carry_out(ask, self._actor(request))
                except LogRefused as refused:
                    return error(503, str(refused))

    def view(self) -> api.View:
        """Return this moment, for answers to be made from."""
        vitals = Vitals(
            version=self.version,
            started_ms=self.started_ms,
            now_ms=self.memory.now_ms(),
            log_refusal=self.log.refusal,
            hooks=self.intake.received,
            repeated=self.intake.repeated,
            lost=sum(lost.count for lost in self.intake.lost.values()),
            keep_alives=self.intake.counted,
            refusals=self.intake.refusals.listed(),
            denied=tuple(sorted(self.intake.admission.denied.items())),
            failing=(*self.memory.failures(), *self.firing.failures()),
        )
        memory = self.memory
        return api.View(
            memory.world, memory.looks, vitals, memory.kinds, self.codec.plain, memory.judged
        )

    async def _read(self, reading: api.ReadLog) -> Reply:
        rows: list[Row] = []
        wanted = reading.wanted
        try:
            with self._waiting(reading.wait_ms / 1000):
                while True:
                    head = self.log.head.position
                    with trio.CancelScope(shield=True):
                        rows = await self.log.read(wanted, reading.limit)
                    if rows or not reading.wait_ms or head >= wanted.until:
                        break
                    wanted = evolve(wanted, after=max(head, wanted.after))
                    await self.log.wait_beyond(wanted.after)
        except LogError as damaged:
            return error(500, str(damaged))
        return api.events(evolve(row, body=orjson.loads(row.body)) for row in rows)

    def stop_waiting(self) -> None:
        """Answer those at once who wait for entries: the daemon is ending."""
        self._is_ending = True
        for scope in self._waits:
            scope.cancel()

    @contextmanager
    def _waiting(self, wait_s: float) -> Iterator[None]:
        with trio.move_on_after(0 if self._is_ending else wait_s) as scope:
            self._waits.add(scope)
            try:
                yield
            finally:
                self._waits.discard(scope)

    async def _trace(self, why: Why) -> Reply:
        try:
            while why.wanted:
                rows = await self.log.read(at(why.wanted), len(why.wanted))
                why = why.read(evolve(row, body=orjson.loads(row.body)) for row in rows)
        except LogError as damaged:
            return error(500, str(damaged))
        return api.chain(why)

    async def _carry_out(self, ask: api.Ask, actor: str) -> Reply:
        match ask.verb:
            case "reload":
                return await self._reload(ask, actor)
            case "approve":
                return await self._approve(ask, actor)
            case "accept":
                await self._asked(ask, actor, "log accept", Map())
                return _done({"accepted": True})
            case "call":
                return await self._call(ask, actor)
            case _:
                return await self._order(ask, actor)

    async def _reload(self, ask: api.Ask, actor: str) -> Reply:
        position = await self._asked(ask, actor, "reload", Map())
        try:
            taken = await self.reload(actor, position)
        except DocumentError as refused:
            faults: list[Json] = [str(fault) for fault in refused.faults]
            return Reply(422, json.dumps({"error": str(refused), "faults": faults}).encode())
        return _done(
            {
                "changed": taken.changed,
                "removed": taken.removed,
                "holds": list(taken.holds),
                "faults": [str(fault) for fault in taken.faults],
                "position": taken.position,
            }
        )

    async def _approve(self, ask: api.Ask, actor: str) -> Reply:
        hold = str(ask.arguments.get("hold", ""))
        known = self.memory.world.holds
        if hold not in known:
            names = ", ".join(sorted(known)) or "none"
            return error(404, f"{hold}: no such hold (held now: {names})")
        position = await self._asked(ask, actor, "approve", Map({"hold": hold}))
        await self.log.append([Fact(PlanApproved(hold), position, actor)])
        return _done({"approved": hold})

    async def _order(self, ask: api.Ask, actor: str) -> Reply:
        """Take an order; the loops of the nodes obey it from the next plan on."""
        memory = self.memory
        now_ms = memory.now_ms()
        order = ordered(ask.verb, ask.arguments, memory.world, memory.kinds, now_ms)
        if isinstance(order, Reply):
            return order
        position = memory.world.position
        if not ask.arguments.get("dryRun"):
            position = await self._asked(ask, actor, order.verb, order.arguments)
            await self.log.append([Fact(event, position, actor) for event in order.events])
        return _done(
            {
                "verb": order.verb,
                "resources": list(order.resources),
                "until": rfc3339(order.until_ms) if order.until_ms else None,
                "position": position,
            }
        )

    async def _call(self, ask: api.Ask, actor: str) -> Reply:
        """Send one REST method as an operator wants it, and return what the node says."""
        node, method = str(ask.arguments.get("node", "")), str(ask.arguments.get("method", ""))
        reconciler = self.reconcilers.get(node)
        if reconciler is None:
            names = ", ".join(sorted(self.reconcilers)) or "none"
            return error(404, f"{node}: no such node (managed: {names})")
        body = ask.arguments.get("body", Map())
        if not isinstance(body, dict | Map):
            return error(400, "body is no object")
        if why := misuse(method, body, self.memory.world.configuration.destinations):
            return error(400, why)
        sealed = self.vault.sealed_arguments(freeze_object(body))
        arguments: Map[str, Json] = Map({"node": node, "method": method, "body": sealed})
        position = await self._asked(ask, actor, "call", arguments)
        calling = Calling(reconciler.acting)
        return await calling.call(RestCall(method, sealed), actor, position)

    async def _asked(self, ask: api.Ask, actor: str, verb: str, arguments: Map[str, Json]) -> int:
        if ask.sudo_user:
            arguments = arguments.set("sudoUser", ask.sudo_user)
        reason = self.vault.redacted(ask.reason)
        asked = OperatorAsked(verb, arguments, reason)
        (entry,) = await self.log.append([Fact(asked, actor=actor)])
        return entry.position

    def _actor(self, request: Request) -> str:
        uid = request.peer.uid if isinstance(request.peer, UnixPeer) else os.getuid()
        if uid not in self._lookups:
            try:
                self._lookups[uid] = pwd.getpwuid(uid).pw_name
            except KeyError:
                self._lookups[uid] = str(uid)
        return f"user:{self._lookups[uid]}"


def _done(value: Json) -> Reply:
    return Reply(200, json.dumps(value, ensure_ascii=False).encode())
