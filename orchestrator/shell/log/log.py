"""The log: append durably, read, wait for a position. One writer, whatever it is kept in.

Appends that arrive while a commit syncs are gathered and go with the next one (group commit). An
append returns when its entries are on disk; before anyone hears of them, `committed` has seen them.
A commit that fails refuses its appends with `LogRefused`; the store is then opened again and
verified before the next one. What such a commit left on disk all the same becomes part of the log:
nobody was told that it is there, and nothing depends on its absence.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Protocol

import trio
from attrs import define, field

from orchestrator.codec import Codec, Draft, Row
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import TailLost
from orchestrator.core.filter import Filter
from orchestrator.errors import LogError, LogRefused
from orchestrator.shell.log.chain import Head, hash_of
from orchestrator.shell.log.store import Opened, Store

BATCH_MAX = 512  # entries in one commit: more gain nothing and make the first of them wait
MADE = 2  # entries that what is still to be made is taken for
ENTRIES_MAX = 4 * BATCH_MAX  # with what follows from them
MAKING_S = 0.5  # that a commit may spend on what is still to be made
WAITING_MAX = 20_000  # facts not on disk yet: beyond it we refuse instead of growing


class InThread(Protocol):
    """How blocking work is run: in a worker thread, or at once where nothing blocks."""

    async def __call__(self, work: Callable[[], object], /) -> object:
        """Run it and return what it returns."""


async def at_once(work: Callable[[], object], /) -> object:
    """Run work that does not block, where it stands."""
    await trio.lowlevel.checkpoint()
    return work()


async def in_thread(work: Callable[[], object], /) -> object:
    """Run blocking work in a worker thread; once begun it is not abandoned."""
    return await trio.to_thread.run_sync(work)


Make = Callable[[Sequence[Entry], int], Sequence[Fact]]
"""Makes facts on what goes to disk before them, which nobody has heard of yet, and their time."""

Follow = Callable[[Sequence[Entry], int], Sequence[Fact] | None]
"""Says what follows at once from the last entries, so many, of those that go to disk.

None: there was nothing to be thought about.
"""


def nothing(_entries: Sequence[Entry], _count: int) -> None:
    """Say that nothing follows."""


@define(eq=False)
class Append:
    """Facts of one caller on their way to disk; those that are still to be made come alone."""

    facts: tuple[Fact, ...]
    make: Make | None = None
    done: trio.Event = field(factory=trio.Event)
    entries: tuple[Entry, ...] = ()
    refused: LogRefused | None = None
    failed: Exception | None = None

    @property
    def weight(self) -> int:
        """Return how much it counts; what is still to be made counts as a little."""
        return len(self.facts) if self.make is None else MADE


@define(eq=False)
class Log:
    """See the module. `committed` gets all new entries, in order, before any waiter wakes.

    What `follow` says of the entries of an append stands right behind them, in the same commit.
    """

    store: Store
    codec: Codec
    now_ms: Callable[[], int]
    committed: Callable[[Sequence[Entry]], None]
    checkpoint: Callable[[], Draft]
    run_work: InThread = in_thread
    follow: Follow = nothing
    head: Head = field(factory=Head)
    _at_ms: int = 0
    _waiting: deque[Append] = field(factory=deque)
    _waiting_count: int = 0
    _arrived: trio.Event = field(factory=trio.Event)
    _grown: trio.Event = field(factory=trio.Event)
    _is_broken: bool = False
    _is_closing: bool = False
    refusal: str = ""

    async def open(self) -> None:
        """Take the store, verify its newest segment, and hand all of that to `committed`.

        Raises:
            LogHeld, LogDamaged, LogNewer, LogRefused, LogUnreadable: as `errors` says; no entry was
                written, and the store is given back.
        """
        with ExitStack() as undo:
            undo.callback(self.store.close)
            await self._open()
            undo.pop_all()

    async def _open(self) -> None:
        opened = await self.run_work(lambda: self.store.open(self._first_row))
        assert isinstance(opened, Opened)
        self.head = opened.head
        rows = self.store.rows_since_checkpoint()
        while entries := await self.run_work(
            lambda: [self.codec.decode(row) for row in islice(rows, BATCH_MAX)]
        ):
            assert isinstance(entries, list)
            self._at_ms = entries[-1].at_ms
            self.committed(entries)
        if opened.lost is not None:
            self.head = Head(opened.lost.position, opened.head.hash)
            lost = Append((Fact(TailLost(opened.lost.position, opened.lost.hash)),))
            await self._commit([lost])
            if lost.refused is not None:
                raise lost.refused

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Commit what is appended, until `close` was asked for and nothing waits."""
        task_status.started()
        while True:
            while not self._waiting:
                if self._is_closing:
                    return
                self._arrived = trio.Event()
                await self._arrived.wait()
            with trio.CancelScope(shield=True):  # a commit that has begun is seen through
                await self._commit(self._batch())

    def close(self) -> None:
        """Let `run` end once everything that waits is on disk."""
        self._is_closing = True
        self._arrived.set()

    async def append(self, facts: Sequence[Fact]) -> tuple[Entry, ...]:
        """Block until the facts are on disk; return them as entries.

        Raises:
            LogRefused: they are not on disk, as far as anyone may rely on it.
        """
        return await self._through(Append(tuple(facts))) if facts else ()

    async def append_made(self, make: Make) -> tuple[Entry, ...]:
        """Block until the facts that `make` returns are on disk; return them as entries.

        It is called when all that was appended before is there or in its argument, and nothing
        comes in between; it may be for nothing, where the disk then refuses.

        Raises:
            LogRefused: they are not on disk, as far as anyone may rely on it.
        """
        return await self._through(Append((), make))

    async def _through(self, append: Append) -> tuple[Entry, ...]:
        if self._is_closing or self._waiting_count + append.weight > WAITING_MAX:
            raise LogRefused("it is closing" if self._is_closing else "too much is waiting")
        self._waiting.append(append)
        self._waiting_count += append.weight
        self._arrived.set()
        await append.done.wait()
        if append.failed is not None:
            raise append.failed
        if append.refused is not None:
            raise LogRefused(append.refused.reason) from append.refused
        return append.entries

    async def wait_beyond(self, position: int) -> int:
        """Block until the head is beyond a position; return the head's position."""
        while self.head.position <= position:
            await self._grown.wait()
        return self.head.position

    async def read(self, wanted: Filter, limit: int) -> list[Row]:
        """Return up to `limit` rows, reading beside the writer."""

        def take() -> list[Row]:
            return list(islice(self.store.rows(wanted), limit))

        rows = await self.run_work(take)
        assert isinstance(rows, list)
        return rows

    def _batch(self) -> list[Append]:
        batch: list[Append] = []
        count = 0
        while self._waiting and (not batch or count + self._waiting[0].weight <= BATCH_MAX):
            append = self._waiting.popleft()
            count += append.weight
            batch.append(append)
        self._waiting_count -= count
        return batch

    async def _commit(self, batch: list[Append]) -> None:
        try:
            if self._is_broken:
                await self._recover()
            self._at_ms = max(self._at_ms, self.now_ms())
            entries = await self._made(batch)
            rows = self._rows(fact for append in batch for fact in append.facts)
            if rows:
                await self.run_work(lambda: self.store.write(rows))
        except (LogError, OSError) as error:
            self._is_broken, self.refusal = True, str(error)
            for append in batch:
                append.refused = LogRefused(_reason(error))
                append.done.set()
            return
        self.refusal = ""
        if rows:
            self._grow(rows[-1], entries)
        for append in batch:
            append.done.set()
        await self._roll_if_full()

    async def _made(self, batch: list[Append]) -> list[Entry]:
        """Return the entries of a batch, in order; what is to be made is made on those before.

        What fails in the making is its caller's, and makes nothing. Others may run in between.
        """
        entries: list[Entry] = []
        began = trio.current_time()
        for number, append in enumerate(batch):
            if append.make is not None:
                try:
                    append.facts = tuple(append.make(entries, self._at_ms))
                except Exception as failed:  # noqa: BLE001 - its caller gets it, whatever it is
                    append.failed = failed
            append.entries = self._numbered(append.facts, len(entries))
            entries += append.entries
            followed = self.follow(entries, len(append.entries))
            entries += self._numbered(followed or (), len(entries))
            append.facts = (*append.facts, *(followed or ()))
            if len(batch) > 1 and (append.make is not None or followed is not None):
                await trio.lowlevel.cancel_shielded_checkpoint()
            if trio.current_time() - began > MAKING_S or len(entries) > ENTRIES_MAX:
                self._put_back(batch, number + 1)
                break
        return entries

    def _put_back(self, batch: list[Append], first: int) -> None:
        """Leave what comes after these to the next commit: they have kept others waiting."""
        rest = batch[first:]
        del batch[first:]
        self._waiting.extendleft(reversed(rest))
        self._waiting_count += sum(append.weight for append in rest)

    def _numbered(self, facts: Sequence[Fact], before: int) -> tuple[Entry, ...]:
        """Return facts as entries that come after so many others of the same batch."""
        first = self.head.position + 1 + before
        return tuple(
            Entry(first + number, self._at_ms, fact.cause, fact.actor, fact.event)
            for number, fact in enumerate(facts)
        )

    async def _recover(self) -> None:
        rows = await self.run_work(lambda: self.store.recover(self.head))
        assert isinstance(rows, list)
        self._is_broken = False
        if rows:
            self._grow(rows[-1], [self.codec.decode(row) for row in rows])

    async def _roll_if_full(self) -> None:
        if not self.store.is_full():
            return
        row = self._row(self.checkpoint(), self.head)
        try:
            await self.run_work(lambda: self.store.roll(row))
        except (LogError, OSError) as error:
            self._is_broken, self.refusal = True, str(error)
            return
        self._grow(row, [self.codec.decode(row)])

    def _grow(self, last: Row, entries: list[Entry]) -> None:
        self.head = Head(last.position, last.hash)
        self.committed(entries)
        self._grown.set()
        self._grown = trio.Event()

    def _rows(self, facts: Iterator[Fact]) -> list[Row]:
        rows: list[Row] = []
        head = self.head
        for fact in facts:
            row = self._row(self.codec.encode(fact), head)
            rows.append(row)
            head = Head(row.position, row.hash)
        return rows

    def _first_row(self, head: Head) -> Row:
        self._at_ms = self.now_ms()
        return self._row(self.checkpoint(), head)

    def _row(self, draft: Draft, head: Head) -> Row:
        columns = (
            head.position + 1,
            self._at_ms,
            draft.node,
            draft.type,
            draft.schema,
            draft.subject,
            draft.cause,
            draft.actor,
            draft.body,
        )
        return Row(*columns, hash=hash_of(columns, head.hash))


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, LogRefused) else str(error)
