"""What the loop of a node leaves behind when its settings change while a call is on its way."""

import trio
from attrs import define

from orchestrator.core.mapping import EMPTY
from tests.stage import staged


@define
class Hangs:
    """A client whose looks work, and whose calls get no answer."""

    client: object

    async def look(self, call):
        return await self.client.look(call)

    async def send(self, _call):
        await trio.sleep_forever()


async def test_a_call_that_is_cut_off_is_no_longer_in_flight(autojump_clock):
    async with staged() as stage:
        stage.transponder("youtube", "show")
        await stage.start()
        reconciler = stage.operator.reconcilers["wcs1"]
        reconciler.client = Hangs(reconciler.client)
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(1)
        assert await stage.phases() == {"youtube": ("Starting", "in-flight")}
        reconciler._tasks.cancel_scope.cancel()
        await trio.sleep(1)
        assert stage.memory.world.in_flight == EMPTY
        assert (await stage.entries("ActionStarted", "ActionFailed", "ActionFinished")) == [
            ("ActionStarted", "transponder/youtube"),
            ("ActionFailed", "transponder/youtube"),
        ]
