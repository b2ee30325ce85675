"""Calls: dialled once each time they become wanted, and again only as `redial` says."""

import pytest
import trio
from attrs import evolve

from orchestrator.core.configuration import Node
from orchestrator.emulator.calls import SipCall
from orchestrator.emulator.settings import Settings
from tests.stage import staged

CALL = 'calls: {%s: {node: wcs1, callee: "%s", sipLogin: "1", sipDomain: sip.lan, redial: %s}}\n'
NODES = {"wcs1": Node()}


def hang_up(stage):
    (call,) = stage.servers["wcs1"].objects.kept[SipCall].values()
    stage.servers["wcs1"].media.vanish(call)


async def phase(stage):
    ((_, found),) = (await stage.phases()).items()
    return found


@pytest.mark.parametrize(
    ("redial", "dialled", "ends"),
    [
        ("never", 1, ("Finished", "ended")),
        ("dropped", 2, ("Ready", "unverified")),
        ("always", 2, ("Ready", "unverified")),
    ],
)
async def test_a_call_that_talked_is_dialled_again_as_it_says(
    autojump_clock, redial, dialled, ends
):
    async with staged(node_values=NODES) as stage:
        stage.write(CALL % ("reporter", "1001", redial))
        await stage.start()
        await trio.sleep(90)
        assert await phase(stage) == ("Ready", "unverified")
        hang_up(stage)
        await trio.sleep(90)
        assert (await phase(stage), stage.mutations()) == (ends, ["/call/startup"] * dialled)


@pytest.mark.parametrize(
    ("redial", "phases"),
    [("never", {"Finished"}), ("dropped", {"Finished"}), ("always", {"Backoff", "Starting"})],
)
async def test_a_call_that_never_talked_is_dropped_by_nobody(autojump_clock, redial, phases):
    wcs = Settings(tells_metrics=False, callees={"1001": "BUSY"}, call_lingers_s=0)
    async with staged(node_values=NODES, wcs_settings=wcs) as stage:
        stage.write(CALL % ("reporter", "1001", redial))
        await stage.start()
        await trio.sleep(60)
        assert (await phase(stage))[0] in phases
        assert (len(stage.mutations()) == 1) is (redial != "always")


async def test_it_rings_as_long_as_it_takes(autojump_clock):
    wcs = Settings(tells_metrics=False, callees={"1001": "RING"}, call_ring_s=100_000)
    async with staged(node_values=NODES, wcs_settings=wcs) as stage:
        stage.write(CALL % ("reporter", "1001", "always"))
        await stage.start()
        await trio.sleep(3_600)
        assert await phase(stage) == ("Starting", "connecting")
        assert stage.mutations() == ["/call/startup"]


async def test_what_was_taken_and_is_never_listed_has_had_its_life(autojump_clock):
    async with staged(node_values=NODES) as stage:
        node = stage.servers["wcs1"].node
        node.turn(evolve(node.faults, rest_html=1.0, rest_groups=("/call/startup",)))
        stage.write(CALL % ("reporter", "1001", "never"))
        await stage.start()
        await trio.sleep(3)
        hang_up(stage)
        await trio.sleep(60)
        assert await phase(stage) == ("Finished", "ended")
        assert stage.mutations() == ["/call/startup"]


async def test_one_that_is_accepted_and_missing_is_awaited_before_it_is_finished(autojump_clock):
    async with staged(node_values=NODES) as stage:
        stage.write(CALL % ("reporter", "1001", "never"))
        await stage.start()
        await trio.sleep(0.3)
        hang_up(stage)
        await trio.sleep(5)
        assert await phase(stage) == ("Starting", "not-listed")
        await trio.sleep(30)
        assert await phase(stage) == ("Finished", "ended")
        assert stage.mutations() == ["/call/startup"]
