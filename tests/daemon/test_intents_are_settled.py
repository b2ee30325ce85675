"""What becomes of an intent between the plan and the call, tried with a log that is in the way."""

import trio
from attrs import define, field

from orchestrator.core.event import ActionStarted
from orchestrator.errors import LogRefused
from orchestrator.shell.log.memory import Disk
from tests.stage import staged

URL = "rtmp://target.lan/live"


@define(eq=False)
class ForgetfulDisk(Disk):
    """A disk that keeps the first intent of all and says that it has not."""

    denied: list = field(factory=list)

    def keep(self, rows, *, in_new_segment=False):
        super().keep(rows, in_new_segment=in_new_segment)
        if not self.denied and any(row.type == "ActionStarted" for row in rows):
            self.denied.append(rows)
            raise LogRefused("fsync failed")


@define(eq=False)
class Queue:
    """A log in which something else is written first whenever an intent comes."""

    log: object
    first: object

    async def append(self, facts):
        if isinstance(facts[0].event, ActionStarted):
            await self.first()
        return await self.log.append(facts)


async def test_an_intent_that_was_refused_and_stands_in_the_log_is_not_in_flight_for_ever(
    autojump_clock,
):
    disk = ForgetfulDisk()
    async with staged(disk=disk) as stage:
        stage.transponder("a", "show", URL)
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(10)
        assert disk.denied
        assert stage.mutations() == ["/push/startup"]
        assert (await stage.phases())["a"] == ("Ready", "unverified")
        assert await stage.entries("ActionStarted", "ActionFailed", "ActionFinished") == [
            ("ActionStarted", "transponder/a"),
            ("ActionFailed", "transponder/a"),
            ("ActionStarted", "transponder/a"),
            ("ActionFinished", "transponder/a"),
        ]


async def test_what_is_stopped_before_its_intent_is_written_is_not_called(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show", URL)
        await stage.start()

        async def stop():
            await stage.ask("POST", "/control/v1/stop", {"names": ["a"]})

        reconciler = stage.operator.reconcilers["wcs1"]
        reconciler.acting.log = Queue(stage.log, stop)
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(60)
        assert stage.mutations() == []
        assert (await stage.phases())["a"] == ("Stopped", "stopped")


async def test_what_is_due_as_before_is_called_whatever_was_written_first(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show", URL)
        stage.transponder("b", "other", URL)
        await stage.start()

        async def stop():
            await stage.ask("POST", "/control/v1/stop", {"names": ["b"]})

        reconciler = stage.operator.reconcilers["wcs1"]
        reconciler.acting.log = Queue(stage.log, stop)
        await stage.servers["wcs1"].client("p").publish("show")
        await trio.sleep(4)
        assert stage.mutations() == ["/push/startup"]
