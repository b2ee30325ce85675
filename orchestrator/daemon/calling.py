"""One REST call of an operator or a rule: logged around like any other, and answered.

It acts for no declared thing; what it did is told by looks.
"""

import json
from collections.abc import Awaitable, Callable

import trio
from attrs import define

from orchestrator.core.entry import Fact
from orchestrator.core.event import ActionFailed, ActionFinished, ActionStarted, Event
from orchestrator.core.http import Reply
from orchestrator.core.json import thaw
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key
from orchestrator.core.rest import NotJson, RestCall, RestReply, complaint
from orchestrator.daemon.acting import Acting
from orchestrator.errors import NodeUnreachable, OutcomeUnknown, SecretMissing
from orchestrator.shell.wcs import always, nothing
from orchestrator.web.calls import CALLS
from orchestrator.web.hooks import error


@define(eq=False)
class Calling:
    """What such a call needs."""

    acting: Acting

    async def call(
        self,
        call: RestCall,
        actor: str,
        cause: int,
        clear: RestCall | None = None,
        is_due: Callable[[], bool] = always,
    ) -> Reply:
        """Send it and return what the node says; one that only reads leaves no action.

        Its intent is written once it may leave, so one that still waits is not taken for sent.
        `clear` is what is sent where the log has references to secrets.

        Raises:
            CallNotDue: it was not due any more once it might leave; nothing is in the log of it.
            LogRefused: its intent is not in the log, as far as anyone may rely on it.
        """
        acting, node = self.acting, self.acting.node
        if CALLS[call.path].is_reading:
            return (await self._sent(call, cause, is_due, nothing))[1]
        position = 0

        async def begun() -> None:
            nonlocal position
            key, seen = Key("node", node), acting.memory.world.position
            body = Map(call.body)
            started = ActionStarted(node, key, "call", call.path, body, seen)
            (entry,) = await acting.log.append([Fact(started, cause, actor)])
            position = entry.position

        acting.memory.node(node).calling += 1
        try:
            outcome, reply = await self._sent(clear or call, cause, is_due, begun)
        except trio.Cancelled:
            if position:
                error = "the node's loop ended before the answer came"
                failed = ActionFailed(node, Key("node", node), "call", call.path, error, True)
                await acting.say_last(Fact(failed, position, actor))
            raise
        finally:
            acting.memory.node(node).calling -= 1
        await acting.append(Fact(outcome, position or cause, actor))
        return reply

    async def _sent(
        self,
        call: RestCall,
        cause: int,
        is_due: Callable[[], bool],
        begun: Callable[[], Awaitable[None]],
    ) -> tuple[Event, Reply]:
        """Return what came of it, for the log and for who asked."""
        try:
            reply = await self.acting.send(call, is_due, cause, begun)
        except (NodeUnreachable, SecretMissing) as failed:
            return self._failed(call, 502, str(failed))
        except OutcomeUnknown as failed:
            return self._failed(call, 504, str(failed))
        said = "" if reply.accepted else _refusal(call, reply)
        node = self.acting.node
        outcome = ActionFinished(
            node, Key("node", node), "call", call.path, reply.status, error=said
        )
        if said:
            body = {"error": said, "status": reply.status}
            return outcome, Reply(409, json.dumps(body).encode())
        shown = reply.text if isinstance(reply.body, NotJson) else thaw(reply.body)
        answer = {"status": reply.status, "reply": shown}
        return outcome, Reply(200, json.dumps(answer, ensure_ascii=False).encode())

    def _failed(self, call: RestCall, status: int, said: str) -> tuple[Event, Reply]:
        said, node = self.acting.vault.redacted(said), self.acting.node
        reached = status == 504  # the gateway timed out: nobody knows what became of it
        outcome = ActionFailed(node, Key("node", node), "call", call.path, said, reached)
        return outcome, error(status, said)


def _refusal(call: RestCall, reply: RestReply) -> str:
    """Return what the node said, and what its status means of this method."""
    said = f"{call.path} answered {reply.status}: {complaint(reply)}".rstrip(": ")
    meaning = CALLS[call.path].errors.get(reply.status)
    return f"{said} ({meaning})" if meaning else said
