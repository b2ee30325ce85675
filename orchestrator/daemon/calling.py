"""One REST call of an operator or a rule: logged around like any other, and answered.

It acts for no declared thing; what it did is told by looks.
"""

import json

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
from orchestrator.web.calls import CALLS
from orchestrator.web.hooks import error


@define(eq=False)
class Calling:
    """What such a call needs."""

    acting: Acting

    async def call(self, call: RestCall, actor: str, cause: int) -> Reply:
        """Send it and return what the node says; one that only reads leaves no action."""
        if CALLS[call.path].is_reading:
            return (await self._sent(call, cause))[1]
        node = self.acting.node
        key, seen = Key("node", node), self.acting.memory.world.position
        started = ActionStarted(node, key, "call", call.path, Map(call.body), seen)
        (entry,) = await self.acting.log.append([Fact(started, cause, actor)])
        outcome, reply = await self._sent(call, cause)
        await self.acting.append(Fact(outcome, entry.position, actor))
        return reply

    async def _sent(self, call: RestCall, cause: int) -> tuple[Event, Reply]:
        """Return what came of it, for the log and for who asked."""
        try:
            reply = await self.acting.send(call, cause=cause)
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
