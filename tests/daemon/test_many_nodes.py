"""Twenty nodes: all converge and rest, and one that accepts and never answers slows no other."""

import pytest
import trio

from orchestrator.core.filter import Filter
from tests.simulation.quiet import lived
from tests.stage import staged

NODES = tuple(f"wcs{number:02}" for number in range(1, 21))
SILENT = NODES[7]
OTHERS = tuple(node for node in NODES if node != SILENT)
RATE = 50  # calls a second and node, as configured where nothing is said
LOST_S = 180  # until the silent one counts as lost, and everything was looked at
REST_S = 600


async def converged(each, is_one_silent):
    """Run until all that can be is as declared; return what the nodes and people saw of it."""
    async with staged(node_names=NODES) as stage:
        for node in NODES:
            for number in range(each):
                url = f"rtmp://target.lan/{node}/{number}"
                stage.transponder(f"{node}-{number}", "show", url, node=node)
        began_s = stage.now_ms() / 1000
        await stage.start()
        if is_one_silent:
            stage.servers[SILENT].hang()
        for node in OTHERS if is_one_silent else NODES:
            await stage.servers[node].client("studio").publish("show")
        await trio.sleep(each / RATE + LOST_S)
        calls = {
            node: [
                round(entry.at_s - began_s, 3)
                for entry in stage.journal.after(0, kind="rest")
                if (entry.node, entry.what) == (node, "/push/startup")
            ]
            for node in OTHERS
        }
        phases = await stage.phases()
        ready = {
            node: sum(phases[f"{node}-{number}"][0] == "Ready" for number in range(each))
            for node in NODES
        }
        before, position = stage.journal.written, stage.log.head.position
        await trio.sleep(REST_S)
        changed = [what for node in OTHERS for what in stage.mutations(node, after=before)]
        gained = [row.type for row in (await stage.log.read(Filter(), 10**6))[position:]]
        lost = await stage.entries("NodeLost")
        return calls, lost, (ready, changed, gained)


def p99(calls):
    ordered = sorted(at_s for times in calls.values() for at_s in times)
    return ordered[int(len(ordered) * 0.99)]


@pytest.mark.parametrize(
    "each", [pytest.param(10, marks=pytest.mark.slow), pytest.param(500, marks=pytest.mark.nightly)]
)
def test_all_converge_and_rest_and_a_silent_one_slows_no_other(each, figure):
    calls, lost, rest = lived(0, converged, each, False)
    assert {node: len(times) for node, times in calls.items()} == dict.fromkeys(OTHERS, each)
    assert (lost, rest) == ([], (dict.fromkeys(NODES, each), [], []))
    beside, lost, rest = lived(0, converged, each, True)
    ready = {**dict.fromkeys(NODES, each), SILENT: 0}
    assert (lost, rest) == ([("NodeLost", f"node/{SILENT}")], (ready, [], []))
    assert {node: len(times) for node, times in beside.items()} == dict.fromkeys(OTHERS, each)
    assert p99(beside) <= 1.2 * p99(calls)
    figure(
        f"{each * len(NODES)} resources on {len(NODES)} nodes: p99 of the calls after "
        f"{p99(calls):.2f} virtual s, beside a silent node {p99(beside):.2f} s; at rest no call"
    )
