"""Fresh hints while a node that has restarted is given back all that ran on it. (T29)"""

from time import monotonic

import pytest
import trio

from tests.simulation.quiet import lived
from tests.stage import staged, things_on

FRESH = 40
RATE = 50  # calls a second, as configured where nothing is said
AHEAD = 5  # calls that take 100 ms at this rate
APART_S = 0.25


def ahead_of(stage, since_s, stream):
    """Return how many calls for what a restart took began after a moment and before a stream's."""
    calls = [
        (one.detail["body"]["streamName"], one.at_s)
        for one in stage.journal.after(0, kind="rest")
        if one.what == "/push/startup" and one.at_s >= since_s
    ]
    began = [name for name, _ in calls].index(stream)
    return sum(name == "show" and at_s > since_s for name, at_s in calls[:began])


def made_again(stage):
    """Return how many of the things that a restart takes are on the node."""
    return sum(one.source == "show" for one in things_on(stage.servers["wcs1"]))


async def resynced(stage, keys):
    """Block until all that a restart took is there again; return how long it took."""
    began = trio.current_time()
    with trio.fail_after(3_600):
        while made_again(stage) < keys:  # noqa: ASYNC110 - virtual
            await trio.sleep(APART_S)
    return trio.current_time() - began


async def publish(stage, keys, ahead):
    """Publish what nobody did before, again and again; keep how many calls went ahead of each."""
    hints = {}
    for number in range(FRESH):
        hints[f"n{number}"] = stage.now_ms() / 1000
        await stage.servers["wcs1"].client(f"n{number}").publish(f"n{number}")
        await trio.sleep(APART_S)
    assert made_again(stage) < keys, "all was back before the last hint"
    await resynced(stage, keys)
    ahead += [ahead_of(stage, since_s, name) for name, since_s in hints.items()]


async def play(keys, ahead):
    """Let a node restart twice; return how long its things take to be back, alone and beside."""
    async with staged() as stage:
        for number in range(keys):
            stage.transponder(f"t{number:05}", "show", f"rtmp://target.lan/{number}")
        for number in range(FRESH):
            stage.transponder(f"n{number}", f"n{number}", f"rtmp://fresh.lan/{number}")
        await stage.start()
        node = stage.servers["wcs1"]
        await node.client("studio").publish("show")
        await trio.sleep(20 + keys / RATE)
        took = []
        for load in ((), (publish,)):
            node.restart()
            await node.client("studio").publish("show")
            async with trio.open_nursery() as nursery:
                for fresh in load:
                    nursery.start_soon(fresh, stage, keys, ahead)
                took.append(await resynced(stage, keys))
        return took


def trial(keys, figure):
    began, ahead = monotonic(), []
    solo_s, loaded_s = lived(0, play, keys, ahead)
    assert (len(ahead), max(ahead) <= AHEAD, loaded_s <= 2 * solo_s) == (FRESH, True, True)
    figure(
        f"T29: {keys} keys to be made again, {FRESH} fresh hints: at most {max(ahead)} calls went "
        f"ahead of one, {max(ahead) * 1000 // RATE} ms; the rest took {loaded_s:.2f} virtual s, "
        f"alone {solo_s:.2f} s; {monotonic() - began:.0f} s"
    )


def test_t29_a_fresh_hint_is_served_at_once_while_a_thousand_keys_are_in_resync(figure):
    trial(1_000, figure)


@pytest.mark.nightly
def test_t29_a_fresh_hint_is_served_at_once_while_ten_thousand_keys_are_in_resync(figure):
    trial(10_000, figure)
