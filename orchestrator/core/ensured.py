"""Folding what rules want: grounds that come, lapse and go, and the wishes that rest on them.

Pure functions from world to world. Nothing is evaluated here: the log says what a rule wanted, so a
replay needs no expressions.
"""

from orchestrator.core.desired import settled
from orchestrator.core.document import Ensured, RulesLoaded
from orchestrator.core.ground import Ground, Standing
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, with_member, without, without_member
from orchestrator.core.resource import Key
from orchestrator.core.ruled import with_rules
from orchestrator.core.value import evolve
from orchestrator.core.world import World


def with_loaded(world: World, loaded: RulesLoaded, kinds: Kinds) -> World:
    """Return the world under other rules, and with what follows from them at once."""
    world = with_rules(world, loaded)
    keys: set[Key] = set()
    for ensured in loaded.ensured:
        world, touched = _with_standing(world, ensured)
        keys |= touched
    return settled(world, keys, kinds)


def with_ensured(world: World, ensured: Ensured, kinds: Kinds) -> World:
    """Return the world in which a rule wants other things for one subject."""
    world, keys = _with_standing(world, ensured)
    return settled(world, keys, kinds)


def ground_of(ensured: Ensured) -> Ground:
    """Return the ground that an entry is about."""
    return Ground(ensured.rule, ensured.node, ensured.each, ensured.natural)


def with_shifted(world: World, by_ms: int) -> World:
    """Return the world after the clock was set forward: what lingers does so as long as before."""
    for node in sorted(world.lingering):
        for ground in sorted(world.lingering[node]):
            standing = world.grounds[ground]
            shifted = evolve(standing, until_ms=standing.until_ms + by_ms)
            world = evolve(world, grounds=world.grounds.set(ground, shifted))
            world = _with_lingering(world, ground, shifted.until_ms)
    return world


def _with_lingering(world: World, ground: Ground, until_ms: int) -> World:
    """Return the world that knows until when a ground only lingers, 0: it does not."""
    times = without(world.lingering.get(ground.node, EMPTY), ground)
    times = times.set(ground, until_ms) if until_ms else times
    lingering = without(world.lingering, ground.node)
    return evolve(world, lingering=lingering.set(ground.node, times) if times else lingering)


def _with_standing(world: World, ensured: Ensured) -> tuple[World, set[Key]]:
    """Return the world with other wishes on one ground, and the names whose wishes changed."""
    ground = ground_of(ensured)
    before = world.grounds.get(ground)
    old = {item.key for item in before.items} if before is not None else set()
    wishes = world.wishes
    for key in sorted(old):
        others = without(wishes.get(key, EMPTY), ground)
        wishes = wishes.set(key, others) if others else without(wishes, key)
    for item in ensured.items:
        wishes = wishes.set(item.key, wishes.get(item.key, EMPTY).set(ground, item))
    grounds, held = without(world.grounds, ground), world.ensuring
    scope = (ensured.rule, ensured.node)
    if ensured.items:
        position = before.position if before is not None else world.position
        standing = Standing(
            ensured.items, ensured.about, position, world.position, ensured.until_ms
        )
        grounds, held = grounds.set(ground, standing), with_member(held, scope, ground)
    else:
        held = without_member(held, scope, ground)
    world = evolve(world, grounds=grounds, ensuring=held, wishes=wishes)
    world = _with_lingering(world, ground, ensured.until_ms if ensured.items else 0)
    return world, old | {item.key for item in ensured.items}
