"""A lock that goes to the freshest first, and to the one that waits longest in between."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heapify, heappop, heappush
from itertools import count

import trio
from attrs import define, field


@define(eq=False)
class _Turn:
    """One that waits, until it is its turn or it has given up."""

    cause: int
    is_over: bool = False
    came: trio.Event = field(factory=trio.Event)


@define(eq=False)
class Turns:
    """A lock for callers with causes (positions in the log); the latest cause is the freshest.

    What just happened is not kept waiting by the thousand things that a restart has to rebuild, and
    these take, whatever happens meanwhile, no more than twice as long.
    """

    is_taken: bool = False
    waiting: int = 0
    _longest: deque[_Turn] = field(factory=deque)
    _freshest: list[tuple[int, int, _Turn]] = field(factory=list)
    _numbers: "count[int]" = field(factory=count)
    _has_overtaken: bool = False

    @asynccontextmanager
    async def of(self, cause: int) -> AsyncIterator[None]:
        """Hold the lock, once it is the turn of this cause."""
        if self.is_taken:
            await self._wait(cause)
        self.is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, cause: int) -> None:
        turn = _Turn(cause)
        self._longest.append(turn)
        heappush(self._freshest, (-cause, next(self._numbers), turn))
        self.waiting += 1
        try:
            await turn.came.wait()
        except trio.Cancelled:
            turn.is_over = True
            self.waiting -= 1
            raise

    def _pass_on(self) -> None:
        turn = self._next()
        self.is_taken = turn is not None
        if turn is not None:
            self.waiting -= 1
            turn.is_over = True
            turn.came.set()

    def _next(self) -> _Turn | None:
        """Return whose turn it is; both queues keep some whose turn is over, and skip them."""
        while self._longest and self._longest[0].is_over:
            self._longest.popleft()
        if not self._longest:
            self._freshest.clear()
            return None
        if len(self._freshest) > 2 * len(self._longest):  # those at the bottom may never come up
            self._freshest = [one for one in self._freshest if not one[2].is_over]
            heapify(self._freshest)
        while self._freshest[0][2].is_over:
            heappop(self._freshest)
        longest, freshest = self._longest[0], self._freshest[0][2]
        self._has_overtaken = freshest.cause > longest.cause and not self._has_overtaken
        return freshest if self._has_overtaken else longest
