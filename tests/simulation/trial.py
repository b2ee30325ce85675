"""What can be known of a run from outside: all that a judge may read."""

from hashlib import sha256

import orjson
import trio
from attrs import asdict, frozen

from orchestrator.core.configuration import Recorder
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.emulator.journal import shown
from orchestrator.emulator.settings import Generation
from orchestrator.kinds.catalogue import KINDS


@frozen
class Trial:
    """The log, the emulator's journal, the disk's notes.

    `marks` say how far the log was on disk at which entry of the journal; `calm` and `rest` are
    the (position, entry) at which faults had ended, and at which nothing was left to do; `claims`
    is what the daemon says of each resource then.
    """

    seed: int
    rows: list
    journal: list
    marks: list
    settings: dict
    claims: list
    calm: tuple
    rest: tuple
    fired: dict
    virtual_s: float
    is_replayed: bool
    wall_s: float = 0.0

    @property
    def trace(self):
        """Return the hash of everything that happened."""
        told = orjson.dumps((self.rows, self.journal, self.marks, self.claims))
        return sha256(told).hexdigest()


def told(climate, machine, rows, claims, calm, rest):
    """Return what came of a run that is over."""
    stage = machine.stage
    world = World()
    for row in rows:
        world = project(world, stage.log.codec.decode(row), stage.memory.kinds)
    limits, timing = climate.limits, climate.timing
    looks_ms = {
        kind.name: timing.looks_ms.get(kind.plural, timing.resync_ms) for kind in KINDS.values()
    }
    journal = [shown(entry) for entry in stage.journal.after(0)]
    for entry in journal:
        if entry["kind"] == "fault":
            machine.fired[entry["what"]] += 1
    return Trial(
        seed=climate.seed,
        rows=[asdict(row) for row in rows],
        journal=journal,
        marks=list(machine.disk.marks),
        settings={
            "per_change": limits.deletes.per_change,
            "per_hour": limits.deletes.per_hour,
            "interrupts": limits.interrupts_per_change,
            "looks_ms": looks_ms,
            "call_ms": timing.call_ms,
            "start_deadline_ms": timing.start_deadline_ms,
            "without_recorder": [
                node
                for node, value in climate.node_values.items()
                if value.recorder is Recorder.STREAM
            ],
            "hides_parameters": [
                node
                for node, build in climate.builds.items()
                if build.generation is not Generation.Y2022
            ],
        },
        claims=claims,
        calm=calm,
        rest=rest,
        fired=dict(machine.fired),
        virtual_s=trio.current_time(),
        is_replayed=world == stage.memory.world,
    )
