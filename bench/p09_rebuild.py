"""P9: rebuilding what ran on a node after it restarted; its answers take 20 ms, 8 at a time."""

import tempfile
import time
from statistics import median

from bench.result import Result, spread
from tests.system.system import System, eventually

ABOUT = __doc__
GOAL = "at most 1.3 times N calls of 20 ms, 8 at a time"
SIZES, RUNS, PARALLEL, CALL_S = (200, 2_000), 1, 8, 0.02


def measure():
    """Return seconds from the first to the last call that rebuilds."""
    rows, ratios = [], []
    for size in SIZES:
        took = [rebuilt(size) for _ in range(RUNS if size > 1_000 else 3)]
        floor = size * CALL_S / PARALLEL
        ratios.append(median(took) / floor)
        rows += [
            (f"{size:,} transponders made again", spread(took, " s", 2)),
            (f"{size:,} calls of 20 ms, 8 at a time", f"{floor:.2f} s"),
            ("ratio", f"{ratios[-1]:.2f}"),
        ]
    return Result(GOAL, tuple(rows), max(ratios) <= 1.3)


def rebuilt(size):
    """Return how long the calls of a rebuild took, from the node's own journal."""
    node = {"limits": {"parallel": PARALLEL, "perSecond": 10_000}}
    with tempfile.TemporaryDirectory() as folder, System(folder) as system:
        system.values["nodes"]["wcs1"] |= node
        system.configure()
        system.declare(**{f"t{n:05}": ("show", f"rtmp://h.lan/{n}") for n in range(size)})
        system.run()
        system.emulate()
        system.publish("show")
        eventually(lambda: len(system.transponders()) == size, 300, 0.5)
        eventually(lambda: set(system.phases().values()) == {"Ready"}, 120, 1)
        system.pull("faults", rest_delayed=1.0, rest_late_s=2 * CALL_S)  # 20 ms in the middle
        before = system.journal()[-1]["number"]
        system.pull("restart", down_s=1)
        time.sleep(2)
        system.publish("show")
        eventually(lambda: len(system.transponders()) == size, 300, 0.5)
        calls = [
            entry["at_s"]
            for entry in system.journal(after=before)
            if entry["what"] == "/push/startup" and entry["kind"] == "rest"
        ]
        return max(calls) - min(calls)
