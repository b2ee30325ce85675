"""Strangers run things of every kind under the names that our lines want: none is touched. (T26)

A node knows no labels, so whose a thing is stands in our log alone. What a stranger runs just as
declared is adopted, and may be changed with its line from then on, but not ended when that goes.
"""

import time
from collections import Counter
from random import Random

import pytest

from tests.faults import lines
from tests.faults.rehearsal import rehearsed
from tests.faults.strangers import NUMBERS, Case
from tests.simulation.quiet import lived

ROUNDS = 3
CHANGES = 5


async def play(seed):
    draw = Random(seed)
    async with rehearsed(seed, lines.streams(NUMBERS)) as rehearsal:
        case = Case(draw, rehearsal)
        for _ in range(CHANGES):
            for _ in range(draw.randrange(4)):
                await case.begin(*case.slot())
            case.declare()
            await rehearsal.look()
            for _ in range(ROUNDS):
                if draw.random() < 0.3:
                    await case.intrude(*case.slot())
                await case.round()
                await rehearsal.look()
            await case.supplant(*case.slot())
        for verdict in rehearsal.history.planned().verdicts:
            case.tally[f"held: {verdict.reason}"] += verdict.phase.value == "Held"
    return case.tally


def trial(seeds, figure):
    began = time.monotonic()
    tally = sum((lived(0, play, seed) for seed in seeds), Counter())
    steps = sum(tally[one] for one in ("create", "update", "replace", "delete", "adopt"))
    figure(
        f"T26: {tally['begun by strangers']} things of strangers on {len(seeds)} nodes with every "
        f"kind, 0 of them touched by {steps} steps; {tally['adopt']} adopted, "
        f"{tally['supplanted']} in place of ours; {time.monotonic() - began:.0f} s"
    )
    return tally


def test_t26_what_strangers_run_under_our_names_is_never_ended_or_replaced(figure):
    trial(range(90), figure)


@pytest.mark.nightly
def test_t26_what_strangers_run_under_our_names_is_never_touched_all_night(figure):
    trial(range(90, 1_400), figure)
