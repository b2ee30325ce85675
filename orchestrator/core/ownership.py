"""Folding whose things are: made by us and seen, adopted, let go.

We own a life of a thing when our create made it, or when it was adopted; a stranger's new life
under the same natural key is not ours.
"""

from orchestrator.core.event import Adopted
from orchestrator.core.failure import after_appearance
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, Map, Members, with_member, without, without_member
from orchestrator.core.order import Verb
from orchestrator.core.resource import Key, Placement
from orchestrator.core.thing import Claim, Making, Observed, Owner
from orchestrator.core.value import evolve
from orchestrator.core.world import World


def with_adoption(world: World, adopted: Adopted, kinds: Kinds) -> World:
    """Return the world in which a running thing is ours."""
    placement = Placement(adopted.node, adopted.key)
    thing = world.thing(adopted.node, adopted.key.kind, adopted.natural)
    if thing is None or thing.seen.id != adopted.id:
        return world
    world = with_owner(world, placement, thing, Owner(adopted.key, Claim.ADOPTED))
    runs = kinds[adopted.key.kind].is_running(thing.seen)
    record = after_appearance(world.record(placement), world.at_ms, runs=runs)
    return evolve(world, records=world.records.set(placement, record))


def with_claim(world: World, placement: Placement, kinds: Kinds) -> World:
    """Return the world in which what our create made is ours, once it is seen.

    With a server-made id that id decides. Without one, what appeared after the create left under a
    natural key of it is taken to be its result: before it, nothing was there.
    """
    making = world.making.get(placement)
    if making is None or making.is_open:
        return world
    thing = next(iter(_candidates(world, placement, making)), None)
    if thing is None:
        return world
    if thing.owner is not None and thing.owner.key != placement.key:  # by its name, wrongly
        world = let_go(world, Placement(placement.node, thing.owner.key), thing)
        thing = evolve(thing, owner=None)
    unwanted = 0 if placement in world.wanted else world.position
    owner = Owner(placement.key, Claim.MADE, making.sent, unwanted=unwanted)
    world = with_owner(world, placement, thing, owner)
    runs = kinds[placement.key.kind].is_running(thing.seen)
    record = after_appearance(world.record(placement), thing.at_ms, runs=runs)
    return evolve(without_making(world, placement), records=world.records.set(placement, record))


def lapsed(world: World, node: str, kind: str, now_ms: int) -> tuple[Placement, ...]:
    """Return the creates of unknown id whose result a complete look by now would have shown.

    What appears later, while we wait before we try again, may be anybody's.
    """
    timing = world.configuration.timing
    before_ms = now_ms - timing.start_deadline_ms - timing.call_ms
    settled = []
    for placement, making in world.making.items():
        if (placement.node, placement.key.kind) == (node, kind):
            record = world.record(placement)
            is_over = 0 < (record.accepted_ms or record.failed_ms) <= before_ms
            if is_over and not making.is_open and not making.id:
                settled.append(placement)
    return tuple(sorted(settled))


def without_making(world: World, placement: Placement) -> World:
    """Return the world in which no create of this placement waits for its look."""
    making = world.making.get(placement, Making(0, (), EMPTY))
    maker = (placement.node, placement.key.kind, making.id)
    return evolve(
        world, making=without(world.making, placement), makers=without(world.makers, maker)
    )


def with_owner(world: World, placement: Placement, thing: Observed, owner: Owner) -> World:
    """Return the world in which a seen thing has this owner."""
    scope = (placement.node, placement.key.kind)
    things = world.observed[scope].set(thing.seen.natural, evolve(thing, owner=owner))
    world = evolve(
        world,
        observed=world.observed.set(scope, things),
        owned=with_member(world.owned, placement, thing.seen.natural),
        draining=_draining(world, placement, thing.owner, owner),
    )
    return with_placed(world, placement)


def let_go(world: World, placement: Placement, thing: Observed) -> World:
    """Return the world in which a seen thing is nobody's; it goes on running."""
    scope = (placement.node, placement.key.kind)
    things = world.observed[scope].set(thing.seen.natural, evolve(thing, owner=None))
    world = evolve(world, observed=world.observed.set(scope, things))
    return disowned(world, placement, thing)


def disowned(world: World, placement: Placement, thing: Observed) -> World:
    """Return the world in which a placement has one thing less."""
    world = evolve(
        world,
        owned=without_member(world.owned, placement, thing.seen.natural),
        draining=_draining(world, placement, thing.owner, None),
    )
    world = with_placed(world, placement)
    if placement in world.wanted or placement in world.owned:
        return world
    world = evolve(
        world,
        records=without(world.records, placement),
        members=without(world.members, placement),
    )
    return with_orders_kept(world, placement.key)


def with_orders_kept(world: World, key: Key) -> World:
    """Return the world without the order on what has no line, unless it pauses what is ours."""
    order = world.orders.get(key)
    if order is None or key in world.declared or key in world.wishes:
        return world
    is_ours = any(Placement(node, key) in world.owned for node in world.configuration.nodes)
    if is_ours and order.verb is Verb.PAUSE:
        return world
    return evolve(world, orders=without(world.orders, key))


def with_placed(world: World, placement: Placement) -> World:
    """Return the world whose index by node knows whether a placement is wanted, ours or clashes."""
    kinds, kind = world.placed.get(placement.node, EMPTY), placement.key.kind
    is_wanted = placement in world.wanted or placement in world.clashes
    is_placed = is_wanted or placement in world.owned
    change = with_member if is_placed else without_member
    kinds = change(kinds, kind, placement.key)
    if kinds:
        return evolve(world, placed=world.placed.set(placement.node, kinds))
    return evolve(world, placed=without(world.placed, placement.node))


def _draining(
    world: World, placement: Placement, before: Owner | None, after: Owner | None
) -> Map[tuple[str, str], Members[Placement]]:
    """Return the index of what still reads a stream although its line is gone."""
    index = world.draining
    for name in before.reads if before is not None else ():
        index = without_member(index, (placement.node, name), placement)
    for name in after.reads if after is not None else ():
        index = with_member(index, (placement.node, name), placement)
    return index


def _candidates(world: World, placement: Placement, making: Making) -> list[Observed]:
    node, kind = placement.node, placement.key.kind
    if making.id:
        by_id = world.ids.get((node, kind, making.id), "")
        return [world.things(node, kind)[by_id]] if by_id else []
    things = world.things(node, kind)
    return [
        thing
        for natural in making.naturals
        if (thing := things.get(natural)) is not None
        and thing.owner is None
        and thing.position > making.position
    ]
