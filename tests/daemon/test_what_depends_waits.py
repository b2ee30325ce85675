"""Random graphs of what reads what: made in order, ended in the reverse order. (T27)

The order follows from streams, so it is told from those that the emulator says were there.
"""

from collections import Counter
from time import monotonic

import pytest
import trio
from attrs import evolve

from orchestrator.core.configuration import Deletes, Limits, Node
from tests.daemon.graphs import NODES, graph
from tests.simulation.quiet import lived
from tests.stage import staged

VALUES = {name: Node(ws=f"ws://{name}:8080") for name in NODES}
LIMITS = Limits(Deletes(per_change=100, percent=100, per_hour=1_000))
STARTS = ("/pull/rtmp/pull", "/pull/pull", "/mixer/startup", "/transcoder/startup", "/push/startup")
ENDS = ("transcoder", "transponder", "rtmp-pull", "pull", "mixer")


def name_of(detail):
    """Return which thing a call asks for, or an object is."""
    return detail.get("localStreamName") or detail["rtmpUrl"].rpartition("/")[2]


def begins(stage):
    """Return by name when each was first asked for, and when its stream was first there."""
    asked, there = {}, {}
    for entry in stage.journal.after(0):
        if entry.kind == "rest" and entry.what in STARTS:
            asked.setdefault(name_of(entry.detail["body"]), entry.number)
        elif entry.what == "stream came":
            there.setdefault(entry.detail["name"], entry.number)
    return asked, there


def ends(stage, mark):
    """Return by name when each went."""
    names, went = {}, {}
    for entry in stage.journal.after(0):
        sort, _, verb = entry.what.partition(" ")
        if sort in ENDS and verb == "came":
            names[entry.object] = name_of(entry.detail)
        elif sort in ENDS and verb == "went" and entry.number > mark:
            went[names[entry.object]] = entry.number
    return went


async def phases(stage):
    return {name: phase for name, (phase, _) in (await stage.phases()).items()}


async def play(seed, counted):
    """Make a graph, let one of its things fail, mend that, and take all of it away."""
    drawn = graph(seed)
    ready = dict.fromkeys(drawn.things, "Ready")
    async with staged(node_names=NODES, node_values=VALUES, limits=LIMITS, seed=seed) as stage:
        text, _ = drawn.text()
        makers = [one for one in drawn.things.values() if one.kind != "transponder"]
        gone = address(makers[seed % len(makers)])
        failing = {one.name for one in makers if address(one).startswith(gone)}
        turn(stage, unreachable=(gone,))
        stage.write(text)
        await stage.start()
        await trio.sleep(240)
        blocked = drawn.blocked(failing)
        waiting = drawn.lacking(blocked)
        found = await phases(stage)
        well = {name for name, phase in found.items() if phase == "Ready"}
        still = {name for name, phase in found.items() if phase == "Waiting"}
        assert (well, still) == (ready.keys() - blocked, waiting), seed
        asked, _ = begins(stage)
        assert asked.keys() == ready.keys() - waiting, seed

        turn(stage, unreachable=())
        await trio.sleep(400)
        assert await phases(stage) == ready, seed
        asked, there = begins(stage)
        for one in drawn.things.values():
            sources = [there[read] for read in one.reads]
            needed = [there[read] for read in one.required] or (sources and [min(sources)])
            assert asked[one.name] > max(needed, default=0), (seed, one)

        mark = stage.journal.written
        stage.write("{}")
        assert (await stage.load()).holds == (), seed
        await trio.sleep(120)
        assert await phases(stage) == {}, seed
        went = ends(stage, mark)
        assert went.keys() == ready.keys(), seed
        for one in drawn.things.values():
            for read in one.reads:
                is_near = drawn.things[read].node == one.node
                assert went[one.name] < went[read] or not is_near, (seed, one)
                counted["edges"] += 1
        counted.update(things=len(ready), blocked=len(waiting))


def address(thing):
    """Return where an agent gets its stream from, as faults name it."""
    return f"ws://{thing.origin}:8080" if thing.origin else thing.uri


def turn(stage, **faults):
    for server in stage.servers.values():
        server.node.turn(evolve(server.node.faults, **faults))


def trial(seeds, figure):
    began, counted = monotonic(), Counter()
    for seed in seeds:
        lived(seed, play, seed, counted)
    figure(
        f"T27: {len(seeds)} graphs of {counted['things']} things and {counted['edges']} edges made "
        f"in order and ended in reverse; one failing in each kept {counted['blocked']} dependants "
        f"waiting and nothing else; {monotonic() - began:.0f} s"
    )


def test_t27_creates_follow_what_they_read_and_deletes_the_reverse_and_a_failure_blocks_dependants(
    figure,
):
    trial(range(18), figure)


@pytest.mark.nightly
def test_t27_hundreds_of_graphs_are_made_in_order_and_ended_in_reverse(figure):
    trial(range(1_000, 1_360), figure)
