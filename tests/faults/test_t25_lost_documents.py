"""Documents are empty, missing, cut at any byte, or lose most of their lines. (T25)

What cannot be read takes nothing away. What can be read takes away no more than the limits allow,
in one change and in any hour; beyond them the whole change is held, and nothing of it has ended.
"""

import time
from collections import Counter
from random import Random

import pytest
from attrs import define, field

from orchestrator.core.action import Delete, Replace
from orchestrator.core.configuration import Deletes, Limits
from tests.core.history import History
from tests.crash.place import quick_folder
from tests.faults import lines
from tests.faults.documents import Desk, text_of
from tests.faults.lines import FORMS
from tests.faults.rehearsal import rehearsed
from tests.simulation.quiet import lived

HOUR_MS = 3_600_000
LIMITS = Limits(Deletes(per_change=6, percent=25, above=10, per_hour=20), interrupts_per_change=2)
EMPTY = {b"": 0, b"# nothing\n": 0, b"---\n": 0, b"\xff\xfe": 0, b"{}\n": 1}
"""Texts without a line, and whether that is something to read."""


async def running(seed, desk, slots):
    """Return the history of a node on which all is as declared, and the server forgotten."""
    async with rehearsed(seed, lines.streams(3), desk.limits) as rehearsal:
        desk.write(text_of(slots))
        events, faults = desk.read(rehearsal.world)
        assert faults == ()
        rehearsal.history.happen(*events)
        await rehearsal.look()
        while await rehearsal.round():
            pass
        assert set(rehearsal.phases().values()) == {"Ready"}
        return rehearsal.history


def reload(desk, base):
    """Load the documents on a copy of a history; return their faults, the lost and what ends."""
    events, faults = desk.read(base.world)
    history = History(base.world, [], base.looks, base.now_ms + 1_000).happen(*events)
    verdicts = history.planned().verdicts
    lost = {*base.world.declared} - {*history.world.declared}
    if faults:
        assert history.world.declared == base.world.declared
    steps = [one.next for one in verdicts if isinstance(one.next, Delete | Replace)]
    held = {one.placement.key for one in verdicts if one.reason == "over-limit"}
    return faults, lost, steps, held


def judge(base, faults, lost, steps, held):
    """Assert what the limits say of one change; return the word for what became of it."""
    deletes = {one.placement.key for one in steps if isinstance(one, Delete)}
    replaces = {one.placement.key for one in steps if isinstance(one, Replace)}
    assert len(replaces) <= LIMITS.interrupts_per_change
    assert deletes <= lost
    if faults:
        assert steps == []
        return "unreadable"
    many = 100 * len(lost) > LIMITS.deletes.percent * len(base.world.declared)
    if many or len(lost) > LIMITS.deletes.per_change:
        assert (deletes, lost - held) == (set(), set())
        return "held"
    assert deletes == lost
    return "ended" if lost else "nothing lost"


def cut_everywhere(seeds):
    """Cut documents of many shapes at every byte; return how often what became of it."""
    tally = Counter()
    for seed in seeds:
        draw = Random(seed)
        slots = {(form, n): draw.randrange(3) for form in FORMS for n in range(2)}
        with quick_folder() as folder:
            desk = Desk(folder, LIMITS)
            base = lived(0, running, seed, desk, slots)
            text = text_of(slots)
            for end in range(len(text)):
                desk.write(text[:end])
                tally[judge(base, *reload(desk, base))] += 1
            for empty, is_readable in EMPTY.items():
                desk.write(empty)
                assert judge(base, *reload(desk, base)) == ("unreadable", "held")[is_readable]
            desk.remove()
            assert judge(base, *reload(desk, base)) == "unreadable"
            tally["empty or missing"] += len(EMPTY) + 1
    return tally


@define
class Sale:
    """What was ended of each change, and what that could have been."""

    deletes: Deletes
    changes: list = field(factory=list)  # (at_ms, ended, wanted and ours before it)

    def check(self):
        """Assert that no change, and no hour, took away more than the limits allow."""
        limits = self.deletes
        for number, (at_ms, ended, wanted) in enumerate(self.changes):
            before = [c for c in self.changes[:number] if at_ms - c[0] < HOUR_MS]
            earlier = sum(count for _, count, _ in before)
            if ended:
                assert ended <= limits.per_change
                assert earlier + ended <= limits.per_hour
                owned = wanted + earlier
                within = 100 * (earlier + ended) <= limits.percent * owned
                assert owned < limits.above or within


async def sell_off(seed):
    """Take lines away again and again, over hours; return how many changes, ends and holds."""
    draw, tally = Random(seed), Counter()
    deletes = Deletes(
        per_change=draw.choice((1, 3, 10)), percent=draw.choice((10, 25, 50)),
        above=draw.choice((1, 5, 20)), per_hour=draw.choice((2, 5, 20)),
    )  # fmt: skip
    all_lines = [lines.line(form, n, 0) for form in FORMS for n in range(2)]
    sale, ends = Sale(deletes), Counter()
    async with rehearsed(seed, lines.streams(2), Limits(deletes, 0)) as rehearsal:
        history = rehearsal.history
        for _ in range(8):
            there = sorted(history.world.declared)
            lost = draw.sample(there, round(draw.choice((0.05, 0.1, 0.3, 0.9, 1)) * len(there)))
            gone = [one for one in all_lines if one.key not in there]
            position, at_ms, wanted = history.world.position + 1, history.now_ms, ours(history)
            history.change(gone if draw.random() < 0.7 else (), lost)
            await rehearsal.look()
            for _ in range(4):
                taken = await rehearsal.round()
                ends.update(one.cause for one in taken if isinstance(one, Delete))
            sale.changes.append((at_ms, ends[position], wanted))
            reasons = {hold.reason for hold in history.world.holds.values()}
            tally += Counter(changes=1, ended=ends[position], held="over-limit" in reasons)
            await rehearsal.wait(draw.choice((1, 600, 1_800, 3_500, 3_700)))
    sale.check()
    return tally


def ours(history):
    """Return how many things are ours and have a line."""
    things = [one for of_kind in history.world.observed.values() for one in of_kind.values()]
    return sum(one.owner is not None and not one.owner.unwanted for one in things)


def trial(shapes, sales, figure):
    began = time.monotonic()
    cuts = cut_everywhere(shapes)
    sold = sum((lived(0, sell_off, seed) for seed in sales), Counter())
    told = ", ".join(f"{cuts[one]} {one}" for one in sorted(cuts))
    figure(
        f"T25: {cuts.total()} documents of {len(shapes)} shapes cut, empty or missing: {told}; "
        f"{sold['changes']} changes over hours ended {sold['ended']} things, {sold['held']} were "
        f"held; {time.monotonic() - began:.0f} s"
    )


def test_t25_lost_documents_end_nothing_beyond_the_limits(figure):
    trial(range(1), range(12), figure)


@pytest.mark.nightly
def test_t25_lost_documents_end_nothing_beyond_the_limits_all_night(figure):
    trial(range(1, 18), range(12, 200), figure)
