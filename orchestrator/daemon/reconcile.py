"""The loop of one node: plan what is concerned, start what is due, sleep until something stirs.

Nodes share no loop, no connection and no lock. Every call is a task of its own in the node's
nursery, so that one that hangs holds only its key.
"""

import structlog
import trio
from attrs import define, evolve, field

from orchestrator.core.action import (
    Action,
    Adopt,
    Create,
    Delete,
    Finish,
    Look,
    Replace,
    Step,
    StopFight,
    Update,
)
from orchestrator.core.entry import Fact
from orchestrator.core.look import NEVER_LOOKED, Glance, LastLook, news, silence
from orchestrator.core.media import after_look
from orchestrator.core.plan import plan
from orchestrator.core.rest import Listing
from orchestrator.core.world import World
from orchestrator.daemon.acting import Acting
from orchestrator.daemon.looking import listed
from orchestrator.daemon.memory import Memory, NodeMemory
from orchestrator.errors import LogRefused
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.shell.wcs import NodeClient

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
    acting: Acting = field(init=False)
    tasks: trio.Nursery | None = field(default=None, init=False)
    _looks: trio.Lock = field(factory=trio.Lock)
    _failing_looks: trio.Lock = field(factory=trio.Lock)

    def __attrs_post_init__(self) -> None:
        self.acting = Acting(self.node, self.memory, self.log, self.vault, self.client)

    @property
    def own(self) -> NodeMemory:
        """Return what this node has to think of."""
        return self.memory.node(self.node)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the node as declared, until cancelled."""
        async with trio.open_nursery() as self.tasks:
            task_status.started()
            while True:
                self.own.stirred = trio.Event()
                next_ms = self._plan_and_start(self.tasks)
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
        """Take a step; its placement is planned anew once the outcome is in the log."""
        try:
            await self.acting.see_through(step, world)
        finally:
            self.own.busy.discard(step.placement)
            self.own.concerned.add(step.placement)
            self.own.stir()

    async def _look(self, look: Look) -> None:
        """Look at a kind once the looks before it are over; what it shows is as old as its begin.

        Counted from before it waited, it might be too old to end anything whenever it is over.
        Looks that failed the last time wait for each other alone: a list that hangs for as long as
        a call may take holds up no list that is read.
        """
        last = self.memory.looks.get((self.node, look.kind), NEVER_LOOKED)
        try:
            async with self._failing_looks if last.failing_ms else self._looks:
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
                last = memory.looks.get(scope, NEVER_LOOKED)
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
        if not memory.looks.get(scope, NEVER_LOOKED).failing_ms:
            journal.warning("look_failed", node=self.node, kind=scope[1], error=error)
        memory.look_failed(scope, began, error)
        lost = silence(memory.world, self.node, memory.kinds, memory.looks, memory.now_ms())
        if lost is not None:
            await self.log.append([Fact(lost)])
