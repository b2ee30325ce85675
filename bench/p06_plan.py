"""P6: the whole plan of converged resources in memory, beside comparing two equal dicts."""

import time
from statistics import median

from bench.histories import EPOCH_MS, NODE, world_of
from bench.result import Result, spread
from orchestrator.core.action import Phase
from orchestrator.core.plan import plan
from orchestrator.kinds.catalogue import KINDS

ABOUT = __doc__
GOAL = "at most 5 times the comparison of two equal dicts of the same size"
RUNS = 5


def measure():
    """Return milliseconds for 10,000 and for 100,000 resources."""
    rows, ratios = [], []
    for count in (10_000, 100_000):
        world, looks = world_of(count, 100)
        places = world.placements_on(NODE)
        ours, floor = [], []
        left, right = (
            {
                place.key.name: {
                    "streamName": f"{world.wanted[place].spec.stream_name}",
                    "rtmpUrl": f"{world.wanted[place].spec.rtmp_url}{side}"[:-1],
                }
                for place in places
            }
            for side in "lr"
        )
        for _ in range(RUNS):
            began = time.perf_counter()
            found = plan(world, NODE, places, KINDS, looks, EPOCH_MS)
            ours.append((time.perf_counter() - began) * 1000)
            assert all(verdict.phase is Phase.READY for verdict in found.verdicts)
            began = time.perf_counter()
            assert left == right
            floor.append((time.perf_counter() - began) * 1000)
        ratios.append(median(ours) / median(floor))
        rows += [
            (f"plan of {count:,} converged resources", spread(ours, " ms", 1)),
            (f"two equal dicts of {count:,}", spread(floor, " ms", 1)),
            ("ratio", f"{ratios[-1]:.1f}"),
        ]
    return Result(GOAL, tuple(rows), max(ratios) <= 5)
