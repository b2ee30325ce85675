"""When loops of nodes are renewed or ended, and what one leaves behind."""

import trio
from attrs import define, evolve

from orchestrator.core.configuration import Node
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.daemon.loops import Loops
from tests.stage import staged


@define
class Hangs:
    """A client whose looks work, and whose calls get no answer."""

    client: object

    async def look(self, call):
        return await self.client.look(call)

    async def send(self, *_):
        await trio.sleep_forever()


async def test_a_call_that_is_cut_off_is_no_longer_in_flight(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        reconciler = stage.operator.reconcilers["wcs1"]
        reconciler.acting.client = Hangs(reconciler.client)
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(1)
        assert await stage.phases() == {"youtube": ("Starting", "in-flight")}
        reconciler.tasks.cancel_scope.cancel()
        await trio.sleep(1)
        assert stage.memory.world.in_flight == EMPTY
        assert (await stage.entries("ActionStarted", "ActionFailed", "ActionFinished")) == [
            ("ActionStarted", "transponder/youtube"),
            ("ActionFailed", "transponder/youtube"),
        ]


def with_call_ms(settings, call_ms):
    timing = evolve(settings.configuration.timing, call_ms=call_ms)
    return evolve(settings, configuration=evolve(settings.configuration, timing=timing))


def with_retired(settings, name):
    nodes = Map({name: Node(retired=True)})
    return evolve(settings, configuration=evolve(settings.configuration, nodes=nodes))


async def test_a_loop_is_renewed_when_what_it_began_with_changes():
    async with staged() as stage, trio.open_nursery() as nursery:
        await stage.start()
        loops = Loops(stage.memory, stage.log, stage.vault)
        loops.nursery = nursery
        settings = stage.settings()
        loops.apply(settings)
        first = loops.reconcilers["wcs1"]
        loops.apply(settings)
        assert loops.reconcilers["wcs1"] is first
        loops.apply(with_call_ms(settings, 3_000))
        second = loops.reconcilers["wcs1"]
        assert second is not first
        assert second.client._endpoint.call_s == 3.0
        loops.apply(with_retired(settings, "wcs1"))
        assert loops.reconcilers == {}
        nursery.cancel_scope.cancel()
