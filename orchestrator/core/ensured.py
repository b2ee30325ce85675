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


def _with_standing(world: World, ensured: Ensured) -> tuple[World, set[Key]]:
    """Return the world with other wishes on one ground, and the names whose wishes changed."""
    ground = ground_of(ensured)
    before = world.grounds.get(ground)
    old = {item.key for item in before.items} if before is not None else set()
    wishes = world.claims
    for key in sorted(old):
        others = without(wishes.get(key, EMPTY), ground)
        wishes = wishes.set(key, others) if others else without(wishes, key)
    for item in ensured.items:
        wishes = wishes.set(item.key, wishes.get(item.key, EMPTY).set(ground, item))
    grounds, held = without(world.grounds, ground), world.ensuring
    lapsing = without(world.lapsing, ground)
    scope = (ensured.rule, ensured.node)
    if ensured.items:
        position = before.position if before is not None else world.position
        standing = Standing(
            ensured.items, ensured.about, position, world.position, ensured.until_ms
        )
        grounds, held = grounds.set(ground, standing), with_member(held, scope, ground)
        lapsing = lapsing.set(ground, ensured.until_ms) if ensured.until_ms else lapsing
    else:
        held = without_member(held, scope, ground)
    world = evolve(world, grounds=grounds, ensuring=held, lapsing=lapsing, claims=wishes)
    return world, old | {item.key for item in ensured.items}
