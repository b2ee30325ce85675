"""Folding what operators ask, and rules do: orders on resources and nodes, given and ended.

Verbs name their resources in the arguments of their event, so that a replay needs no names to be
looked up. Nothing is ended here: the verdict on each resource obeys its order.
"""

from collections.abc import Iterator

from orchestrator.core.entry import Entry
from orchestrator.core.event import Forgotten, OperatorAsked, RuleFired
from orchestrator.core.failure import renewed
from orchestrator.core.json import whole
from orchestrator.core.mapping import without
from orchestrator.core.order import Order, Verb
from orchestrator.core.ownership import let_go, with_orders_kept, with_owner, without_making
from orchestrator.core.resource import Key, Placement
from orchestrator.core.value import evolve
from orchestrator.core.world import World

GIVEN = {"stop": Verb.STOP, "pause": Verb.PAUSE}
ENDED = {
    "start": frozenset({Verb.STOP, Verb.PAUSE}),
    "resume": frozenset({Verb.PAUSE}),
    "restart": frozenset({Verb.STOP, Verb.PAUSE}),
    "adopt": frozenset({Verb.FORGET}),
}
NODE = "node"
Asked = OperatorAsked | RuleFired


def keys_of(asked: Asked) -> tuple[Key, ...]:
    """Return the resources that a verb names."""
    return tuple(key for key in _named(asked) if key.kind != NODE)


def nodes_of(asked: Asked) -> tuple[str, ...]:
    """Return the nodes that a verb names."""
    return tuple(key.name for key in _named(asked) if key.kind == NODE)


def with_asked(world: World, asked: Asked, actor: str) -> World:
    """Return the world after a verb of an operator or a rule."""
    if asked.verb == "log accept":
        return evolve(world, tail_lost=0)
    if asked.verb in GIVEN:
        until_ms = whole(asked.arguments, "until")
        verb = GIVEN[asked.verb]
        reason = asked.reason if isinstance(asked, OperatorAsked) else f"rule {asked.rule}"
        order = Order(verb, world.position, world.at_ms, actor, reason, until_ms)
        return _given(world, asked, order)
    if asked.verb in ENDED:
        return _ended(world, asked)
    return world


def with_forgotten(world: World, entry: Entry, forgotten: Forgotten) -> World:
    """Return the world in which a resource is let go and left alone until it is adopted."""
    placement = Placement(forgotten.node, forgotten.key)
    order = Order(Verb.FORGET, world.position, world.at_ms, entry.actor)
    world = evolve(world, orders=world.orders.set(forgotten.key, order))
    world = without_making(world, placement)
    if placement in world.records:  # what comes after it is another life
        record = evolve(world.record(placement), ready_ms=0, ending_ms=0)
        world = evolve(world, records=world.records.set(placement, record))
    thing = world.thing(forgotten.node, forgotten.key.kind, forgotten.natural)
    if thing is not None and thing.owner is not None and thing.seen.id == forgotten.id:
        world = let_go(world, placement, thing)
    return with_orders_kept(world, forgotten.key)


def _given(world: World, asked: Asked, order: Order) -> World:
    orders, pauses = world.orders, world.pauses
    for key in keys_of(asked):
        orders = orders.set(key, order)
    for node in nodes_of(asked):
        pauses = pauses.set(node, order)
    return evolve(world, orders=orders, pauses=pauses)


def _ended(world: World, asked: Asked) -> World:
    """Return the world in which orders are ended, and every try of what they held back is new."""
    orders, pauses = world.orders, world.pauses
    for key in keys_of(asked):
        if key in orders and orders[key].verb in ENDED[asked.verb]:
            orders = without(orders, key)
    for node in nodes_of(asked):
        pauses = without(pauses, node)
    world = evolve(world, orders=orders, pauses=pauses)
    for placement in _placements(world, asked):
        record = renewed(world.record(placement), world.at_ms)
        world = evolve(
            world,
            records=world.records.set(placement, record),
            changed=world.changed.set(placement, world.position),
        )
        if asked.verb == "restart":
            world = _to_restart(world, placement)
    return world


def _to_restart(world: World, placement: Placement) -> World:
    for thing in tuple(world.holdings(placement)):
        assert thing.owner is not None, "what we hold is ours"
        owner = evolve(thing.owner, ending=world.position)
        world = with_owner(world, placement, thing, owner)
    return world


def _placements(world: World, asked: Asked) -> Iterator[Placement]:
    """Yield where the named resources are wanted, in order."""
    for key in keys_of(asked):
        for node in sorted(world.configuration.nodes):
            if Placement(node, key) in world.wanted:
                yield Placement(node, key)


def _named(asked: Asked) -> tuple[Key, ...]:
    named = asked.arguments.get("resources")
    words = named if isinstance(named, tuple) else ()
    split = [str(word).partition("/") for word in words]
    return tuple(Key(kind, name) for kind, _, name in split)
