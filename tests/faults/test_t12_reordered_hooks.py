"""Hooks in any order within a window of fifty, any of them lost: the same in the end. (T12)

And nothing is called more often than in order: what was not heard is found by looks, and what is
heard of too late is known to have ended.
"""

import time
from collections import Counter
from functools import partial
from random import Random

import pytest

from tests.faults.hearing import NAMES, heard
from tests.simulation.quiet import lived

MOVES = 12
HOUR_S = 3_600
WINDOW = 50
LOSSES = (0.0, 0.2, 0.6, 1.0)


async def scene(hearing, *, is_disturbed):
    """Let clients come and go, and deliver hooks in order, or in another and not all of them."""
    window, chance = [], Random(hearing.draw.getrandbits(64))
    size = chance.randint(1, WINDOW) if is_disturbed else 0
    loss = chance.choice(LOSSES) if is_disturbed else 0.0

    async def deliver(left):
        while len(window) > left:
            hook = window.pop(chance.randrange(len(window)) if is_disturbed else 0)
            if chance.random() >= loss:
                hearing.deliver(hook)
                if is_disturbed:
                    await hearing.settle()

    async def move(name):
        await hearing.turn(name)
        window.extend(hearing.taken())
        await deliver(size)

    for moment in sorted(hearing.draw.uniform(0, HOUR_S) for _ in range(MOVES)):
        hearing.at(moment, move, hearing.draw.choice(NAMES))
    hearing.at(HOUR_S + 60, deliver, 0)
    await hearing.play()


def trial(seeds, figure):
    began, hooks, calls, fewer = time.monotonic(), 0, 0, 0
    for seed in seeds:
        ordered = lived(seed, heard, seed, partial(scene, is_disturbed=False))
        disturbed = lived(seed, heard, seed, partial(scene, is_disturbed=True))
        assert disturbed.things == ordered.things, f"seed {seed}"
        extra = Counter(disturbed.paths) - Counter(ordered.paths)
        assert extra == Counter(), f"seed {seed}"
        hooks, calls = hooks + ordered.hooks, calls + len(ordered.calls)
        fewer += len(ordered.calls) - len(disturbed.calls)
    figure(
        f"T12: {len(seeds)} histories of {hooks} hooks, in any order within {WINDOW}, up to all of "
        f"them lost: the same in the end, 0 calls more than the {calls} in order, {fewer} fewer; "
        f"{time.monotonic() - began:.0f} s"
    )


def test_t12_hooks_out_of_order_or_lost_end_in_the_same_with_no_call_more(figure):
    trial(range(40), figure)


@pytest.mark.nightly
def test_t12_hooks_out_of_order_or_lost_end_in_the_same_with_no_call_more_all_night(figure):
    trial(range(40, 1_040), figure)
