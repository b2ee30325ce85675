"""What the plan wants is done on a model of the server, and then the plan wants nothing. (T24)

Two rounds are enough for whatever documents and drift come together: one to end what cannot be
changed, one to make it anew. A mixer takes its inputs one by one, so it has a round more for each,
and one in which it is looked whether any of them is left.
"""

import time
from collections import Counter
from random import Random

import pytest
from attrs import define, field

from tests.faults import lines
from tests.faults.lines import FORMS, VARIANTS
from tests.faults.rehearsal import Rehearsal, rehearsed
from tests.simulation.quiet import lived
from tests.stage import things_on

ROUNDS = 2
MANY = 200  # streams, and lines that read them, in every fiftieth case
LASTING = {"call"}  # which is made once
STABLE_S = 70  # until the end of a thing is no failure of it


@define
class Case:
    """One node with its documents, drawn from a seed."""

    draw: Random
    rehearsal: Rehearsal
    count: int
    declared: dict = field(factory=dict)
    tally: Counter = field(factory=Counter)

    def declare(self):
        """Let each line that there could be begin, change, go, or stay as it is."""
        loaded, removed = [], []
        for slot in self.slots():
            chance, old = self.draw.random(), self.declared.get(slot)
            if old is not None and chance < 0.2:
                removed.append(lines.line(*slot, self.declared.pop(slot)).key)
            elif chance < 0.6:
                self.declared[slot] = self.draw.randrange(VARIANTS)
                if self.declared[slot] != old:
                    loaded.append(lines.line(*slot, self.declared[slot]))
        self.tally["lines changed"] += len(loaded) + len(removed)
        self.rehearsal.history.change(loaded, removed)

    def slots(self):
        """Return what may be declared: everything under few numbers, or something under many."""
        if self.count < MANY:
            return [(form, number) for form in FORMS for number in range(self.count)]
        return [(form, n) for n in range(self.count) for form in self.draw.sample([*FORMS], 1)]

    def drift(self):
        """Let up to half of what there is of a sort end by itself; more would be doubted."""
        things = things_on(self.rehearsal.server)
        for sort in sorted({one.sort for one in things} - LASTING):
            mortal = [one for one in things if one.sort == sort]
            for thing in self.draw.sample(mortal, self.draw.randrange(len(mortal) // 2 + 1)):
                self.rehearsal.server.media.vanish(thing)
                self.tally["things vanished"] += 1

    async def settle(self):
        """Do what the plan wants until it wants nothing; each thing has its rounds and no more."""
        await self.rehearsal.look()
        rounds = 0
        while steps := await self.rehearsal.round():
            rounds += 1
            late = [one for one in steps if rounds > self.rounds_for(one.placement)]
            assert late == []
        wanted = {str(key): "Ready" for key in self.rehearsal.world.declared}
        assert self.rehearsal.phases() == wanted
        self.tally["fixed points"] += 1
        self.tally[f"in {rounds} rounds"] += 1

    def rounds_for(self, placement):
        wanted = self.rehearsal.world.wanted.get(placement)
        inputs = getattr(wanted.spec, "inputs", ()) if wanted is not None else ()
        return ROUNDS + (1 + len(inputs) if inputs else 0)


async def play(seed):
    draw = Random(seed)
    count = MANY if seed % 50 == 49 else draw.choice((1, 1, 2, 3))
    async with rehearsed(seed, lines.streams(count)) as rehearsal:
        case = Case(draw, rehearsal, count)
        for _ in range(3):
            case.declare()
            await case.settle()
            await rehearsal.wait(STABLE_S)
            case.drift()
        await case.settle()
    return case.tally


def trial(seeds, figure):
    began = time.monotonic()
    tally = sum((lived(0, play, seed) for seed in seeds), Counter())
    rounds = ", ".join(f"{tally[one]} {one}" for one in sorted(tally) if one.startswith("in "))
    figure(
        f"T24: {tally['fixed points']} fixed points of {len(seeds)} nodes with every kind, up to "
        f"{MANY} streams: {rounds} (above {ROUNDS}: mixers); "
        f"{tally['lines changed']} lines changed, {tally['things vanished']} things vanished; "
        f"{time.monotonic() - began:.0f} s"
    )


def test_t24_after_two_rounds_the_plan_is_empty(figure):
    trial(range(80), figure)


@pytest.mark.nightly
def test_t24_after_two_rounds_the_plan_is_empty_all_night(figure):
    trial(range(80, 1_300), figure)
