"""Twenty nodes: all converge and rest, and one that accepts and never answers slows no other."""

import pytest
import trio

from orchestrator.core.filter import Filter
from tests.stage import staged

NODES = tuple(f"wcs{number:02}" for number in range(1, 21))
SILENT = NODES[7]
OTHERS = tuple(node for node in NODES if node != SILENT)
RATE = 50  # calls a second and node, as configured where nothing is said
LOOKS_S = 30
REST_S = 600


async def converged(each, *, is_one_silent):
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
        await trio.sleep(each / RATE + 2 * LOOKS_S)
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
        return calls, ready, changed, gained


@pytest.mark.parametrize(
    "each", [pytest.param(10, marks=pytest.mark.slow), pytest.param(500, marks=pytest.mark.nightly)]
)
async def test_all_converge_and_rest_and_a_silent_one_slows_no_other(autojump_clock, each):
    calls, ready, changed, gained = await converged(each, is_one_silent=False)
    assert {node: len(times) for node, times in calls.items()} == dict.fromkeys(OTHERS, each)
    assert (ready, changed, gained) == (dict.fromkeys(NODES, each), [], [])
    beside, ready, changed, gained = await converged(each, is_one_silent=True)
    assert beside == calls  # each call at the very moment at which it left without
    assert (ready, changed, gained) == ({**dict.fromkeys(NODES, each), SILENT: 0}, [], ["NodeLost"])
