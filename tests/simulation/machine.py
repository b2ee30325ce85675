"""The machine that the daemon runs on: its disk, its power, and who starts it again.

Power fails at any point: at a time, before or after a write to the disk, or as something happens on
a node. What the disk did is noted beside the emulator's journal, by the number of its last entry.
"""

from collections import Counter

import trio
from attrs import define, field

from orchestrator.emulator.journal import Journal
from orchestrator.errors import LogError
from orchestrator.shell.log.memory import Disk

OFF = "the machine is off"


@define(eq=False)
class Trap:
    """Switches the power off after so many writes or entries; 0: it is not set."""

    where: str = ""
    countdown: int = 0

    def strikes(self, where):
        if self.where != where:
            return False
        self.countdown -= 1
        if self.countdown > 0:
            return False
        self.where = ""
        return True


@define(eq=False)
class NotedDisk(Disk):
    """A disk that notes what it did; `marks` are (entries in the journal by then, position)."""

    machine: "Machine" = field(default=None)
    marks: list = field(factory=list)

    def keep(self, rows, *, in_new_segment=False):
        machine = self.machine
        if machine.trap.strikes("before write"):
            machine.cut("before write")
        if self.refuses:
            machine.fired["disk refuses"] += self.refuses != OFF
        elif self.denies:
            machine.fired["disk denies"] += 1
        try:
            super().keep(rows, in_new_segment=in_new_segment)
        finally:
            if self.anchor.position == rows[-1].position:
                self.marks.append((machine.journal.written, rows[-1].position))
        if machine.trap.strikes("after write"):
            machine.cut("after write")


@define(eq=False)
class TrappedJournal(Journal):
    """A journal that can switch the power off as something happens on a node."""

    machine: "Machine" = field(default=None)

    def add(self, entry):
        super().add(entry)
        if entry.kind in ("rest", "effect", "answer") and entry.by == "rest":
            if self.machine.trap.strikes("at call"):
                self.machine.cut("at call")
        elif entry.kind == "hook" and self.machine.trap.strikes("at hook"):
            self.machine.cut("at hook")


@define(eq=False)
class Machine:
    """Disk, power and the supervisor of one daemon."""

    stage: object = None
    disk: NotedDisk = field(init=False)
    journal: TrappedJournal = field(init=False)
    trap: Trap = field(factory=Trap)
    fired: Counter = field(factory=Counter)
    down_s: float = 1.0
    was: str = ""
    has_power: bool = True

    def __attrs_post_init__(self):
        self.disk = NotedDisk(machine=self)
        self.journal = TrappedJournal(machine=self)

    def cut(self, how):
        """Switch the power off: nothing is written from now on, and nobody is answered."""
        if not self.has_power:
            return
        self.has_power = False
        self.fired[f"kill {how}"] += 1
        self.was, self.disk.refuses = self.disk.refuses, OFF
        self.stage.intake = None
        if self.stage.scope is not None:  # None: the first daemon has not begun yet
            self.stage.scope.cancel()

    def mend(self):
        """Let the disk be as good as new."""
        self.was = self.disk.denies = ""
        if self.has_power:
            self.disk.refuses = ""

    async def supervise(self):
        """Start the daemon, and again whenever it has ended, as systemd does."""
        while True:
            if not self.has_power:
                self.has_power, self.disk.refuses = True, self.was
            if await self._is_started():
                await self.stage.ended.wait()
                await trio.sleep(self.down_s)
            else:
                await trio.sleep(1)

    async def _is_started(self):
        try:
            try:
                await self.stage.start()
                is_started = True
            except* LogError:
                self.fired["start refused"] += 1
                is_started = False
        except RuntimeError:  # trio's word for a child that ended before it had started
            if self.has_power:
                raise
            is_started = False
        return is_started
