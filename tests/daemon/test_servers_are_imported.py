"""Whatever runs on a server can be taken over by its import without touching it. (T31)"""

from collections import Counter
from time import monotonic

import pytest
import trio

from orchestrator.core.kind import LeftOut
from tests.daemon.generated import build, populate
from tests.daemon.importing import FILE, KEY, looked, objects, taken
from tests.simulation.quiet import lived
from tests.stage import staged


def begins(row):
    """Return whether it does not run yet, like a call that nobody answers: it is adopted then."""
    return row["reason"] == "connecting"


async def take_over(seed, folder, counted):
    """Import all of a generated server, load that, plan, and let go of it again."""
    async with staged(wcs_settings=build(seed), seed=seed) as stage:
        stage.write("{}", FILE)
        await stage.start()
        await populate(stage.servers["wcs1"], seed)
        await trio.sleep(60)
        there, mark = objects(stage), stage.journal.written
        found = {(one.kind, one.name) for one in await looked(stage)
                 if not isinstance(one.found, LeftOut)}  # fmt: skip
        written = await taken(stage, folder)
        assert (KEY in written[0], await taken(stage, folder)) == (False, written), seed

        stage.write(written[0], FILE)
        assert (await stage.load()).faults == (), seed
        _, plan = await stage.ask("GET", "/api/v1/plan")
        await trio.sleep(90)
        steps = {one["action"] for one in plan["actions"]} - {"adopt", "look"}
        _, rows = await stage.ask("GET", "/api/v1/resources")
        assert (steps, {(row["kind"], row["name"]) for row in rows}) == (set(), found), seed
        assert all(row["adopted"] for row in rows if not begins(row)), seed
        _, plan = await stage.ask("GET", "/api/v1/plan")
        held = {one["reason"] for one in plan["held"]}
        assert (plan["actions"], held <= {"connecting"}) == ([], True), seed

        stage.write("{}", FILE)
        assert (await stage.load()).holds == (), seed
        await trio.sleep(90)
        assert await taken(stage, folder) == written, seed
        assert (stage.mutations(after=mark), objects(stage)) == ([], there), seed
        counted.update(kind for kind, _ in found)
        counted["left out"] += written[0].count("\n#   ")


def trial(seeds, folder, figure):
    began, counted = monotonic(), Counter()
    for seed in seeds:
        lived(seed, take_over, seed, folder / str(seed), counted)
    left_out = counted.pop("left out")
    figure(
        f"T31: {len(seeds)} servers with {counted.total()} things of {len(counted)} kinds "
        f"imported, {left_out} left out; 0 steps, 0 mutating calls, every file the same again; "
        f"{monotonic() - began:.0f} s"
    )
    return counted


def test_t31_what_runs_on_a_generated_server_is_imported_and_then_nothing_is_planned(
    tmp_path, figure
):
    counted = trial(range(50), tmp_path, figure)
    assert len(counted) == 9  # every kind that can be declared


@pytest.mark.nightly
def test_t31_what_runs_on_a_thousand_servers_is_imported_and_then_nothing_is_planned(
    tmp_path, figure
):
    trial(range(1_000, 2_000), tmp_path, figure)
