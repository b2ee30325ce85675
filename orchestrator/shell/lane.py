"""When a call to a node may leave: slots for calls at a time, and the pace of their starts."""

import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import trio
from attrs import define, field

from orchestrator.shell.turns import Turns


class Pace:
    """At most so many starts in any second. Turns are given in the order of asking."""

    def __init__(self, per_second: int) -> None:
        self._starts = deque([-math.inf] * per_second, maxlen=per_second)

    async def wait_turn(self) -> None:
        """Block until it is this caller's turn."""
        start = max(trio.current_time(), self._starts[0] + 1.0)
        self._starts.append(start)
        await trio.sleep_until(start)


@define(eq=False)
class Lane:
    """Slots, each a client of httpx, which only one call at a time uses.

    One that is shared slows down with the calls in flight, and under trio its pool loses a
    connection with each cancelled call unless fewer calls reach it than it has room for. Only one
    call at a time is ahead of the others, and waits for a slot and for the pace.
    """

    clients: tuple[httpx.AsyncClient, ...]
    pace: Pace
    running: int = 0
    _turns: Turns = field(factory=Turns)
    _free: list[httpx.AsyncClient] = field(init=False)
    _freed: trio.Event = field(factory=trio.Event)

    def __attrs_post_init__(self) -> None:
        self._free = list(self.clients)

    @property
    def waiting(self) -> int:
        """Return how many calls have not left yet."""
        return self._turns.waiting + self._turns.is_taken

    @asynccontextmanager
    async def slot(self, cause: int) -> AsyncIterator[httpx.AsyncClient]:
        """Hold a slot from when a call may leave."""
        async with self._turns.of(cause):
            while not self._free:
                self._freed = trio.Event()
                await self._freed.wait()
            await self.pace.wait_turn()
            client = self._free.pop()
        self.running += 1
        try:
            yield client
        finally:
            self.running -= 1
            self._free.append(client)
            self._freed.set()
