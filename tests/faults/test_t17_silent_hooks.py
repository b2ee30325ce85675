"""Every hook lost for a day: looks find it all, and it is told how much was missed. (T17)"""

from random import Random

import pytest
import trio

from orchestrator.emulator.faults import Faults
from tests.stage import staged

STEADY = tuple(f"steady{number}" for number in range(6))
"""They go on all day: a list that empties would be taken for a restart, which no hook tells."""
DAY_S = 24 * 3_600
STREAMS = tuple(f"s{number}" for number in range(5))
LOOK_S = 30  # the default for streams
SLACK_S = 5  # the create, and the look that shows it


@pytest.mark.slow
async def test_t17_a_day_without_hooks_costs_a_look_each_and_is_told(autojump_clock, figure):
    draw, waits, changes, silent = Random(17), [], [], []
    async with staged() as stage:
        for name in STREAMS:
            stage.transponder(f"t-{name}", name, url=f"rtmp://target.lan/{name}")
        await stage.start()
        server = stage.servers["wcs1"]
        clients = {name: server.client(name) for name in STREAMS}
        for client in clients.values():
            await client.connect()  # while it is heard: sessions that ask are declined in silence
        for name in STEADY:
            await server.client(name).publish(name)
        await trio.sleep(LOOK_S)
        server.node.turn(Faults(hooks_lost=1.0))

        async def live(name):
            while True:
                await trio.sleep(draw.uniform(2 * LOOK_S, 3_600))
                await clients[name].publish(name)
                changes.append(trio.current_time())
                await running(name)
                await trio.sleep(draw.uniform(2 * LOOK_S, 3_600))
                await clients[name].unpublish()
                changes.append(trio.current_time())

        async def running(name):
            began = trio.current_time()
            while name not in dict(stage.transponders()):  # noqa: ASYNC110 - it is another server
                await trio.sleep(0.5)
            waits.append(trio.current_time() - began)

        async def watch():
            while not silent:
                await trio.sleep(1)
                _, told = await stage.ask("GET", "/api/v1/status")
                if told["nodes"][0]["silentSince"]:
                    silent.append(trio.current_time() - changes[0])

        async with trio.open_nursery() as nursery:
            for name in STREAMS:
                nursery.start_soon(live, name)
            nursery.start_soon(watch)
            await trio.sleep(DAY_S)
            nursery.cancel_scope.cancel()
        await trio.sleep(5 * 60)
        _, told = await stage.ask("GET", "/api/v1/status")
    missed = told["nodes"][0]["missedHooks"]
    figure(
        f"T17: a day of {len(changes)} changes without a hook: {missed} counted as missed; "
        f"{len(waits)} drifts fixed within {max(waits):.1f} s; silence told after {silent[0]:.0f} s"
    )
    assert (missed, told["well"]) == (len(changes), False)
    assert max(waits) <= LOOK_S + SLACK_S
    assert silent[0] <= 2 * LOOK_S
