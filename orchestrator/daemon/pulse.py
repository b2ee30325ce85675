"""What happens every second whatever else does: the watchdog, the clock, the status line."""

from collections.abc import Mapping
from typing import Final

import structlog
import trio
from attrs import define

from orchestrator.core.entry import Fact
from orchestrator.core.event import ClockStepped
from orchestrator.daemon.clock import Clock
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.reconcile import Reconciler
from orchestrator.errors import LogRefused
from orchestrator.shell import systemd
from orchestrator.shell.log.log import Log

TICK_S: Final = 1.0
HEAD_EVERY_S: Final = 3600.0  # a head that left the machine is what proves the log to others

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Pulse:
    """Beats as long as every node's loop turns."""

    clock: Clock
    memory: Memory
    log: Log
    reconcilers: Mapping[str, Reconciler]

    async def run(self) -> None:
        """Feed the watchdog as long as every loop turns; notice steps of the clock."""
        every_s = systemd.watchdog_s()
        named = -HEAD_EVERY_S
        while True:
            if trio.current_time() - named >= HEAD_EVERY_S:
                named = trio.current_time()
                head = self.log.head
                journal.info("log_head", position=head.position, hash=head.hash)
            for name in self.reconcilers:
                self.memory.node(name).stir()
            asked = trio.current_time()
            await trio.sleep(min(TICK_S, every_s))
            if by_ms := self.clock.step_ms():
                await self._stepped(by_ms)
            if all(loop.beat >= asked for loop in self.reconcilers.values()):
                systemd.alive()
            systemd.status(self.line())

    def line(self) -> str:
        """Return what `systemctl status` shows."""
        world = self.memory.world
        held = f", {len(world.holds)} held sets" if world.holds else ""
        return f"position {world.position}, {len(world.wanted)} resources{held}"

    async def _stepped(self, by_ms: int) -> None:
        journal.warning("clock_stepped", by_ms=by_ms)
        try:
            await self.log.append([Fact(ClockStepped(by_ms))])
        except LogRefused as refused:
            journal.error("log_refused", error=str(refused))
