"""The whole daemon on a stage with lines of every kind, while its node misbehaves."""

from contextlib import asynccontextmanager

import trio
from attrs import evolve

from orchestrator.core.configuration import Timing
from orchestrator.core.mapping import Map
from orchestrator.emulator.faults import Faults
from orchestrator.emulator.journal import By, Kind
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import NODE
from tests.faults import lines
from tests.faults.documents import text_of
from tests.faults.lines import FORMS
from tests.faults.rehearsal import LAVISH, WCS
from tests.stage import staged, things_on

EVERY_MS = 2_000
BRISK = Timing(resync_ms=EVERY_MS, looks_ms=Map({kind.plural: EVERY_MS for kind in KINDS.values()}))
SETTLED_S = 100
DECLARED = tuple(name for name, kind in KINDS.items() if kind.declared is not None)


@asynccontextmanager
async def shown(count, seed=0, streams=0, timing=BRISK, **values):
    """Yield a stage on which some lines of every form run, for long enough to be trusted."""
    slots = {(form, number): 0 for form in FORMS for number in range(count)}
    async with staged(
        seed=seed, node_values={NODE: lines.NODE}, wcs_settings=WCS, timing=timing, limits=LAVISH,
        **values,
    ) as stage:  # fmt: skip
        stage.write(text_of(slots).decode())
        await stage.start()
        for name in lines.streams(streams or count):
            await stage.servers[NODE].client(name).publish(name)
        await trio.sleep(SETTLED_S)
        assert {name: word for name, word in (await words(stage)).items() if word != "Ready"} == {}
        yield stage


def turn(stage, **faults):
    """Let the node play these faults and no others from now on."""
    stage.servers[NODE].node.turn(evolve(Faults(), **faults))


def listings(kind):
    """Return the paths of the lists in which a kind is."""
    return tuple(call.path for call in KINDS[kind].listings(lines.NODE))


async def words(stage, kind=""):
    """Return resource → phase, of one kind or of all."""
    rows = (await stage.ask("GET", "/api/v1/resources"))[1]
    return {row["resource"]: row["phase"] for row in rows if kind in ("", row["kind"])}


def things(stage):
    """Return all that runs on the node but streams, one by one."""
    return {id(one): one.id for one in things_on(stage.servers[NODE])}


async def edit(stage, numbers):
    """Declare the lines with these numbers, and no others."""
    stage.write(text_of({(form, number): 0 for form in FORMS for number in numbers}).decode())
    await stage.load()


def answers(stage, after=0):
    """Return path and status of what the daemon asked for beside lists."""
    told = stage.journal.after(after, kind=Kind.ANSWER)
    return [
        (one.what, one.status)
        for one in told
        if one.by is By.REST and not one.what.endswith(("/find", "/find_all"))
    ]


def hidden(stage, path, after):
    """Return how often a list was hidden."""
    played = {one.call for one in stage.journal.after(after, kind=Kind.FAULT)}
    asked = stage.journal.after(after, kind=Kind.REST)
    return sum(one.what == path and one.number in played for one in asked)
