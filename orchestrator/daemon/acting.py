"""Seeing one step through: from the intent in the log to the outcome in the log."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
import trio
from attrs import define

from orchestrator.core.action import (
    Adopt,
    CallingStep,
    Create,
    Finish,
    Step,
    StopFight,
    Update,
    name_of,
)
from orchestrator.core.entry import Fact
from orchestrator.core.event import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Adopted,
    Event,
    FightStopped,
    Finished,
    Parked,
)
from orchestrator.core.failure import is_parked
from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY
from orchestrator.core.plan import is_still_due
from orchestrator.core.resource import Placement
from orchestrator.core.rest import NotJson, RestCall, RestReply, complaint
from orchestrator.core.world import World
from orchestrator.daemon.memory import Memory
from orchestrator.errors import (
    CallNotDue,
    LogRefused,
    NodeUnreachable,
    OutcomeUnknown,
    SecretMissing,
)
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.shell.wcs import NodeClient, always, nothing

REFUSED_S: Final = 1.0  # before the log is tried again
CUT_OFF_S: Final = 1.0  # for the last word of a loop that is cancelled
REPLY_MAX: Final = 4_096  # characters of a reply that are kept with an action

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Acting:
    """What a step on one node needs."""

    node: str
    memory: Memory
    log: Log
    vault: Vault
    client: NodeClient

    async def see_through(self, step: Step, world: World) -> None:
        """Take a step that was decided on a world; return once its outcome is in the log."""
        match step:
            case Adopt(natural=natural, id=id_):
                adopted = Adopted(self.node, step.placement.key, natural, id_)
                await self.append(Fact(adopted, step.cause))
            case Finish(reason=reason):
                finished = Finished(self.node, step.placement.key, reason)
                await self.append(Fact(finished, step.cause))
            case StopFight(reason=reason):
                stopped = FightStopped(self.node, step.placement.key, reason)
                await self.append(Fact(stopped, step.cause))
            case _:
                await self._act(step, world)

    async def _act(self, step: CallingStep, world: World) -> None:
        """Act on what was decided on a world, if it would be decided again once it may leave."""
        key, name = step.placement.key, name_of(step)
        natural = "" if isinstance(step, Create) else step.natural
        media = "" if isinstance(step, Create) else step.id
        sent = step.sent if isinstance(step, Create | Update) else EMPTY
        body = self.vault.sealer.object(step.call.body)
        started = ActionStarted(
            self.node, key, name, step.call.path, body, world.position, natural, media, sent
        )
        try:
            (entry,) = await self.log.append([Fact(started, step.cause)])
            was_parked = self._is_parked(step.placement)
            outcome = await self._outcome(step, world)
        except LogRefused as refused:
            journal.warning("action_refused", resource=str(key), node=self.node, error=str(refused))
            await self._unsay(step)
            return
        except trio.Cancelled:
            await self._cut_off(step)
            raise
        await self.append(Fact(outcome, entry.position))
        if self._is_parked(step.placement) and not was_parked:
            record = self.memory.world.record(step.placement)
            await self.append(
                Fact(Parked(self.node, key, record.failures, record.error), entry.position)
            )

    async def _outcome(self, step: CallingStep, world: World) -> Event:
        memory, key, name, path = self.memory, step.placement.key, name_of(step), step.call.path

        def is_due() -> bool:
            now_ms = memory.now_ms()
            return is_still_due(step, world, memory.world, memory.kinds, memory.looks, now_ms)

        try:
            reply = await self.send(step.call, is_due, step.cause)
        except CallNotDue as error:
            journal.info("action_withdrawn", resource=str(key), node=self.node, action=name,
                         method=path)  # fmt: skip
            return ActionFailed(
                self.node, key, name, path, str(error), reached=False, withdrawn=True
            )
        except (NodeUnreachable, SecretMissing) as error:
            return self._failed(step, str(error), reached=False)
        except OutcomeUnknown as error:
            return self._failed(step, str(error), reached=True)
        made = ""
        if isinstance(step, Create):
            made = self.memory.kinds[key.kind].declarable.made(reply)
        error_text = "" if reply.accepted else f"{path} answered {reply.status}: {complaint(reply)}"
        journal.info("action_finished", resource=str(key), node=self.node, action=name,
                     method=path, status=reply.status, error=error_text)  # fmt: skip
        return ActionFinished(
            self.node, key, name, path, reply.status, _kept(reply), made, error_text.rstrip(": ")
        )

    async def _unsay(self, step: Step) -> None:
        """Say that a call never left, since the log refused its intent.

        A refused intent may stand in the log all the same, and would be in flight for ever.
        """
        await trio.sleep(REFUSED_S)
        error = "the log refused its intent"
        await self.append(Fact(self._failed(step, error, reached=False), step.cause))

    async def _cut_off(self, step: Step) -> None:
        """Say that nobody waits for the answer any more, or the step would be in flight for ever.

        It is queued behind the intent. Where the log does not take it in time, it is ending too,
        and the next start settles what is open.
        """
        failed = self._failed(step, "the node's loop ended before the answer came", reached=True)
        await self.say_last(Fact(failed, step.cause))

    async def say_last(self, fact: Fact) -> None:
        """Append the last word of what is cancelled, if the log takes it in time."""
        with trio.move_on_after(CUT_OFF_S, shield=True):
            try:
                await self.log.append([fact])
            except LogRefused as refused:
                journal.error("log_refused", node=self.node, error=str(refused))

    def _failed(self, step: Step, error: str, *, reached: bool) -> ActionFailed:
        error = self.vault.redacted(error)
        key, name = step.placement.key, name_of(step)
        path = "" if isinstance(step, Adopt | Finish | StopFight) else step.call.path
        journal.warning("action_failed", resource=str(key), node=self.node, action=name,
                        method=path, error=error)  # fmt: skip
        return ActionFailed(self.node, key, name, path, error, reached)

    async def send(
        self,
        call: RestCall,
        is_due: Callable[[], bool] = always,
        cause: int = 0,
        begun: Callable[[], Awaitable[None]] = nothing,
    ) -> RestReply:
        """Send one call in clear, if it is due once it may leave; return its reply sealed."""
        clear = self.vault.clear(call.body)
        assert isinstance(clear, dict)
        sent = RestCall(call.path, clear)
        return self.sealed(await self.client.send(sent, is_due, cause, begun))

    def sealed(self, reply: RestReply) -> RestReply:
        """Return a reply as it may be kept: its values sealed, its text redacted and cut."""
        body: Json | NotJson = reply.body
        if not isinstance(body, NotJson):
            body = self.vault.sealer.tree(body)
        return RestReply(reply.status, body, self.vault.redacted(reply.text[:REPLY_MAX]))

    async def append(self, *facts: Fact) -> None:
        """Append what has happened, whenever the log takes it."""
        await append_at_last(self.log, facts)

    def _is_parked(self, placement: Placement) -> bool:
        world = self.memory.world
        retry = world.retry(world.wanted.get(placement))
        return is_parked(world.record(placement), retry)


def _kept(reply: RestReply) -> Json:
    """Return what an entry keeps of a reply."""
    return reply.text if isinstance(reply.body, NotJson) else reply.body


async def append_at_last(log: Log, facts: Sequence[Fact]) -> None:
    """Append what has happened; it cannot be unsaid, so it is tried until the log takes it."""
    while True:
        try:
            await log.append(facts)
        except LogRefused as refused:
            journal.error("log_refused", error=str(refused))
            await trio.sleep(REFUSED_S)
        else:
            return
