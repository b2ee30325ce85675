"""A node that we share with strangers, who run things under the names that our lines want."""

from collections import Counter
from random import Random

from attrs import define, field

from orchestrator.core.action import Adopt, Replace, Update, name_of
from orchestrator.emulator.journal import By
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import NODE
from tests.faults import lines
from tests.faults.lines import FORMS, VARIANTS
from tests.faults.rehearsal import Rehearsal
from tests.stage import things_on

NUMBERS = 2
NAMELESS = {"rtsp", "call", "injection", "recording"}
"""Forms of which nobody can tell one life from another that began between two looks."""


@define
class Case:
    """One node that we share with strangers. `kept` are their things: by whom of us, if adopted."""

    draw: Random
    rehearsal: Rehearsal
    kept: dict = field(factory=dict)
    tally: Counter = field(factory=Counter)

    @property
    def server(self):
        return self.rehearsal.server

    def things(self):
        return things_on(self.server)

    def slot(self):
        return self.draw.choice([*FORMS]), self.draw.randrange(NUMBERS)

    async def begin(self, form, number):
        """Let a stranger begin what a line could declare; beside what is there it is refused.

        A recording is not, and cuts what is there, so nobody begins another.
        """
        if form == "recording" and self.standing(form, number):
            return
        wanted = lines.line(form, number, self.draw.randrange(VARIANTS))
        declared, before = KINDS[wanted.key.kind].declarable, self.things()
        await self.rehearsal.ask(declared.create(wanted.spec, self.site), By.FOREIGN)
        new = [one for one in self.things() if one not in before]
        self.kept |= dict.fromkeys(new)
        self.tally["begun by strangers"] += len(new)

    def standing(self, form, number):
        """Return what there is under the natural keys of a line."""
        one = lines.line(form, number, 0)
        naturals = KINDS[one.key.kind].declarable.naturals(one.spec, self.site)
        return [thing for thing in self.things() if names_of(thing) & {*naturals}]

    @property
    def site(self):
        return self.rehearsal.world.site(NODE)

    async def intrude(self, form, number):
        """Let a stranger be quicker than what we have planned, which is then refused.

        A recording would not be, so nobody can rule out that ours cuts one that began just now.
        """
        if form != "recording":
            await self.begin(form, number)

    async def supplant(self, form, number):
        """Let what is ours end by itself, and a stranger take its place before we look."""
        for thing in self.standing(form, number):
            if thing not in self.kept:
                self.server.media.vanish(thing)
                if form in NAMELESS:
                    await self.rehearsal.look()
                await self.begin(form, number)
                self.tally["supplanted"] += 1

    def declare(self):
        """Change some of the documents."""
        loaded, removed = [], []
        for form, number in {self.slot(): None for _ in range(8)}:
            one = lines.line(form, number, self.draw.randrange(VARIANTS))
            is_there = one.key in self.rehearsal.world.declared
            if is_there and self.draw.random() < 0.4:
                removed.append(one.key)
            else:
                loaded.append(one)
        self.rehearsal.history.change(loaded, removed)

    async def round(self):
        """Do all that the plan wants, and watch each step."""
        for step in self.rehearsal.steps():
            if isinstance(step, Adopt):
                adopted = [one for one in self.kept if names_of(one) & {step.id, step.natural}]
                assert len(adopted) == 1, step
                self.kept[adopted[0]] = step.placement
            if isinstance(step, Update | Replace):
                named = [one for one in self.kept if names_of(one) & {step.id, step.natural}]
                for one in [one for one in named if self.kept[one] == step.placement]:
                    del self.kept[one]
            before = self.pictures()
            await self.rehearsal.take(step)
            assert self.pictures() == before, step
            self.tally[name_of(step)] += 1
        await self.rehearsal.wait(10)

    def pictures(self):
        """Return how the things of strangers are; what has gone or is bound to go shows it."""
        there = self.things()
        return [(one in there, one.ending, one.detail()) for one in self.kept]


def names_of(thing):
    """Return what a thing may go by in a listing."""
    names = {thing.id, getattr(thing, "uri", "")}
    if thing.sort == "transponder":
        names.add(f"{thing.stream_name} {thing.rtmp_url}")
    return names - {""}
