"""Plans carried out on an emulated node, round by round: planner and server, and no daemon."""

from contextlib import asynccontextmanager
from random import Random

import orjson
import trio
from attrs import define, field

from orchestrator.core.action import Adopt, Create, Finish, Look, StopFight, Update, name_of
from orchestrator.core.configuration import Deletes, Limits
from orchestrator.core.event import ActionFinished, ActionStarted, Adopted, FightStopped, Finished
from orchestrator.core.json import freeze_object
from orchestrator.core.mapping import Map
from orchestrator.core.rest import RestReply, listing
from orchestrator.emulator.journal import By, Journal
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.server import WebCallServer
from orchestrator.emulator.settings import Settings
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import NODE, History
from tests.faults import lines

WCS = Settings(vod_stream_timeout=0, vod_duration_s=36_000, tells_metrics=False)
LAVISH = Limits(Deletes(1_000, 100, 1_000, 1_000), interrupts_per_change=1_000)
ROUND_S = 10  # until what was begun runs, and what was ended is no longer listed


@define(eq=False)
class Rehearsal:
    """What the planner knows of a node, and the node."""

    server: WebCallServer
    history: History = field(factory=History)

    @property
    def world(self):
        return self.history.world

    async def ask(self, call, by=By.REST):
        """Send a call as the daemon does, or a stranger, and return what the node says."""
        body = orjson.dumps(call.body, default=dict)
        answer = await self.server.rest.answer("POST", call.path, body, {}, by)
        said = orjson.loads(answer.body) if answer.body.strip() else None
        return RestReply(answer.status, said, answer.body.decode())

    async def look(self, kinds=KINDS):
        """Look at these kinds until that brings no news; what has ended may have fed others."""
        position = -1
        while position != self.world.position:
            position = self.world.position
            for kind in kinds.values():
                items = []
                for call in kind.listings(self.world.node(NODE)):
                    items += listing(await self.ask(call), kind.identity).items
                self.history.look(kind.name, *map(freeze_object, items))

    async def wait(self, for_s):
        await trio.sleep(for_s)
        self.history.wait(for_s * 1_000)

    def steps(self):
        """Return what is to be done now; looks are no steps."""
        return [one for one in self.history.planned().plan.actions if not isinstance(one, Look)]

    async def round(self, kinds=KINDS):
        """Do all that the plan wants, wait until it shows, look; return what was done."""
        steps = self.steps()
        for step in steps:
            await self.take(step)
        await self.wait(ROUND_S)
        await self.look(kinds)
        return steps

    async def take(self, step):
        """Do one step, and write down its intent and its outcome."""
        key, name, happen = step.placement.key, name_of(step), self.history.happen
        match step:
            case Adopt(natural=natural, id=id_):
                happen(Adopted(NODE, key, natural, id_))
            case Finish(reason=reason):
                happen(Finished(NODE, key, reason))
            case StopFight(reason=reason):
                happen(FightStopped(NODE, key, reason))
            case _:
                target = ("", "") if isinstance(step, Create) else (step.natural, step.id)
                sent = step.sent if isinstance(step, Create | Update) else Map()
                path, body, seen = step.call.path, Map(step.call.body), self.world.position
                happen(ActionStarted(NODE, key, name, path, body, seen, *target, sent))
                reply = await self.ask(step.call)
                made = ""
                if isinstance(step, Create):
                    made = KINDS[key.kind].declarable.made(reply)
                error = "" if reply.accepted else f"{path} answered {reply.status}"
                happen(ActionFinished(NODE, key, name, path, reply.status, None, made, error))

    def phases(self):
        """Return key → phase of all that is wanted or ours."""
        planned = self.history.planned()
        return {str(one.placement.key): one.phase.value for one in planned.verdicts}


@asynccontextmanager
async def rehearsed(seed, streams=(), limits=LAVISH, post=None):
    """Open a rehearsal on a fresh node on which clients publish these streams.

    Its hooks, of all applications, go to `post`; without one there are no applications.
    """
    async with trio.open_nursery() as nursery:
        hearing = applications_at("http://daemon") if post is not None else ()
        options = NodeOptions(name=NODE, seed=seed, settings=WCS, applications=hearing)
        post = post or _unheard
        server = WebCallServer(options, random=Random(seed), post=post, journal=Journal())
        await nursery.start(server.run)
        for name in streams:
            await server.client(name).publish(name)
        rehearsal = Rehearsal(server)
        rehearsal.history.configure({NODE: lines.NODE}, limits=limits)
        yield rehearsal
        nursery.cancel_scope.cancel()


async def _unheard(*_):
    """Take a hook and tell nobody."""
    raise AssertionError("no application is configured")
