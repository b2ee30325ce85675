"""P10: a hundred nodes, of which one accepts and never answers; how fast the others are served.

The whole daemon in one process with its emulated nodes, on the real clock: a stream is published
on each node in turn, and /push/startup has to follow. Log and wires are in memory in both runs.
"""

import trio

from bench.result import Result
from tests.simulation.quiet import silent
from tests.stage import staged

ABOUT = __doc__
GOAL = "p99 of the other 99 at most 1.2 times what it is without the silent one"
NODES = tuple(f"wcs{number:03}" for number in range(100))
SILENT, ROUNDS, RUNS = NODES[42], 5, 2


def measure():
    """Return milliseconds from a publication to the call that it causes."""
    alone, beside = [], []
    with silent():
        for _ in range(RUNS):  # in turn, so that a busy machine is busy for both
            alone.append(trio.run(waits, False))
            beside.append(trio.run(waits, True))
    rows, figures = [], []
    for name, runs in (("all answer", alone), ("one is silent", beside)):
        ordered = sorted(wait for run in runs for wait in run)
        p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        figures.append(p99)
        rows += [(f"{name}: calls", f"{len(ordered):,}"), ("p50", f"{p50:.1f} ms")]
        rows.append(("p99", f"{p99:.1f} ms"))
    rows.append(("ratio of p99", f"{figures[1] / figures[0]:.2f}"))
    return Result(GOAL, tuple(rows), figures[1] <= 1.2 * figures[0])


async def waits(is_one_silent):
    """Return how long each of the others waited, in milliseconds."""
    others = [node for node in NODES if node != SILENT]
    async with staged(node_names=NODES) as stage:
        for node in NODES:
            for number in range(ROUNDS):
                name = f"{node}-{number}"
                stage.transponder(name, f"s{number}", f"rtmp://h.lan/{name}", node=node)
        await stage.start()
        await trio.sleep(3)  # until everything was looked at
        if is_one_silent:
            stage.servers[SILENT].hang()
        published = {}
        for number in range(ROUNDS):
            for node in others:
                published[f"rtmp://h.lan/{node}-{number}"] = trio.current_time()
                await stage.servers[node].client(f"p{number}").publish(f"s{number}")
                await trio.sleep(0.005)
        await trio.sleep(2)
        began_s = stage.now_ms() / 1000 - trio.current_time()
        return [
            (entry.at_s - began_s - published[entry.detail["body"]["rtmpUrl"]]) * 1000
            for entry in stage.journal.after(0, kind="rest")
            if entry.what == "/push/startup"
        ]
