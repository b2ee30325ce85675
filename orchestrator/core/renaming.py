"""Folding new names of resources: what runs under the old one goes on under the new one."""

from typing import TypeVar

from orchestrator.core.desired import indexed, settled, with_unwanted
from orchestrator.core.document import Moved, StateLoaded
from orchestrator.core.hold import Member
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, Map, without
from orchestrator.core.ownership import with_owner, with_placed
from orchestrator.core.resource import Placement
from orchestrator.core.value import evolve
from orchestrator.core.world import World

K = TypeVar("K")
V = TypeVar("V")


def with_renamed(world: World, loaded: StateLoaded, kinds: Kinds) -> World:
    """Return the world in which resources have other names, and nothing else is different."""
    for moved in loaded.moved:
        world = _with_moved(world, moved, kinds)
    return world


def _settled_after(world: World, moved: Moved, kinds: Kinds) -> World:
    """Return the world in which rules have the name that is free now, and not the one taken."""
    if not world.grounds:
        return world
    freed = {one.key for key in (moved.old, moved.new) for node in world.configuration.nodes
             for one in world.blocked.get(Placement(node, key), EMPTY)}  # fmt: skip
    return settled(world, {moved.old, moved.new, *freed}, kinds)


def current(world: World, placement: Placement) -> Placement:
    """Return where an action that began under an older name belongs now."""
    new = world.renames.get(placement.key)
    if placement in world.in_flight or new is None:
        return placement
    return Placement(placement.node, new)


def _with_moved(world: World, moved: Moved, kinds: Kinds) -> World:
    old, new = moved.old, moved.new
    if old not in world.declared or new in world.declared:
        return world
    for node in sorted({*world.configuration.nodes, world.declared[old].node}):
        world = _with_moved_on(world, node, moved, kinds)
    declared = world.declared.set(new, evolve(world.declared[old], key=new))
    world = evolve(
        world,
        declared=without(declared, old),
        lines=_moved(world.lines, old, new),
        orders=_moved(world.orders, old, new),
        renames=without(world.renames, new).set(old, new),
    )
    return _settled_after(world, moved, kinds)


def _with_moved_on(world: World, node: str, moved: Moved, kinds: Kinds) -> World:
    old, new = Placement(node, moved.old), Placement(node, moved.new)
    wanted = world.wanted.get(old)
    if (of_rule := world.wanted.get(new)) is not None:
        world = with_unwanted(world, new, of_rule, keeps=False, kinds=kinds)
    if wanted is not None:
        world = indexed(world, old, wanted, kinds, add=False)
        wanted = evolve(wanted, key=moved.new)
        world = evolve(world, wanted=without(world.wanted, old).set(new, wanted))
        world = indexed(world, new, wanted, kinds, add=True)
    things = tuple(world.holdings(old))
    making = world.making.get(old)
    maker = (node, moved.old.kind, making.id if making is not None else "")
    world = evolve(
        world,
        owned=without(world.owned, old),
        changed=_moved(world.changed, old, new),
        making=_moved(world.making, old, new),
        makers=world.makers.set(maker, new) if maker in world.makers else world.makers,
        in_flight=_moved(world.in_flight, old, new),
        records=_moved(world.records, old, new),
        members=_held_still(world.members, old, new),
    )
    for thing in things:
        assert thing.owner is not None, "what we hold is ours"
        world = with_owner(world, new, thing, evolve(thing.owner, key=moved.new))
    return with_placed(with_placed(world, old), new)


def _held_still(
    members: Map[Placement, Member], old: Placement, new: Placement
) -> Map[Placement, Member]:
    """Return the held steps; what waits for approval under one name waits under the next."""
    member = members.get(old)
    if member is None:
        return members
    step = evolve(member.step, key=new.key)
    return without(members, old).set(new, evolve(member, step=step))


def _moved(mapping: Map[K, V], old: K, new: K) -> Map[K, V]:
    return without(mapping, old).set(new, mapping[old]) if old in mapping else mapping
