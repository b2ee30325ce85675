"""Many seeds at once, a process for each core; what came of them is told in the order of seeds."""

import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

from tests.simulation.planted import planted
from tests.simulation.sky import judged


def flock(seeds, bug=""):
    """Yield what came of each seed, under a planted bug where one is named."""
    cores, flying = os.cpu_count(), deque()
    pool = ProcessPoolExecutor(cores, get_context("spawn"))
    try:
        for seed in seeds:
            flying.append(pool.submit(_judged, seed, bug))
            if len(flying) > cores:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _judged(seed, bug):
    with planted(bug) if bug else nullcontext():
        return judged(seed)
