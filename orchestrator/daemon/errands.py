"""Calls that rules want sent: each leaves once, after its intent is in the log.

What a kill leaves unsent leaves after the next start; what may have left is never sent again.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus

import structlog
import trio
from attrs import define, field

from orchestrator.core.entry import Fact
from orchestrator.core.errand import Errand
from orchestrator.core.event import ActionFailed
from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key
from orchestrator.core.rest import RestCall
from orchestrator.core.rule import REFERENCE
from orchestrator.daemon.acting import append_at_last
from orchestrator.daemon.calling import Calling
from orchestrator.daemon.firing import Firing
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.reconcile import Reconciler
from orchestrator.errors import CallNotDue, LogRefused, SecretMissing
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.web.calls import misuse
from orchestrator.web.firing import unsent

AGAIN_S = 1.0  # before what could not begin is tried again

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Errands:
    """Sends the calls of rules, each as a task of its own, since one may hang."""

    memory: Memory
    log: Log
    vault: Vault
    reconcilers: dict[str, Reconciler]
    firing: Firing
    _under_way: set[int] = field(factory=set)

    async def run(self) -> None:
        """Send what is to be sent, for as long as it is not cancelled.

        Each is a task of its node, so it ends with that node's loop, before its connections close.
        """
        async with trio.open_nursery() as tasks:
            while True:
                head = self.log.head.position
                waiting = [one for one in self.memory.world.errands if one not in self._under_way]
                for position in sorted(filter(self._may_leave, waiting)):
                    reconciler = self.reconcilers.get(self.memory.world.errands[position].node)
                    nursery = reconciler.tasks if reconciler is not None else tasks
                    if nursery is not None:  # else its loop begins in a moment
                        self._under_way.add(position)
                        nursery.start_soon(self._send, position, reconciler)
                with trio.move_on_after(AGAIN_S if waiting else float("inf")):
                    await self.log.wait_beyond(head)

    def _may_leave(self, position: int) -> bool:
        """Return whether calls are sent: not while we only plan, or while the history is unsure."""
        world = self.memory.world
        reconciler = self.reconcilers.get(world.errands[position].node)
        is_plan_only = reconciler is not None and reconciler.is_plan_only
        return self.memory.is_verified and not world.tail_lost and not is_plan_only

    async def _send(self, position: int, reconciler: Reconciler | None) -> None:
        """Send one; where the log takes no intent, it is tried again.

        An intent that was refused may stand in the log all the same: then it is said that the call
        never left.
        """
        errand = self.memory.world.errands[position]
        try:
            await self._send_now(position, errand, reconciler)
        except LogRefused as refused:
            journal.error("log_refused", error=str(refused))
            await trio.sleep(AGAIN_S)
            if position not in self.memory.world.errands:
                await self._give_up(position, errand, "the log refused its intent")
        finally:
            self._under_way.discard(position)

    async def _send_now(self, position: int, errand: Errand, reconciler: Reconciler | None) -> None:
        world = self.memory.world
        shown = RestCall(errand.method, errand.body)
        why = unsent(world, errand.node)
        if reconciler is None or why:
            await self._give_up(position, errand, why or f"{errand.node} is not managed any more")
            return
        try:
            clear = RestCall(errand.method, resolved(errand.body, self.vault))
        except SecretMissing as missing:
            await self._give_up(position, errand, str(missing))
            return
        if why := misuse(clear.path, clear.body, world.configuration.destinations):
            await self._give_up(position, errand, why)
            return
        calling = Calling(reconciler.acting)

        def is_due() -> bool:
            return not reconciler.is_plan_only and position in self.memory.world.errands

        with suppress(CallNotDue):  # it is ending: the call leaves after the next start
            reply = await calling.call(shown, f"rule:{errand.rule}", position, clear, is_due)
            if reply.status != HTTPStatus.OK:
                said = str(json.loads(reply.body)["error"])
                self.firing.stumbled(errand.rule, f"node/{errand.node} at {position}", said)

    async def _give_up(self, position: int, errand: Errand, why: str) -> None:
        node, key = errand.node, Key("node", errand.node)
        why = self.vault.redacted(why)
        self.firing.stumbled(errand.rule, f"node/{node} at {position}", why)
        failed = ActionFailed(node, key, "call", errand.method, why, reached=False)
        await append_at_last(self.log, [Fact(failed, position, f"rule:{errand.rule}")])


def resolved(body: JsonObject, vault: Vault) -> Map[str, Json]:
    """Return the body of a call with its references to secrets replaced.

    Raises:
        SecretMissing: one of them cannot be read.
    """
    kept = {name: _resolved(body[name], vault) for name in body}
    return Map(kept)


def _resolved(value: Json, vault: Vault) -> Json:
    match value:
        case str() if f"${{{REFERENCE}" in value:
            return vault.resolved(value)
        case Mapping():
            return resolved(value, vault)
        case Sequence() if not isinstance(value, str):
            return tuple(_resolved(member, vault) for member in value)
        case _:
            return value
