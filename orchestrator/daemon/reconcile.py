"""The loop of one node: plan what is concerned, start what is due, sleep until something stirs.

Nodes share no loop, no connection and no lock. Every call is a task of its own in the node's
nursery, so that one that hangs holds only its key.
"""

from typing import Final

import structlog
import trio
from attrs import define, evolve, field

from orchestrator.core.action import (
    Action,
    Adopt,
    CallingStep,
    Create,
    Delete,
    Finish,
    Look,
    Replace,
    Step,
    StopFight,
    Update,
    name_of,
)
from orchestrator.core.event import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Adopted,
    Event,
    Fact,
    FightStopped,
    Finished,
    Parked,
)
from orchestrator.core.failure import is_parked
from orchestrator.core.json import Json
from orchestrator.core.look import Glance, LastLook, news, silence
from orchestrator.core.mapping import EMPTY
from orchestrator.core.media import after_look
from orchestrator.core.plan import is_still_due, plan
from orchestrator.core.resource import Placement
from orchestrator.core.rest import Listing, NotJson, RestCall, RestReply, complaint
from orchestrator.core.world import World
from orchestrator.daemon.looking import listed
from orchestrator.daemon.memory import Memory, NodeMemory
from orchestrator.errors import LogRefused, NodeUnreachable, OutcomeUnknown, SecretMissing
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.shell.wcs import NodeClient

REFUSED_S: Final = 1.0  # before the log is tried again
CUT_OFF_S: Final = 1.0  # for the last word of a loop that is cancelled
REPLY_MAX: Final = 4_096  # characters of a reply that are kept with an action

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Reconciler:
    """Everything that one node's loop needs."""

    node: str
    memory: Memory
    log: Log
    vault: Vault
    client: NodeClient
    is_plan_only: bool = False
    beat: float = 0.0
    _tasks: trio.Nursery | None = field(default=None)
    _eyes: trio.Lock = field(factory=trio.Lock)

    @property
    def own(self) -> NodeMemory:
        """Return what this node has to think of."""
        return self.memory.node(self.node)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the node as declared, until cancelled."""
        async with trio.open_nursery() as self._tasks:
            task_status.started()
            while True:
                self.own.stirred = trio.Event()
                next_ms = self._plan_and_start(self._tasks)
                self.beat = trio.current_time()
                wait_s = (min(next_ms, self.own.next_wake_ms()) - self.memory.now_ms()) / 1000
                with trio.move_on_after(max(0.0, min(wait_s, 3600.0))):
                    await self.own.stirred.wait()

    def _plan_and_start(self, tasks: trio.Nursery) -> int:
        """Start what the plan wants now; return when to plan again without being stirred."""
        memory, own = self.memory, self.own
        now_ms = memory.now_ms()
        concerned = own.take(memory.world, self.node, now_ms)
        planned = plan(memory.world, self.node, concerned, memory.kinds, memory.looks, now_ms)
        for held in own.note(planned.verdicts):
            if held.reason not in ("in-flight", "look-due", "not-looked"):
                journal.info(
                    "held",
                    resource=str(held.placement.key),
                    node=self.node,
                    action=held.action,
                    reason=held.reason,
                    message=held.message,
                )
        for action in planned.plan.actions:
            self._start(tasks, action)
        return max(planned.plan.next_ms, now_ms + 1)

    def _start(self, tasks: trio.Nursery, action: Action) -> None:
        match action:
            case Look(kind=kind):
                if kind not in self.own.looking:
                    self.own.looking.add(kind)
                    tasks.start_soon(self._look, action)
            case Replace() | Delete() if not self.memory.is_verified:
                pass  # the history is not proven yet; everything is planned again when it is
            case Adopt() | Finish() | StopFight() | Create() | Update() | Replace() | Delete():
                if not self.is_plan_only:
                    self.own.busy.add(action.placement)
                    tasks.start_soon(self._step, action, self.memory.world)

    async def _step(self, step: Step, world: World) -> None:
        """See one step through, from the intent in the log to the outcome in the log."""
        try:
            match step:
                case Adopt(natural=natural, id=id_):
                    adopted = Adopted(self.node, step.placement.key, natural, id_)
                    await self._append(Fact(adopted, step.cause))
                case Finish(reason=reason):
                    finished = Finished(self.node, step.placement.key, reason)
                    await self._append(Fact(finished, step.cause))
                case StopFight(reason=reason):
                    stopped = FightStopped(self.node, step.placement.key, reason)
                    await self._append(Fact(stopped, step.cause))
                case _:
                    await self._act(step, world)
        finally:
            self.own.busy.discard(step.placement)
            self.own.concerned.add(step.placement)
            self.own.stir()

    async def _act(self, step: CallingStep, world: World) -> None:
        """Act on what was decided on a world, if it would be decided again once it is written."""
        memory, key, name = self.memory, step.placement.key, name_of(step)
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
            if is_still_due(step, world, memory.world, memory.kinds, memory.looks, memory.now_ms()):
                outcome = await self._outcome(step)
            else:
                outcome = self._failed(step, "what called for it has changed", reached=False)
        except LogRefused as refused:
            journal.warning("action_refused", resource=str(key), node=self.node, error=str(refused))
            await self._unsay(step)
            return
        except trio.Cancelled:
            await self._cut_off(step)
            raise
        await self._append(Fact(outcome, entry.position))
        if self._is_parked(step.placement) and not was_parked:
            record = self.memory.world.record(step.placement)
            await self._append(
                Fact(Parked(self.node, key, record.failures, record.error), entry.position)
            )

    async def _outcome(self, step: CallingStep) -> Event:
        key, name, path = step.placement.key, name_of(step), step.call.path
        try:
            reply = await self.send(step.call)
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
        await self._append(Fact(self._failed(step, error, reached=False), step.cause))

    async def _cut_off(self, step: Step) -> None:
        """Say that nobody waits for the answer any more, or the step would be in flight for ever.

        It is queued behind the intent. Where the log does not take it in time, it is ending too,
        and the next start settles what is open.
        """
        failed = self._failed(step, "the node's loop ended before the answer came", reached=True)
        with trio.move_on_after(CUT_OFF_S, shield=True):
            try:
                await self.log.append([Fact(failed, step.cause)])
            except LogRefused as refused:
                journal.error("log_refused", node=self.node, error=str(refused))

    def _failed(self, step: Step, error: str, *, reached: bool) -> ActionFailed:
        error = self.vault.redacted(error)
        key, name = step.placement.key, name_of(step)
        path = "" if isinstance(step, Adopt | Finish | StopFight) else step.call.path
        journal.warning("action_failed", resource=str(key), node=self.node, action=name,
                        method=path, error=error)  # fmt: skip
        return ActionFailed(self.node, key, name, path, error, reached)

    async def send(self, call: RestCall) -> RestReply:
        """Send one call in clear; return its reply sealed."""
        clear = self.vault.clear(call.body)
        assert isinstance(clear, dict)
        return self.sealed(await self.client.send(RestCall(call.path, clear)))

    def sealed(self, reply: RestReply) -> RestReply:
        """Return a reply as it may be kept: its values sealed, its text redacted and cut."""
        body: Json | NotJson = reply.body
        if not isinstance(body, NotJson):
            body = self.vault.sealer.tree(body)
        return RestReply(reply.status, body, self.vault.redacted(reply.text[:REPLY_MAX]))

    async def _look(self, look: Look) -> None:
        """Look at a kind once the looks before it are over; what it shows is as old as its begin.

        Counted from before it waited, it might be too old to end anything whenever it is over.
        """
        try:
            async with self._eyes:
                await self._look_now(look)
        finally:
            self.own.looking.discard(look.kind)
            self.own.after_look(look.kind)

    async def _look_now(self, look: Look) -> None:
        scope = (self.node, look.kind)
        memory, world, now_ms = self.memory, self.memory.world, self.memory.now_ms()
        began = LastLook(position=world.position, at_ms=now_ms, tried_ms=now_ms)
        try:
            found = await listed(
                self.client, memory.kinds[look.kind], world.node(self.node), self.vault
            )
            if isinstance(found, Listing):
                last = memory.looks.get(scope, LastLook())
                still_ms = world.configuration.timing.no_media_after_ms
                media = after_look(last.media, found.progress, memory.now_ms(), still_ms)
                began = evolve(began, media=media)
                await self._understand(look, found, began)
                memory.looked(scope, began)
            else:
                await self._look_failed(scope, began, found)
        except LogRefused as refused:
            self.memory.look_failed(scope, began, str(refused))

    async def _understand(self, look: Look, found: Listing, began: LastLook) -> None:
        memory = self.memory
        glance = Glance(self.node, look.kind, found, began, memory.now_ms(), memory.looks)
        events = news(memory.world, glance, memory.kinds)
        if events:
            await self.log.append([Fact(event, look.cause) for event in events])

    async def _look_failed(self, scope: tuple[str, str], began: LastLook, error: str) -> None:
        memory = self.memory
        if not memory.looks.get(scope, LastLook()).failing_ms:
            journal.warning("look_failed", node=self.node, kind=scope[1], error=error)
        memory.look_failed(scope, began, error)
        lost = silence(memory.world, self.node, memory.kinds, memory.looks, memory.now_ms())
        if lost is not None:
            await self.log.append([Fact(lost)])

    async def _append(self, *facts: Fact) -> None:
        """Append what has happened; it cannot be unsaid, so it is tried until the log takes it."""
        while True:
            try:
                await self.log.append(facts)
            except LogRefused as refused:
                journal.error("log_refused", node=self.node, error=str(refused))
                await trio.sleep(REFUSED_S)
            else:
                return

    def _is_parked(self, placement: Placement) -> bool:
        world = self.memory.world
        retry = world.retry(world.wanted.get(placement))
        return is_parked(world.record(placement), retry)


def _kept(reply: RestReply) -> Json:
    """Return what an entry keeps of a reply."""
    return reply.text if isinstance(reply.body, NotJson) else reply.body
