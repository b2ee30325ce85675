"""Fresh hints while a daemon that has just begun looks at everything and plans it anew. (T29)"""

from time import monotonic

import pytest
import trio

from orchestrator.core.action import Phase
from tests.simulation.quiet import lived
from tests.stage import staged

FRESH = 40
RATE = 50  # calls a second, as configured where nothing is said
START_S = 0.1


def starts(stage, mark):
    """Return when transponders were asked for since a mark."""
    return [
        one.at_s for one in stage.journal.after(mark, kind="rest") if one.what == "/push/startup"
    ]


async def resynced(stage, keys):
    """Block until all is known to be Ready again by a daemon that just began; return how long."""
    began = trio.current_time()
    with trio.fail_after(3_600):
        while sum(one.phase is Phase.READY for one in stage.memory.judged()) < keys:  # noqa: ASYNC110 - virtual
            await trio.sleep(0.25)
    return trio.current_time() - began


async def publish(stage, waits):
    """Publish what nobody did before, again and again; keep how long it was until each call."""
    for number in range(FRESH):
        mark, at_s = stage.journal.written, stage.now_ms() / 1000
        await stage.servers["wcs1"].client(f"n{number}").publish(f"n{number}")
        await trio.sleep(0.25)
        waits.extend(one - at_s for one in starts(stage, mark))


async def play(keys, waits):
    """Let a daemon begin anew twice; return how long its resync takes alone, and beside others."""
    async with staged() as stage:
        for number in range(keys):
            stage.transponder(f"t{number:05}", "show", f"rtmp://target.lan/{number}")
        for number in range(FRESH):
            stage.transponder(f"n{number}", f"n{number}", f"rtmp://fresh.lan/{number}")
        await stage.start()
        await stage.servers["wcs1"].client("studio").publish("show")
        await trio.sleep(20 + keys / RATE)
        took = []
        for load in ((), (publish,)):
            await stage.kill()
            await stage.start()
            async with trio.open_nursery() as nursery:
                for fresh in load:
                    nursery.start_soon(fresh, stage, waits)
                took.append(await resynced(stage, keys))
        return took


def trial(keys, figure):
    began, waits = monotonic(), []
    solo_s, loaded_s = lived(0, play, keys, waits)
    assert (len(waits), max(waits) <= START_S, loaded_s <= 2 * solo_s) == (FRESH, True, True)
    figure(
        f"T29: {keys} keys in resync, {FRESH} fresh hints: the slowest began after "
        f"{max(waits) * 1000:.0f} ms; resync took {loaded_s:.2f} virtual s, alone {solo_s:.2f} s; "
        f"{monotonic() - began:.0f} s"
    )


def test_t29_a_fresh_hint_is_served_at_once_while_a_thousand_keys_are_in_resync(figure):
    trial(1_000, figure)


@pytest.mark.nightly
def test_t29_a_fresh_hint_is_served_at_once_while_ten_thousand_keys_are_in_resync(figure):
    trial(10_000, figure)
