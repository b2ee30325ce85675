"""A node whose hooks are delivered by hand: when, how often, in which order, or never.

Clients come and go by a seed; the daemon's part is the planner, which looks after each event.
"""

from heapq import heappop, heappush
from itertools import count
from random import Random

import orjson
import trio
from attrs import define, field, frozen

from orchestrator.core.json import freeze_object
from orchestrator.emulator.http import Answer
from orchestrator.emulator.journal import Kind
from orchestrator.kinds.catalogue import KINDS
from tests.faults import lines
from tests.faults.rehearsal import Rehearsal, rehearsed
from tests.stage import things_on

NAMES = ("s0", "s1")
READERS = {name: KINDS[name] for name in ("stream", "transponder", "recording")}
FORMS = ("transponder", "recording")
ROUNDS_MAX = 6
CALM_S = 300


@frozen
class Outcome:
    """Changing calls with their bodies, and what runs on the node in the end."""

    calls: list
    things: list
    phases: dict
    hooks: int

    @property
    def paths(self):
        return [path for path, _ in self.calls]


@define(eq=False)
class Hearing:
    """What is to happen, in order of time: `(at_s, number, deed, arguments)`."""

    draw: Random
    rehearsal: Rehearsal = None
    heard: list = field(factory=list)
    agenda: list = field(factory=list)
    numbers: count = field(factory=count)
    hooks: int = 0

    async def post(self, url, _headers, body, _timeout_s):
        """Take a hook of the node, to be delivered when the scene wants it."""
        self.heard.append((url.rpartition("/")[2], freeze_object(orjson.loads(body))))
        return Answer(200, {"content-type": "application/json"}, body)

    def at(self, at_s, deed, *arguments):
        heappush(self.agenda, (at_s, next(self.numbers), deed, arguments))

    def taken(self):
        """Return the hooks that have come since, each but once."""
        heard, self.heard = self.heard, []
        self.hooks += len(heard)
        return heard

    def deliver(self, hook):
        self.rehearsal.history.hook(hook[1], hook[0])

    async def turn(self, name):
        """Have a client publish a name, or stop, or be gone, as it may; the node goes on."""
        server = self.rehearsal.server
        client = server.clients.get(name)
        if client is None or client.stream is None or client.stream.gone.is_set():
            await server.client(name).publish(name)
        elif self.draw.random() < 0.5:
            await client.unpublish()
        else:
            client.drop()
        await trio.testing.wait_all_tasks_blocked()

    async def settle(self):
        """Plan at once, act and look until there is nothing to do."""
        for _ in range(ROUNDS_MAX):
            if not await self.rehearsal.round(READERS) and not self.rehearsal.steps():
                return
        raise AssertionError(f"it does not settle: {self.rehearsal.steps()}")

    async def play(self):
        """Do all that is to be done, each when it is due, and settle after each."""
        began_s = trio.current_time()
        while self.agenda:
            at_s, _, deed, arguments = heappop(self.agenda)
            await self.rehearsal.wait(max(0, int(began_s + at_s - trio.current_time()) + 1))
            await deed(*arguments)
            await self.settle()

    def outcome(self):
        """Return what was done, and what there is in the end."""
        calls = [
            (one.what, orjson.dumps(one.detail["body"], option=orjson.OPT_SORT_KEYS))
            for one in self.rehearsal.server.node.journal.after(0, kind=Kind.REST)
            if not one.what.endswith("find_all")
        ]
        things = sorted((one.sort, named(one)) for one in things_on(self.rehearsal.server))
        return Outcome(calls, things, self.rehearsal.phases(), self.hooks)


def named(thing):
    """Return what a thing reads, and where it goes."""
    return (thing.stream.name,) if thing.sort == "recording" else (thing.source, thing.rtmp_url)


async def heard(seed, scene):
    """Play a scene on a node of a seed; return its outcome."""
    hearing = Hearing(Random(seed))
    async with rehearsed(seed, post=hearing.post) as hearing.rehearsal:
        declared = [lines.line(form, number, 0) for form in FORMS for number in range(len(NAMES))]
        hearing.rehearsal.history.change(declared)
        await hearing.rehearsal.look(READERS)
        await scene(hearing)
        await hearing.rehearsal.wait(CALM_S)  # what was begun in vain has ended
        await hearing.settle()
        return hearing.outcome()
