"""Storms: the whole daemon under faults drawn from a seed; then calm, in which it must converge.

While faults rage, safety: nothing of a stranger is ever ended, and every mutating call has its
intent in the log. When they stop, liveness: what is declared runs, and then nothing is called and
nothing written. The judge reads the emulator's journal and the log's entries, and nothing else.

A failing seed is repeated by `python -m pytest tests/simulation -k "storm and SEED"`.
"""

from contextlib import suppress
from random import Random

import pytest
import trio
from attrs import define, field

from orchestrator.core.filter import Filter
from orchestrator.emulator.faults import Faults, Hiding
from orchestrator.emulator.http import Broken, Refused
from orchestrator.errors import LogRefused
from tests.stage import Stage, staged

STREAMS = ("a", "b", "c", "d")
TARGETS = tuple(f"rtmp://target.lan/live{number}" for number in range(4))
STORM_STEPS = 60
CALM_S = 420  # parked things are tried every 300 s, and a jitter
REST_S = 3600


@pytest.fixture(autouse=True)
def _seeded(request):
    """Let trio's own scheduler draw from the test's seed, so that a seed is a history."""
    run = trio._core._run
    before = run._ALLOW_DETERMINISTIC_SCHEDULING
    run._ALLOW_DETERMINISTIC_SCHEDULING = True
    run._r.seed(request.node.callspec.params["seed"])
    yield
    run._ALLOW_DETERMINISTIC_SCHEDULING = before


@define(eq=False)
class Storm:
    """Draws what happens next."""

    stage: Stage
    random: Random
    clients: dict = field(factory=dict)
    number: int = 0

    @property
    def server(self):
        return self.stage.servers["wcs1"]

    async def step(self):
        acts = (
            self.publish, self.publish, self.unpublish, self.drop, self.vanish_stream,
            self.vanish_transponder, self.edit, self.edit, self.foreign, self.faults, self.faults,
            self.restart, self.kill, self.refuse,
        )  # fmt: skip
        await self.random.choice(acts)()
        await trio.sleep(self.random.choice((0.01, 0.3, 2, 10, 40)))

    async def publish(self):
        name = self.random.choice(STREAMS)
        self.number += 1
        client = self.server.client(f"{name}-{self.number}")
        self.clients[name] = client
        self.stage.nursery.start_soon(self.act, client.publish, name)

    async def act(self, what, *arguments):
        """Let a client act, if its node can be reached."""
        with suppress(Refused, Broken):
            await what(*arguments)

    async def unpublish(self):
        if client := self.clients.get(self.random.choice(STREAMS)):
            self.stage.nursery.start_soon(self.act, client.unpublish)

    async def drop(self):
        if client := self.clients.get(self.random.choice(STREAMS)):
            client.drop()

    async def vanish_stream(self):
        if client := self.clients.get(self.random.choice(STREAMS)):
            client.vanish()

    async def vanish_transponder(self):
        things = list(self.server.objects.transponders.values())
        if things:
            self.server.media.transponders.vanish(self.random.choice(things))

    async def edit(self):
        names = [key.name for key in self.stage.resources]
        if names and self.random.random() < 0.4:
            self.stage.remove(self.random.choice(names))
        else:
            stream, url = self.random.choice(STREAMS), self.random.choice(TARGETS)
            taken = {(r.spec.stream_name, r.spec.rtmp_url) for r in self.stage.resources.values()}
            if (stream, url) not in taken:
                self.stage.transponder(
                    f"t{self.random.randrange(8)}", stream, url, muted=self.random.random() < 0.3
                )
        await self.load()

    async def load(self):
        if self.stage.loader is not None and self.stage.intake is not None:
            with suppress(LogRefused):  # the disk refuses; the next load brings it
                await self.stage.load()

    async def foreign(self):
        stream, url = self.random.choice(STREAMS), self.random.choice(TARGETS)
        fields = {"streamName": stream, "rtmpUrl": url}
        await self.act(self.server.foreign, "/push/startup", fields)

    async def faults(self):
        draw = self.random
        faults = Faults(
            hooks_lost=draw.choice((0, 0.5)),
            hooks_doubled=draw.choice((0, 0.5)),
            hooks_delayed=draw.choice((0, 0.3)),
            hooks_late_s=draw.choice((5, 300)),
            hooks_lying=draw.choice((0, 0.1)),
            rest_fails=draw.choice((0, 0.3)),
            rest_hangs=draw.choice((0, 0.05)),
            rest_lost=draw.choice((0, 0.2)),
            rest_truncated=draw.choice((0, 0.2)),
            rest_html=draw.choice((0, 0.1)),
            rest_reshaped=draw.choice((0, 0.3)),
            listings_hidden=draw.choice((0, 0, 3)),
            listings_hidden_as=draw.choice((Hiding.EMPTY, Hiding.NOT_FOUND)),
        )
        self.server.node.turn(faults)

    async def restart(self):
        if self.random.random() < 0.4:
            self.server.restart(self.random.choice((0, 3, 60)))

    async def kill(self):
        await self.stage.kill()
        self.stage.disk.refuses = ""
        await trio.sleep(self.random.choice((0, 5, 100)))
        await self.stage.start()

    async def refuse(self):
        self.stage.disk.refuses = self.random.choice(("", "disk full"))

    async def calm(self):
        """Stop all faults, publish every stream for good, and read the documents once more."""
        self.stage.disk.refuses = ""
        self.server.node.turn(Faults())
        await trio.sleep(310)  # what a fault has delayed arrives, and a node that is down comes up
        for name in STREAMS:
            if self.server.objects.published(name) is None:
                self.server.keep(name)
        await self.load()
        await trio.sleep(CALM_S)


def judge_safety(journal, rows):
    """Assert what must hold at every moment, from journal and log alone."""
    adopted = {row.body.split('"id":"')[1].split('"')[0] for row in rows if row.type == "Adopted"}
    makers = {}
    intents = [row for row in rows if row.type == "ActionStarted"]
    for one in journal.after(0):
        if one.what == "transponder came":
            makers[one.object] = one.by
        elif one.what == "transponder went" and one.by == "rest":
            assert makers[one.object] == "rest" or one.object in adopted, one
    for method in ("/push/startup", "/push/terminate", "/push/mute", "/push/unmute"):
        calls = [one for one in journal.after(0, kind="rest") if one.what == method]
        calls = [one for one in calls if one.by == "rest"]
        meant = [row for row in intents if f'"method":"{method}"' in row.body]
        assert len(calls) <= len(meant), method


def judge_liveness(stage, phases):
    """Assert that what is declared runs, or is held for a reason that a person has to end."""
    there = set(stage.transponders())
    for resource in stage.resources.values():
        phase = phases[resource.key.name]
        if phase[0] != "Held":
            assert (resource.spec.stream_name, resource.spec.rtmp_url) in there, (resource, phase)
            assert phase == ("Ready", "unverified")


async def weather(seed):
    async with staged(seed=seed) as stage:
        storm = Storm(stage, Random(seed))
        await stage.start()
        for _ in range(STORM_STEPS):
            await storm.step()
        await storm.calm()
        rows = await stage.log.read(Filter(), 10**6)
        judge_safety(stage.journal, rows)
        judge_liveness(stage, await stage.phases())
        head, calls = stage.log.head.position, len(stage.mutations())
        await trio.sleep(REST_S)
        news = await stage.log.read(Filter(after=head), 100)
        assert ([row.type for row in news], len(stage.mutations())) == ([], calls)


@pytest.mark.parametrize("seed", range(12))
async def test_after_a_storm_everything_runs_and_rests(autojump_clock, seed):
    await weather(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1000, 1200))
async def test_after_many_storms_everything_runs_and_rests(autojump_clock, seed):
    await weather(seed)
