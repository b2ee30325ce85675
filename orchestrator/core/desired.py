"""Folding documents: what is wanted where, and what that changes for what is ours.

Pure functions from world to world. Nothing is ended here: a thing whose line went is only marked as
unwanted, and `core.limits` has its say before anything is done about it.
"""

from collections import deque
from collections.abc import Iterable

from orchestrator.core.document import ConfigurationLoaded, StateLoaded
from orchestrator.core.failure import renewed, unwanted
from orchestrator.core.kind import Kinds
from orchestrator.core.lineage import with_unmade
from orchestrator.core.mapping import EMPTY, with_member, without, without_member
from orchestrator.core.ownership import (
    let_go,
    with_orders_kept,
    with_owner,
    with_placed,
    without_making,
)
from orchestrator.core.resource import Key, OnRemove, Placement, Resource
from orchestrator.core.site import NOWHERE
from orchestrator.core.sources import with_sources
from orchestrator.core.thing import Claim, Observed
from orchestrator.core.value import evolve
from orchestrator.core.wish import Followed, due, followed, overtaken, wishes
from orchestrator.core.world import World


def with_configuration(world: World, loaded: ConfigurationLoaded, kinds: Kinds) -> World:
    """Return the world under a new configuration; labels of nodes may move what is wanted."""
    before = world.configuration.nodes
    world = evolve(world, configuration=loaded.configuration, is_configured=True)
    if loaded.configuration.nodes == before:
        return world
    return settled(world, {*world.declared, *world.wishes}, kinds)


def with_state(world: World, loaded: StateLoaded, kinds: Kinds) -> World:
    """Return the world with added, changed and removed resources."""
    for resource in loaded.items:
        world = evolve(
            world,
            declared=world.declared.set(resource.key, resource),
            lines=world.lines.set(resource.key, world.position),
            renames=without(world.renames, resource.key),
        )
        world = settled(world, (resource.key,), kinds)
    for key in loaded.removed:
        wanted = _wanted_places(world, key)
        world = evolve(
            world, declared=without(world.declared, key), lines=without(world.lines, key)
        )
        world = _settled(world, {*wanted, *due(world, key)}, kinds)
        world = with_orders_kept(world, key)
    return world


def settled(world: World, keys: Iterable[Key], kinds: Kinds) -> World:
    """Return the world in which each of these is wanted where it has to be, and nowhere else."""
    for key in sorted(keys):
        world = _settled(world, {*_wanted_places(world, key), *due(world, key)}, kinds)
        if key not in world.declared and key not in world.wishes:
            world = with_orders_kept(world, key)
    return world


def _settled(world: World, places: set[Placement], kinds: Kinds) -> World:
    """Return the world in which the first wish for each placement is followed, if there is any.

    What is wanted no more may free a target for others, and what is wanted now may take one.
    """
    meant = {key: due(world, key) for key in {one.key for one in places}}
    open_ends = deque(sorted(places, key=lambda one: (one in meant[one.key], one)))
    while open_ends:
        placement = open_ends.popleft()
        before, found = world.wanted.get(placement), followed(world, placement, kinds)
        world = _with_clashes(world, placement, found)
        if found.resource is not None:
            world = _wanted(world, placement, found.resource, kinds)
        elif before is not None:
            is_gone = bool(before.rule) or placement.key not in world.declared
            keeps = is_gone and before.on_remove is OnRemove.KEEP
            world = with_unwanted(world, placement, before, keeps=keeps, kinds=kinds)
        if before != found.resource:
            freed = world.blocked.get(placement, EMPTY)
            open_ends += sorted({*freed, *overtaken(world, placement, kinds)} - {*open_ends})
    return world


def _with_clashes(world: World, placement: Placement, found: Followed) -> World:
    """Return the world that knows which wishes for a placement are not followed, and why."""
    before, blocked = world.clashes.get(placement, EMPTY), world.blocked
    if not before and not found.clashes:
        return world
    for clash in before.values():
        blocked = without_member(blocked, clash.rival, placement) if clash.rival else blocked
    for clash in found.clashes.values():
        blocked = with_member(blocked, clash.rival, placement) if clash.rival else blocked
    clashes = without(world.clashes, placement)
    clashes = clashes.set(placement, found.clashes) if found.clashes else clashes
    return with_placed(evolve(world, clashes=clashes, blocked=blocked), placement)


def _wanted_places(world: World, key: Key) -> set[Placement]:
    """Return where a thing of this name is wanted, or clashes, now."""
    nodes = {*world.configuration.nodes, *(one.resource.node for one in wishes(world, key))}
    places = {Placement(node, key) for node in nodes}
    return {one for one in places if one in world.wanted or one in world.clashes}


def _wanted(world: World, placement: Placement, resource: Resource, kinds: Kinds) -> World:
    old = world.wanted.get(placement)
    if old is not None and not _is_same(old, resource):
        world = with_unmade(world, placement, old, kinds)
    if old is not None:
        world = indexed(world, placement, old, kinds, add=False)
    world = with_placed(evolve(world, wanted=world.wanted.set(placement, resource)), placement)
    world = indexed(world, placement, resource, kinds, add=True)
    for thing in tuple(world.holdings(placement)):
        assert thing.owner is not None
        owner = evolve(thing.owner, unwanted=0, is_protected=False, reads=(), makes=())
        world = with_owner(world, placement, thing, owner)
    if old is not None and _is_same(old, resource):
        return world
    return evolve(
        world,
        changed=world.changed.set(placement, world.position),
        records=world.records.set(placement, renewed(world.record(placement), world.at_ms)),
        members=without(world.members, placement),
        touched=world.touched.set((placement.node, placement.key.kind), world.position),
    )


def _is_same(old: Resource, new: Resource) -> bool:
    """Return whether a line that was read anew wants the same."""
    return (old.spec, old.retry, old.on_change) == (new.spec, new.retry, new.on_change)


def with_unwanted(
    world: World, placement: Placement, resource: Resource, *, keeps: bool, kinds: Kinds
) -> World:
    """Return the world in which nobody wants a placement, and what is there of it is marked."""
    world = with_unmade(world, placement, resource, kinds)
    world = indexed(world, placement, resource, kinds, add=False)
    world = evolve(
        world,
        wanted=without(world.wanted, placement),
        changed=without(world.changed, placement),
        members=without(world.members, placement),
    )
    if keeps or resource.protect:
        world = without_making(world, placement)  # what no look has shown yet is let go as well
    for thing in tuple(world.holdings(placement)):
        world = _without_line(world, placement, thing, resource, kinds, keeps=keeps)
    is_over = not any(placement in one for one in (world.owned, world.making, world.in_flight))
    if resource.rule and is_over:  # names that clients give may come once and never again
        world = evolve(world, records=without(world.records, placement))
    return with_placed(world, placement)


def _without_line(
    world: World,
    placement: Placement,
    thing: Observed,
    resource: Resource,
    kinds: Kinds,
    *,
    keeps: bool,
) -> World:
    """Return the world in which a thing of ours has lost its line: let go, or marked."""
    owner = thing.owner
    if owner is None or keeps or owner.claim is Claim.ADOPTED:
        return let_go(world, placement, thing)
    declared, site = kinds[placement.key.kind].declarable, world.site(placement.node)
    local = (one for one in declared.needs(resource.spec) if not one.node)
    marked = evolve(
        owner,
        unwanted=world.position,
        is_protected=resource.protect,
        reads=tuple(name for one in local for name in site.names(one.stream)),
        makes=declared.makes(resource.spec),
    )
    record = unwanted(world.record(placement))
    world = evolve(world, records=world.records.set(placement, record))
    return with_owner(world, placement, thing, marked)


def indexed(
    world: World, placement: Placement, resource: Resource, kinds: Kinds, *, add: bool
) -> World:
    """Return the world whose indices know, or know no longer, what a line wants."""
    declared = kinds[placement.key.kind].declarable
    change = with_member if add else without_member
    node, kind = placement.node, placement.key.kind
    by_natural, by_target = world.by_natural, world.by_target
    by_target = change(by_target, (node, kind, declared.target(resource.spec)), placement)
    for natural in declared.naturals(resource.spec, NOWHERE):
        by_natural = change(by_natural, (node, kind, natural), placement)
    world = evolve(world, by_natural=by_natural, by_target=by_target)
    return with_sources(world, placement, resource, kinds, add=add)
