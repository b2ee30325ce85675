"""Plan what strangers and we make of a node, in one order or another; print what the plans are.

Run with a number it takes every order that means nothing from it: of lines in a document, of things
in a listing, of what is concerned, of the looks. While it plans, nobody may look at a clock, throw
dice, or reach for anything outside.
"""

import random
import sys
import time
from contextlib import contextmanager
from hashlib import sha256
from random import Random

import attrs
import orjson
from attrs import define, evolve, field

from orchestrator.core.look import LastLook
from orchestrator.core.plan import plan
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web import forms
from tests.core.history import NODE, History
from tests.faults import lines
from tests.faults.rehearsal import rehearsed
from tests.faults.strangers import NUMBERS, Case
from tests.simulation.quiet import lived

WAITS_MS = (0, 1_000, 16_000, 61_000, 3_600_000)
CASES = 170
"""Plans of each world: of other placements, at other times, after other looks."""

CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
DICE = ("random", "randrange", "choice", "shuffle", "getrandbits")


class Outside(Exception):
    """Something reached outside while it planned."""


@define
class Guard:
    """Refuses everything but thinking while it is up."""

    is_up: bool = False

    def audit(self, event, _arguments):
        """Hear of files, sockets, processes and imports, before they happen."""
        if self.is_up:
            raise Outside(event)

    @contextmanager
    def up(self):
        kept = [
            (module, name, getattr(module, name))
            for module, names in ((time, CLOCKS), (random, DICE))
            for name in names
        ]
        for module, name, _ in kept:
            setattr(module, name, _refused)
        self.is_up = True
        try:
            yield
        finally:
            self.is_up = False
            for module, name, function in kept:
                setattr(module, name, function)


GUARD = Guard()
sys.addaudithook(GUARD.audit)


def _refused(*_):
    raise Outside("a clock or dice")


@define
class Mixed(History):
    """A history whose documents and listings come in another order each time."""

    orders: Random = field(factory=Random)

    def change(self, resources, removed=()):
        return super().change(shuffled(self.orders, resources), shuffled(self.orders, removed))

    def look(self, kind, *items, **more):
        return super().look(kind, *shuffled(self.orders, items), **more)


def shuffled(orders, things):
    """Return the same in another order."""
    things = list(things)
    if orders is not None:
        orders.shuffle(things)
    return things


def plans(history, draw, orders):
    """Yield plans of one world as bytes."""
    placements = history.world.placements_on(NODE)
    for _ in range(CASES):
        concerned = draw.sample(placements, draw.randrange(min(4, len(placements)) + 1))
        looks = dict(sorted(history.looks.items()))
        scope = draw.choice([*looks])
        match draw.randrange(6):
            case 0:
                del looks[scope]
            case 1:
                looks[scope] = evolve(looks[scope], failing_ms=1, failures=2, error="no answer")
            case 2:
                looks[scope] = LastLook(1, 1, 1)
        looks, now_ms = (
            dict(shuffled(orders, looks.items())),
            history.now_ms + draw.choice(WAITS_MS),
        )
        concerned = tuple(shuffled(orders, concerned))
        with GUARD.up():
            planned = plan(history.world, NODE, concerned, KINDS, looks, now_ms)
        shown = forms.plan(history.world, planned.verdicts, KINDS)
        yield bytes_of(planned) + orjson.dumps(shown)


def bytes_of(value):
    """Return a value with all that is in it, maps by their keys."""
    return orjson.dumps(
        value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    )


def _plain(value):
    if attrs.has(type(value)):
        members = {one.name: getattr(value, one.name) for one in attrs.fields(type(value))}
        return {"": type(value).__name__, **members}
    return dict(value)


async def play(seed, order):
    """Return how many plans a seed has, and their digest."""
    draw, orders = Random(seed), Random(order) if order else None
    digest, count = sha256(), 0
    async with rehearsed(seed, lines.streams(NUMBERS)) as rehearsal:
        rehearsal.history = mixed(rehearsal.history, orders) if orders else rehearsal.history
        case = Case(draw, rehearsal)
        await rehearsal.look()
        for _ in range(3):
            for _ in range(draw.randrange(4)):
                await case.begin(*case.slot())
            case.declare()
            for _ in range(3):
                for one in plans(rehearsal.history, draw, orders):
                    digest.update(one)
                    count += 1
                await rehearsal.look()
                await case.round()
    return count, digest.hexdigest()


def mixed(history, orders):
    members = {one.name: getattr(history, one.name) for one in attrs.fields(History)}
    return Mixed(**members, orders=orders)


def main(order, first, last):
    for seed in range(first, last):
        print(seed, *lived(0, play, seed, order))  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
