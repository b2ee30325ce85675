"""Each hook comes one to five times, up to three days late: nothing more is done than once. (T11)

A mediaSessionId that has ended is remembered, so what is said of it later revives nothing.
"""

import time
from functools import partial

import pytest

from tests.faults.hearing import NAMES, heard
from tests.simulation.quiet import lived

MOVES = 8
HOURS_S = 3 * 3_600
DAYS_S = 3 * 86_400
COPIES_MAX = 4


async def scene(hearing, *, is_repeated):
    """Let clients come and go, and deliver each hook at once, then again and again."""
    draw = hearing.draw

    async def again(hook):
        if is_repeated:
            hearing.deliver(hook)

    async def move(name, at_s):
        await hearing.turn(name)
        for hook in hearing.taken():
            hearing.deliver(hook)
            for _ in range(draw.randint(0, COPIES_MAX)):
                hearing.at(at_s + DAYS_S ** draw.random(), again, hook)

    for at_s in sorted(draw.uniform(0, HOURS_S) for _ in range(MOVES)):
        hearing.at(at_s, move, draw.choice(NAMES), at_s)
    await hearing.play()


def trial(seeds, figure):
    began, hooks, calls = time.monotonic(), 0, 0
    for seed in seeds:
        once = lived(seed, heard, seed, partial(scene, is_repeated=False))
        often = lived(seed, heard, seed, partial(scene, is_repeated=True))
        assert often == once, f"seed {seed}"
        hooks, calls = hooks + once.hooks, calls + len(once.calls)
    figure(
        f"T11: {len(seeds)} histories of {hooks} hooks, each up to five times and three days late: "
        f"the same {calls} calls and the same things; {time.monotonic() - began:.0f} s"
    )


def test_t11_hooks_that_come_again_days_late_change_nothing(figure):
    trial(range(40), figure)


@pytest.mark.nightly
def test_t11_hooks_that_come_again_days_late_change_nothing_all_night(figure):
    trial(range(40, 1_040), figure)
