"""P7: what one hook costs (fold, what it concerns, the plan of that) as the world grows."""

import time
from statistics import median

from bench.histories import EPOCH_MS, NODE, hook, world_of
from bench.result import Result, spread
from orchestrator.core.concern import concern
from orchestrator.core.entry import Entry
from orchestrator.core.plan import plan
from orchestrator.core.project import project
from orchestrator.kinds.catalogue import KINDS

ABOUT = __doc__
GOAL = "with 100,000 resources at most 1.3 times what it costs with 1,000"
RUNS, HOOKS = 7, 400


def measure():
    """Return microseconds a hook, each of which ten resources read the stream of."""
    costs = {}
    worlds = {count: world_of(count, count // 10) for count in (1_000, 100_000)}
    for _ in range(RUNS):
        for count, (world, looks) in worlds.items():
            costs.setdefault(count, []).append(cost(world, looks) * 1e6)
    ratio = median(costs[100_000]) / median(costs[1_000])
    rows = (
        *((f"a hook with {count:,} resources", spread(costs[count], " µs")) for count in costs),
        ("ratio", f"{ratio:.2f}"),
    )
    return Result(GOAL, rows, ratio <= 1.3)


def cost(world, looks):
    """Return seconds for a hook: streams that end and come back, each read by ten."""
    began = time.perf_counter()
    for number in range(HOOKS):
        status = "UNPUBLISHED" if number % 2 else "PUBLISHING"
        event = hook(number // 2 % 100, status, number % 2 and number // 2)
        before = world
        entry = Entry(before.position + 1, EPOCH_MS + number, 0, NODE, event)
        world = project(before, entry, KINDS)
        concerned = concern(before, world, entry, KINDS)
        plan(world, NODE, concerned, KINDS, looks, EPOCH_MS + number)
    return (time.perf_counter() - began) / HOOKS
