"""What everything on a node lives in: its clock, its chance, its journal, its tasks, its power.

Time is the clock of trio and nothing else, so that a mock clock can drive it; `epoch_s` is what to
add for seconds since 1970. What belongs to one life of the node ends with it; what is on its way
through the network does not.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any

import trio
from attrs import define, field, frozen

from orchestrator.emulator.faults import Faults
from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.identity import node_id
from orchestrator.emulator.journal import By, Entry, Journal, Kind
from orchestrator.emulator.settings import Settings

Task = Callable[[], Awaitable[None]]


@frozen
class Cause:
    """Who makes something happen, and by which call, if by one."""

    by: By
    call: int = 0


CLIENT = Cause(By.CLIENT)
SELF = Cause(By.SELF)
FOREIGN = Cause(By.FOREIGN)


@define(eq=False)
class Node:
    """One node: everything but what it does. `turned` is done each time switches are turned."""

    name: str
    address: str
    random: Random
    journal: Journal
    epoch_s: float
    settings: Settings
    faults: Faults
    id: str = field(init=False)
    listens: bool = True
    hangs: bool = False
    lives: int = 1
    changed: trio.Event = field(factory=trio.Event)
    turned: list[Callable[[], None]] = field(factory=list)
    _nursery: trio.Nursery | None = None
    _life: dict[trio.CancelScope, None] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Draw the id that the node keeps over its restarts."""
        self.id = node_id(self.random, self.address)

    @property
    def now_s(self) -> float:
        """Return seconds since 1970 on this node's clock."""
        return trio.current_time() + self.epoch_s

    @property
    def now_ms(self) -> int:
        """Return milliseconds since 1970 on this node's clock."""
        return round(self.now_s * 1000)

    def note(
        self,
        kind: Kind,
        what: str,
        cause: Cause = SELF,
        *,
        object: str = "",  # noqa: A002 - the word of the journal
        status: int = 0,
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Write one entry to the journal; return its number."""
        number = self.journal.next_number
        call = cause.call
        entry = Entry(
            number, self.now_s, self.name, kind, what, cause.by, object, status, call, detail or {}
        )
        self.journal.add(entry)
        return number

    async def enter(self) -> None:
        """Block while the node hangs.

        Raises Refused when nobody listens, Broken when the node goes down while it hangs.
        """
        if not self.listens:
            raise Refused(f"node {self.name} does not listen")
        life = self.lives
        while self.hangs:
            await self.changed.wait()
        if self.lives != life:
            raise Broken(f"node {self.name} went down")

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Host the node's tasks until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self._nursery = None

    @contextmanager
    def lifetime(self) -> Iterator[None]:
        """Raise Broken when the life of the node ends before the block does."""
        with trio.CancelScope() as scope:
            self._life[scope] = None
            try:
                yield
            finally:
                self._life.pop(scope, None)
        if scope.cancelled_caught:
            raise Broken(f"node {self.name} went down")

    def spawn(self, task: Task) -> None:
        """Start a task that ends with this life of the node at the latest."""
        # In the set before its first step, so that a restart in between ends it too.
        scope = trio.CancelScope()
        self._life[scope] = None

        async def live() -> None:
            try:
                with scope:
                    await task()
            finally:
                self._life.pop(scope, None)

        self.send_off(live)

    def send_off(self, task: Task) -> None:
        """Start a task that outlives restarts: something on the wire, or a client."""
        if self._nursery is None:
            message = f"node {self.name} is not running: start `run` in a nursery first"
            raise RuntimeError(message)
        self._nursery.start_soon(task)

    def later(self, delay_s: float, act: Callable[[], object]) -> None:
        """Do something after a while, if the node still lives the same life then."""

        async def wait_and_act() -> None:
            await trio.sleep(delay_s)
            act()

        self.spawn(wait_and_act)

    def end_life(self) -> None:
        """End every task of this life."""
        self.lives += 1
        for scope in tuple(self._life):
            scope.cancel()
        self._life.clear()

    def turn(self, switches: Settings | Faults) -> None:
        """Behave by other switches from now on."""
        match switches:
            case Settings():
                self.settings = switches
            case Faults():
                self.faults = switches
        for act in self.turned:
            act()
        self.alter()

    def alter(self) -> None:
        """Tell those who wait for `changed` that power or switches have changed."""
        self.changed.set()
        self.changed = trio.Event()
