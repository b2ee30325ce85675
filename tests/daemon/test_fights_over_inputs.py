"""Somebody takes the inputs of a mixer out again and again, and WCS ends one without any. (T14)"""

import pytest
import trio

from orchestrator.emulator.agent import Sort
from orchestrator.emulator.settings import Settings
from tests.stage import staged

STATE = """
defaults: {node: wcs1}
mixers: {show: {localStreamName: show, inputs: [host]}}
"""
HELD, READY = ("Held", "fighting"), ("Ready", "unverified")


async def unmix(stage):
    """Take every input out, whenever there is one."""
    server = stage.servers["wcs1"]
    while True:
        for mixer in server.media.agents.all(Sort.MIXER):
            for one in tuple(mixer.inputs.values()):
                fields = {"uri": mixer.uri, "remoteStreamName": one["name"]}
                await server.foreign("/mixer/remove", fields)
        await trio.sleep(5)


async def fought_over(stage, nursery):
    """Have a mixer that was fought over; return its publisher."""
    stage.write(STATE)
    await stage.start()
    host = stage.servers["wcs1"].client("host")
    await host.publish("host")
    await trio.sleep(30)
    nursery.start_soon(unmix, stage)
    await trio.sleep(900)
    assert await stage.phases() == {"show": HELD}
    return host


async def test_what_ends_for_want_of_fought_over_inputs_stays_away(autojump_clock):
    async with staged(wcs_settings=Settings(tells_metrics=False, mixer_idle_timeout=200)) as stage:
        async with trio.open_nursery() as nursery:
            await fought_over(stage, nursery)
            assert stage.servers["wcs1"].media.agents.all(Sort.MIXER) == []
            before = stage.journal.written
            await trio.sleep(4 * 3_600)
            assert stage.mutations(after=before) == []
            assert await stage.phases() == {"show": HELD}
            nursery.cancel_scope.cancel()
        asked = {"names": ["mixer/show"], "reason": "talked"}
        await stage.ask("POST", "/control/v1/resume", asked)
        await trio.sleep(60)
        assert await stage.phases() == {"show": READY}


@pytest.mark.parametrize("end", ["publication", "restart"])
async def test_a_new_publication_or_life_of_the_node_ends_a_fight(autojump_clock, end):
    async with staged(wcs_settings=Settings(tells_metrics=False, mixer_idle_timeout=200)) as stage:
        async with trio.open_nursery() as nursery:
            host = await fought_over(stage, nursery)
            nursery.cancel_scope.cancel()
        if end == "publication":
            await host.unpublish()
        else:
            stage.servers["wcs1"].restart(5)
        await trio.sleep(60)
        await stage.servers["wcs1"].client("host again").publish("host")
        await trio.sleep(60)
        assert await stage.phases() == {"show": READY}
