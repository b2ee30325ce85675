"""Whose wish is followed: lines and rules that want the same names, targets and streams.

Histories are drawn from seeds; after each entry the indices say what the world says, what changed
was concerned, each wish is followed or known to clash, and nothing is wanted twice.
"""

from random import Random

import pytest
from attrs import evolve

from orchestrator.core.concern import Everything, concern
from orchestrator.core.configuration import Node
from orchestrator.core.document import ConfigurationLoaded, Ensured, Moved, RulesLoaded, StateLoaded
from orchestrator.core.kind import Reach
from orchestrator.core.placement import placements
from orchestrator.core.resource import Key, Place, Placement, Resource
from orchestrator.core.rule import Each, Subject
from orchestrator.core.wish import wishes
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.transponder import Transponder
from orchestrator.kinds.vod import Vod
from tests.core.history import History

NODES = ("wcs1", "wcs2")
NAMES, TARGETS, GROUNDS = "abc", "xyz", ("s1", "s2", "s3")
RULES = ("r1", "r2")
STEPS = 25


class Drawn:
    """Entries drawn from a seed, each possible in the world that it comes to."""

    def __init__(self, seed):
        self.draw, self.history, self.line = Random(seed), History(), 0
        self.history.configure(NODES)

    def resource(self, place, rule=""):
        choose = self.draw.choice
        kind = choose(("transponder", "vod"))
        target = choose(TARGETS)
        spec = (
            Transponder("s", f"rtmp://h.lan/{target}")
            if kind == "transponder"
            else Vod("vod-live://a.mp4", target, loop=True)
        )
        where = {"nodes": {"role": "edge"}} if self.draw.random() < 0.2 else {"node": choose(NODES)}
        is_on = self.draw.random() < 0.85
        return Resource(Key(kind, choose(NAMES)), spec, place, **where, rule=rule, enabled=is_on)

    def state(self):
        declared = self.history.world.declared
        self.line += 1
        item = self.resource(Place("state/a.yaml", self.line, 1))
        removed = tuple(key for key in sorted(declared) if self.draw.random() < 0.3)
        items = () if self.draw.random() < 0.3 else (item,)
        return StateLoaded(items, tuple(key for key in removed if key != item.key))

    def renamed(self):
        declared = self.history.world.declared
        if not declared:
            return self.state()
        old = self.draw.choice(sorted(declared))
        new = Key(old.kind, self.draw.choice("abcd"))
        if new in declared:
            return self.state()
        return StateLoaded((evolve(declared[old], key=new),), moved=(Moved(old, new),))

    def ensured(self):
        rule, ground = self.draw.choice(RULES), self.draw.choice(GROUNDS)
        place = Place("rules/a.yaml", 1 + RULES.index(rule), 1)
        drawn = [self.resource(place, rule) for _ in range(self.draw.choice((0, 1, 1, 2)))]
        items = {one.key: evolve(one, enabled=True) for one in drawn}
        until_ms = self.history.now_ms + 1_000 if self.draw.random() < 0.3 else 0
        return Ensured(
            self.draw.choice(NODES), rule, place, Subject.STREAM, ground, f"stream/{ground}",
            tuple(items[key] for key in sorted(items)), until_ms if items else 0,
        )  # fmt: skip

    def configured(self):
        configuration = self.history.world.configuration
        nodes = {
            name: Node(
                {"role": self.draw.choice(("edge", "core"))}, retired=self.draw.random() < 0.2
            )
            for name in NODES
        }
        return ConfigurationLoaded(
            evolve(configuration, nodes=type(configuration.nodes)(nodes)),
            Place("orchestrator.yaml", 1, 1),
        )

    def next(self):
        make = self.draw.choice(
            (self.state, self.state, self.renamed, self.ensured, self.ensured, self.ensured,
             self.configured, self.ruled)
        )  # fmt: skip
        return make()

    def ruled(self):
        place = Place("rules/a.yaml", 1, 1)
        rule = Each("r1", place, Subject.STREAM, type(self.history.world.rules)())
        return RulesLoaded((rule,), ensured=(self.ensured(), self.ensured()))


def indices(world):
    """Return what the indices have to be, from what is wanted and what clashes."""
    by_target, publishers = {}, {}
    for place, resource in world.wanted.items():
        declared = KINDS[place.key.kind].declarable
        target = (place.node, place.key.kind, declared.target(resource.spec))
        by_target.setdefault(target, set()).add(place)
        for name in declared.makes(resource.spec):
            publishers.setdefault((place.node, name), set()).add(place)
    blocked = {}
    for place, held in world.clashes.items():
        for clash in held.values():
            if clash.rival is not None:
                blocked.setdefault(clash.rival, set()).add(place)
    placed = {(one.node, one.key) for one in (*world.wanted, *world.clashes, *world.owned)}
    return by_target, publishers, blocked, placed


def kept(world):
    """Return the same as it is kept."""
    placed = {
        (node, key)
        for node, kinds in world.placed.items()
        for keys in kinds.values()
        for key in keys
    }
    named = (world.by_target, world.publishers, world.blocked)
    return (*({key: set(found) for key, found in one.items()} for one in named), placed)


def unfollowed(world):
    """Return the wishes that are neither followed nor known to clash."""
    return [
        (ground, place)
        for ground, standing in world.grounds.items()
        for item in standing.items
        for place in placements(item, world.configuration)
        if world.wanted.get(place) != item and ground not in world.clashes.get(place, {})
        if not any(
            one.resource == world.wanted.get(place) and one.resource.rule == item.rule
            for one in wishes(world, item.key)
        )
    ]


def doubles(world):
    """Return the targets that a rule has beside somebody else."""
    taken = {}
    for place, resource in world.wanted.items():
        declared = KINDS[place.key.kind].declarable
        node = "" if declared.reach is Reach.EVERYWHERE else place.node
        targets = [(place.key.kind, node, declared.target(resource.spec))]
        targets += [("stream", place.node, name) for name in declared.makes(resource.spec)]
        for target in targets:
            taken.setdefault(target, []).append(resource)
    return {
        target: those
        for target, those in taken.items()
        if any(one.rule for one in those)
        and any(one != those[0] or not one.nodes for one in those[1:])
    }


def changed(before, after):
    places = {*before.wanted, *after.wanted, *before.clashes, *after.clashes}
    return {
        place
        for place in places
        if before.wanted.get(place) != after.wanted.get(place)
        or (before.clashes.get(place) is None) is not (after.clashes.get(place) is None)
    }


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_wishes_are_followed_in_their_order_and_all_is_known_of_the_others(first):
    for seed in range(first, first + 50):
        drawn = Drawn(seed)
        history = drawn.history
        for step in range(STEPS):
            event, before = drawn.next(), history.world
            history.happen(event)
            world, where = history.world, f"seed {seed}, step {step}: {event}"
            assert kept(world) == indices(world), where
            assert unfollowed(world) == [], where
            assert doubles(world) == {}, where
            found = concern(before, world, history.entries[-1], KINDS)
            concerned = found if not isinstance(found, Everything) else changed(before, world)
            nodes = {*world.configuration.nodes}
            assert {one for one in changed(before, world) if one.node in nodes} <= concerned, where


def test_a_wish_has_a_rank_and_lines_go_first():
    history = History().configure()
    line = Resource(Key("vod", "a"), Vod("vod-live://a", "x"), Place("z.yaml", 9, 1), node="wcs1")
    rule = evolve(line, rule="r", place=Place("a.yaml", 1, 1))
    history.happen(StateLoaded((line,)))
    history.happen(Ensured("wcs1", "r", rule.place, Subject.STREAM, "s", "stream/s", (rule,)))
    assert [one.resource.rule for one in wishes(history.world, line.key)] == ["", "r"]
    assert history.world.wanted[Placement("wcs1", line.key)] == line
