"""One seed from start to end: a storm, then calm, then rest; what came of it is a `Trial`."""

from random import Random
from time import perf_counter

import trio
from attrs import asdict, define, evolve, field

from orchestrator.core.filter import Filter
from orchestrator.emulator.faults import Faults, Hiding
from tests.simulation.actors import Actors
from tests.simulation.climate import FULL, GAPS_S, SPOILT, STARTING, Climate
from tests.simulation.directors import Directors
from tests.simulation.machine import Machine
from tests.simulation.people import People
from tests.simulation.quiet import lived
from tests.simulation.strangers import Strangers
from tests.simulation.studio import climate_for, faults_of, settled
from tests.simulation.trial import Trial, told
from tests.stage import staged

LATE_S = 310  # until the last hook that is under way has arrived, and orders for a while are over
CALM_S = 480  # parked things are tried every 300 s, and a jitter; then they have to be seen
REST_S = 7200
REST_OF_STUDIOS_S = 3600  # they have more kinds to look at
GROUPS = ((), (), ("/push/",), ("/stream/",), ("/recorder/",), STARTING, STARTING)


@define(eq=False)
class Storm:
    """Draws what happens next."""

    climate: Climate
    stage: object
    machine: Machine
    draw: Random
    actors: Actors
    people: People
    has_lives: set = field(factory=set)

    async def rage(self):
        is_full = self.climate.mood in FULL
        for _ in range((10 if is_full else 4) * (1 + 2 * self.climate.is_studio)):
            self.people.edit()
        if is_full:
            self.actors.publish_all()
        if self.climate.mood in SPOILT:
            for server in self.stage.servers.values():
                self.spoil(server)
        for _ in range(self.climate.steps):
            who = self.draw.choice((self.actors, self.actors, self.people, self))
            acts = type(who).acts
            weights = [self.climate.weight(one.__name__) for one in acts]
            (act,) = self.draw.choices(acts, weights if any(weights) else None)
            act(who)
            await trio.sleep(self.draw.choice(GAPS_S))

    def server(self):
        return self.stage.servers[self.draw.choice(self.stage.node_names)]

    def faults(self):
        self.spoil(self.server())

    def spoil(self, server):
        draw = self.draw
        lying = 0 if self.climate.is_calm_at_hooks else 0.3
        faults = Faults(
            hooks_lost=draw.choice((0, 0, 0.5)),
            hooks_doubled=draw.choice((0, 0, 0.5)),
            hooks_copies=draw.choice((1, 4)),
            hooks_delayed=draw.choice((0, 0, 0.5)),
            hooks_late_s=draw.choice((5, 300)),
            hooks_reordered=draw.choice((0, 0, 0.5)),
            hooks_lying=draw.choice((0, 0, lying)),
            rest_groups=draw.choice(GROUPS),
            rest_fails=draw.choice((0, 0, 0.3)),
            rest_status=draw.choice((500, 503, 404)),
            rest_hangs=draw.choice((0, 0, 0.05)),
            rest_lost=draw.choice((0, 0, 0.3)),
            rest_truncated=draw.choice((0, 0, 0.2)),
            rest_html=draw.choice((0, 0, 0.1)),
            rest_reshaped=draw.choice((0, 0.3)),
            rest_delayed=draw.choice((0, 0, 0.2)),
            rest_late_s=draw.choice((2, 30)),
            listings_hidden=draw.choice((0, 0, 1, 3)),
            listings_hidden_as=draw.choice((Hiding.EMPTY, Hiding.NOT_FOUND)),
            transponder_life_s=draw.choice((0, 0, 0, 120)),
            recording_life_s=draw.choice((0, 0, 0, 300)),
        )
        faults = evolve(faults, **SPOILT.get(self.climate.mood, {}))
        if self.climate.is_studio:
            faults = faults_of(draw, self.climate.mood, faults)
        if faults.transponder_life_s or faults.recording_life_s or faults.agent_life_s:
            self.has_lives.add(server)
        server.node.turn(faults)

    def clear_up(self):
        self.server().node.turn(Faults())

    def restart(self):
        server = self.server()
        if server.node.listens:
            self.machine.fired["node restarts"] += 1
            server.restart(self.draw.choice((0, 3, 60)))

    def hang(self):
        server = self.server()
        if server.node.listens and not server.node.hangs:
            self.machine.fired["node silent"] += 1
            server.hang()
            self.later((5, 40, 120), lambda: server.node.hangs and server.hang(on=False))

    def kill(self):
        self.machine.down_s = self.draw.choice((0.1, 1, 100))
        where = self.draw.choice(("", "before write", "after write", "at call", "at hook"))
        if where:
            self.machine.trap.where = where
            self.machine.trap.countdown = self.draw.choice((1, 1, 2, 3, 7))
        else:
            self.machine.cut("at any time")

    def spoil_disk(self):
        if self.machine.has_power:
            disk, draw = self.machine.disk, self.draw
            disk.refuses, disk.denies = draw.choice((("disk full", ""), ("", "fsync failed")))
            self.later((0.05, 2, 60), self.machine.mend)

    def garble(self):
        if self.stage.memory is not None and self.stage.memory.world.is_configured:
            self.people.garble()
            self.later((2, 100), self.people.mend)

    def later(self, choices_s, act):
        """Do something after a while that is drawn."""
        self.actors.nursery.start_soon(_wait_and_act, self.draw.choice(choices_s), act)

    acts = (
        faults, faults, faults, clear_up, clear_up, restart, hang, kill, kill, spoil_disk,
        spoil_disk, garble,
    )  # fmt: skip

    async def calm(self):
        """End all faults, publish every stream for good, and read the documents once more."""
        self.actors.make_peace()
        self.machine.trap.where = ""
        self.machine.mend()
        self.machine.down_s = 1
        self.stage.faults = ()
        for server in self.stage.servers.values():
            server.node.turn(Faults())
            if server.node.hangs:
                server.hang(on=False)
            if server in self.has_lives and server.node.listens:
                server.restart()  # what was bound to end by itself has ended with it
            if self.climate.is_studio:
                server.node.turn(settled(server.node.settings))
        await trio.sleep(LATE_S)
        self.actors.publish_all()
        if self.climate.is_studio:
            self.actors.leave()
        self.people.load()
        place = (self.stage.log.head.position, self.stage.journal.written)
        await trio.sleep(CALM_S)
        return place


async def _wait_and_act(wait_s, act):
    await trio.sleep(wait_s)
    act()


async def _weather(climate):
    machine = Machine()
    seed = climate.seed
    async with staged(
        seed=seed, node_names=climate.nodes, wcs_settings_of=climate.builds,
        node_values=dict(climate.node_values), timing=climate.timing, limits=climate.limits,
        disk=machine.disk, journal=machine.journal, segment_max=climate.segment_max,
    ) as stage:  # fmt: skip
        machine.stage = stage
        draw = Random(seed)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(machine.supervise)
            is_jealous = climate.mood == "strangers"
            cast = (Strangers, Directors) if climate.is_studio else (Actors, People)
            actors = cast[0](stage, draw, machine.fired, nursery, is_jealous)
            people = cast[1](stage, draw, machine.fired, nursery)
            storm = Storm(climate, stage, machine, draw, actors, people)
            await storm.rage()
            calm = await storm.calm()
            rest = (stage.log.head.position, stage.journal.written)
            await trio.sleep(REST_OF_STUDIOS_S if climate.is_studio else REST_S)
            rows = await stage.log.read(Filter(), 10**6)
            _, claims = await stage.ask("GET", "/api/v1/resources")
            trial = told(climate, machine, rows, claims, calm, rest)
            nursery.cancel_scope.cancel()
    return trial


def weather(seed):
    """Run one seed and return what is to be known of it."""
    began = perf_counter()
    trial = lived(seed, _weather, climate_for(seed))
    return Trial(**{**asdict(trial, recurse=False), "wall_s": perf_counter() - began})
