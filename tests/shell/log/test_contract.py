"""What every log promises, whatever it is kept in."""

import pytest
import trio
import trio.testing
from attrs import astuple, evolve
from desk import (
    CODEC,
    PLACES,
    check_chain,
    desk_at,
    fact,
    facts,
    running,
    world_at,
)
from tamper import tampered

from orchestrator.codec import Row
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import Checkpoint, NodeFound
from orchestrator.core.filter import Filter
from orchestrator.core.world import World
from orchestrator.errors import LogHeld, LogNewer, LogRefused
from orchestrator.shell.log.chain import chained
from orchestrator.shell.log.log import BATCH_MAX, WAITING_MAX


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    """Give a place for a log, empty."""
    return PLACES[request.param](tmp_path)


@pytest.fixture
async def desk(place):
    """Give a running log in an empty place."""
    async with running(place) as desk:
        yield desk


def texts(entries):
    return [entry.event.message for entry in entries if hasattr(entry.event, "message")]


def everything(place):
    """Return all rows of a log that is at rest: a roll comes after the answer to its append."""
    return list(place.store().rows(Filter()))


async def refused(desk, *some):
    with pytest.raises(LogRefused):
        await desk.log.append([*some])


async def test_the_first_entry_is_a_checkpoint_of_nothing(desk):
    now_ms = desk.now_ms()
    assert desk.entries == [Entry(1, now_ms, 0, "orchestrator", Checkpoint(World()))]
    assert desk.log.head.position == 1


async def test_an_append_returns_its_entries_in_order(desk):
    some = [fact("a"), Fact(NodeFound("wcs1"), cause=1, actor="user:anna")]
    now_ms = desk.now_ms()
    assert await desk.log.append(some) == (
        Entry(2, now_ms, 0, "orchestrator", some[0].event),
        Entry(3, now_ms, 1, "user:anna", some[1].event),
    )


async def test_what_was_returned_is_on_disk(place, desk):
    entries = await desk.log.append(facts(5))
    rows = list(place.store().rows(Filter(after=1)))
    assert tuple(CODEC.decode(row) for row in rows) == entries


async def test_positions_begin_at_1_and_have_no_gap(place):
    async with running(place, segment_max=3) as desk:
        for one in facts(20):
            await desk.log.append([one])
    rows = everything(place)
    assert [row.position for row in rows] == list(range(1, desk.log.head.position + 1))
    check_chain(rows)


async def test_appending_nothing_writes_nothing(desk):
    assert await desk.log.append([]) == ()
    assert (desk.store.writes, desk.log.head.position) == ([], 1)


async def test_what_is_made_at_last_sees_all_before_it_and_nothing_comes_between(desk):
    seen = []

    def make(*some):
        def made(pending, _at_ms):
            seen.append(texts(desk.entries) + texts(pending))
            return some

        return made

    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.log.append, [fact("a")])
        nursery.start_soon(desk.log.append_made, make(fact("b"), fact("c")))
        nursery.start_soon(desk.log.append_made, make())
        nursery.start_soon(desk.log.append_made, make(fact("e")))
        nursery.start_soon(desk.log.append, [fact("d")])
    order = texts(desk.entries)
    assert sorted(order) == ["a", "b", "c", "d", "e"]
    assert order[order.index("b") + 1] == "c"
    assert {tuple(order[: order.index(one)]) for one in "be"} <= {tuple(one) for one in seen}
    assert len(seen) == 3
    assert [row.position for row in await desk.rows()] == list(range(1, 7))


async def test_times_never_decrease(place):
    times = iter([500, 500, 700, 300, 800])
    async with running(place, now_ms=lambda: next(times)) as desk:
        for one in facts(3):
            await desk.log.append([one])
    async with running(place, now_ms=lambda: 100) as desk:
        await desk.log.append([fact("later")])
        assert [row.at_ms for row in await desk.rows()] == [500, 500, 700, 700, 700]


async def test_gathers_what_arrives_while_a_commit_is_under_way(place):
    async with running(place) as desk, trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(desk.log.append, [fact(f"{number}")])
        await desk.log.wait_beyond(50)
        assert sum(desk.store.writes) == 50
        assert len(desk.store.writes) <= 2


async def test_a_commit_is_bounded_and_an_append_is_never_split(desk):
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(desk.log.append, facts(BATCH_MAX - 1))
        nursery.start_soon(desk.log.append, facts(BATCH_MAX * 2))
    assert sorted(desk.store.writes) == [BATCH_MAX - 1] * 3 + [BATCH_MAX * 2]


async def test_a_waiter_wakes_for_every_position(desk):
    seen = []

    async def follow():
        position = 1
        while position < 41:
            position = await desk.log.wait_beyond(position)
            seen.append(position)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(follow)
        for one in facts(40):
            await desk.log.append([one])
    assert seen.count(41) == 3


async def test_waiting_for_what_is_there_returns_at_once(desk):
    await desk.log.append(facts(3))
    assert await desk.log.wait_beyond(0) == 4


async def test_committed_sees_entries_before_any_waiter_and_any_appender(desk):
    async def expect_folded():
        await desk.log.wait_beyond(1)
        assert desk.world.position == 2

    async with trio.open_nursery() as nursery:
        nursery.start_soon(expect_folded)
        await trio.testing.wait_all_tasks_blocked()
        (entry,) = await desk.log.append([fact("a")])
        assert desk.entries[-1] == entry


async def test_a_cancelled_append_is_neither_lost_nor_doubled(desk):
    async with trio.open_nursery() as nursery:
        for number in range(40):
            scope = trio.CancelScope()

            async def append(scope=scope, number=number):
                with scope:
                    await desk.log.append([fact(f"{number}")])

            nursery.start_soon(append)
            if number % 2:
                scope.cancel()
            if not number % 5:
                await trio.lowlevel.checkpoint()
    await desk.log.append([fact("last")])
    known = texts(desk.entries)
    assert len(known) == len(set(known))
    assert {f"{number}" for number in range(0, 40, 2)} <= set(known)
    assert texts(CODEC.decode(row) for row in await desk.rows(Filter(after=1))) == known


async def test_an_append_outlives_the_one_who_asked(desk):
    with trio.move_on_after(0):
        await desk.log.append([fact("orphan")])
    await desk.log.append([fact("last")])
    assert texts(desk.entries).count("orphan") == 1


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(after=7),
        Filter(until=7),
        Filter(after=3, until=9),
        Filter(since_ms=1_005),
        Filter(until_ms=1_005),
        Filter(types=frozenset({"NodeLost", "NodeFound"})),
        Filter(node="wcs1"),
        Filter(subjects=frozenset({"node/wcs1", "document/f2.yaml"})),
        Filter(after=2, until_ms=1_009, types=frozenset({"NodeFound"}), node="wcs1"),
        Filter(types=frozenset({"none of these"})),
    ],
    ids=str,
)
async def test_reads_by_every_field_of_a_filter(place, wanted):
    ticks = iter(range(1_000, 2_000))
    async with running(place, segment_max=4, now_ms=lambda: next(ticks)) as desk:
        for one in facts(12):
            await desk.log.append([one])
    assert list(place.store().rows(wanted)) == [
        row
        for row in everything(place)
        if wanted.after < row.position <= wanted.until
        and wanted.since_ms <= row.at_ms <= wanted.until_ms
        and (not wanted.types or row.type in wanted.types)
        and (not wanted.node or row.node == wanted.node)
        and (not wanted.subjects or row.subject in wanted.subjects)
    ]


async def test_reads_no_more_than_asked_for(desk):
    await desk.log.append(facts(9))
    assert [row.position for row in await desk.log.read(Filter(after=2), 3)] == [3, 4, 5]


async def test_each_segment_begins_with_the_fold_so_far(place):
    async with running(place, segment_max=5) as desk:
        for one in facts(33):
            await desk.log.append([one])
    rows = everything(place)
    starts = [n for n, row in enumerate(rows) if row.type == "Checkpoint"]
    assert len(starts) > 4
    for start in starts:
        before = world_at(rows[:start])
        assert CODEC.decode(rows[start]).event == Checkpoint(before)
    assert desk.world == world_at(rows)
    store = place.store()
    store.open(None)
    assert list(store.rows_since_checkpoint()) == rows[starts[-1] :]
    store.close()


async def test_a_start_folds_the_newest_segment_and_is_where_the_last_one_was(place):
    async with running(place, segment_max=5) as before:
        for one in facts(17):
            await before.log.append([one])
    async with running(place, segment_max=5) as after:
        assert (after.world, after.log.head) == (before.world, before.log.head)
        await after.log.append(facts(3))
    rows = everything(place)
    check_chain(rows)
    assert after.world == world_at(rows)


async def test_a_closing_log_writes_what_waits_and_refuses_the_rest(place):
    desk = desk_at(place)
    await desk.log.open()
    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(desk.log.append, [fact(f"{number}")])
        await trio.testing.wait_all_tasks_blocked()
        desk.log.close()
        await refused(desk, fact("too late"))
        await nursery.start(desk.log.run)
    assert sorted(texts(desk.entries)) == [f"{number}" for number in range(10)]
    desk.store.close()


async def test_refuses_when_too_much_waits(place):
    desk = desk_at(place)
    await desk.log.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.log.append, [fact("x")] * WAITING_MAX)
        await trio.testing.wait_all_tasks_blocked()
        await refused(desk, fact("one too many"))
        nursery.cancel_scope.cancel()
    desk.store.close()


async def test_a_failed_write_refuses_all_of_its_batch_and_later_ones_go_on(desk):
    desk.store.fails = "before"
    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(refused, desk, fact(f"{number}"))
    assert desk.log.refusal == "the log cannot be written: no space left"
    desk.store.fails = "recover"
    await refused(desk, fact("still"))
    assert desk.log.refusal == "the log cannot be written: still no space left"
    desk.store.fails = ""
    (entry,) = await desk.log.append([fact("again")])
    assert (entry.position, desk.log.refusal) == (2, "")
    assert texts(desk.entries) == ["again"]


async def test_rows_that_a_failed_commit_left_on_disk_belong_to_the_log(desk):
    await desk.log.append([fact("a")])
    desk.store.fails = "after"
    await refused(desk, fact("b"), fact("c"))
    assert texts(desk.entries) == ["a"]
    desk.store.fails = ""
    (entry,) = await desk.log.append([fact("d")])
    assert (texts(desk.entries), entry.position) == (["a", "b", "c", "d"], 5)
    rows = await desk.rows()
    check_chain(rows)
    assert desk.world == world_at(rows)


async def test_a_roll_that_fails_loses_nothing_and_is_made_up_for(place):
    async with running(place, segment_max=3) as desk:
        desk.store.fails = "roll"
        for one in facts(8):
            await desk.log.append([one])
        while not desk.log.refusal:  # the roll comes after the answer to the append
            await trio.lowlevel.checkpoint()
        assert desk.log.refusal == "the log cannot be written: no space for another file"
        assert [row.type for row in await desk.rows()].count("Checkpoint") == 1
        desk.store.fails = ""
        (entry,) = await desk.log.append([fact("last")])
        await desk.log.wait_beyond(entry.position)
        rows = await desk.rows()
        assert [row.type for row in rows].count("Checkpoint") == 2
        check_chain(rows)
        assert desk.world == world_at(rows)


async def test_a_log_has_one_daemon(place, desk):
    second = desk_at(place)
    with pytest.raises(LogHeld):
        await second.log.open()
    await desk.log.append([fact("undisturbed")])
    third = desk_at(place)
    with pytest.raises(LogHeld):
        await third.log.open()


async def test_a_closed_log_can_be_taken_again(place):
    for _ in range(3):
        async with running(place) as desk:
            await desk.log.append(facts(2))
    assert desk.log.head.position == 7


async def test_entries_of_a_newer_program_refuse_the_start_and_nothing_is_written(place):
    async with running(place) as desk:
        await desk.log.append(facts(2))
        head = desk.log.head
        future = Row(4, 1, "", "NodeDreamt", 1, "daemon", 0, "orchestrator", "{}", "")
        desk.store.write([chained(future, head.hash)])
        before = await desk.rows()
    after = desk_at(place)
    with pytest.raises(LogNewer) as raised:
        await after.log.open()
    assert astuple(raised.value) == (4, "NodeDreamt", 1)
    assert list(place.store().rows(Filter())) == before
    with pytest.raises(LogNewer):  # and not LogHeld: the place is free again
        await desk_at(place).log.open()


async def test_a_higher_form_of_a_known_type_refuses_the_start(place):
    async with running(place) as desk:
        draft = evolve(CODEC.encode(fact("x")), schema=2)
        row = Row(2, 1, *(getattr(draft, name) for name in ("node", "type", "schema", "subject",
                  "cause", "actor", "body")), hash="")  # fmt: skip
        desk.store.write([chained(row, desk.log.head.hash)])
    with pytest.raises(LogNewer) as raised:
        await desk_at(place).log.open()
    assert astuple(raised.value) == (2, "DocumentRejected", 2)


async def test_a_lost_tail_is_the_first_new_entry_and_positions_go_on_above_it(place):
    async with running(place) as before:
        await before.log.append(facts(6))
    lost = before.log.head
    cut_tail(place, 5)
    async with running(place) as desk:
        rows = await desk.rows()
        assert [row.position for row in rows] == [1, 2, 3, 4, 5, 8]
        assert (rows[-1].type, desk.world.tail_lost) == ("TailLost", 7)
        assert CODEC.decode(rows[-1]).event.hash == lost.hash
        (entry,) = await desk.log.append([fact("next")])
        assert entry.position == 9
        rows = await desk.rows()
        check_chain(rows)
    async with running(place) as again:
        assert again.log.head.position == 9
        assert again.world == world_at(rows)


async def test_a_lost_tail_that_cannot_be_told_refuses_the_start(place):
    async with running(place) as before:
        await before.log.append(facts(6))
    cut_tail(place, 5)
    desk = desk_at(place)
    desk.store.fails = "before"
    with pytest.raises(LogRefused):
        await desk.log.open()
    async with running(place) as desk:
        assert desk.world.tail_lost == 7


def cut_tail(place, keep):
    """Take entries beyond a position away, as a disk does that lied about syncing."""
    if hasattr(place, "disk"):
        place.disk.segments[-1][:] = [r for r in place.disk.segments[-1] if r.position <= keep]
        return
    with tampered(place.folder) as connection:
        connection.execute("DELETE FROM entries WHERE position > ?", (keep,))
