"""Folding what was seen: things that appear, change and vanish, and whose they are.

A hook may add a thing, and may end one by its server-made id; everything else comes from looks.
We own a life of a thing when our create made it, or when it was adopted; a stranger's new life
under the same natural key is not ours.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from orchestrator.core.event import HookReceived, Looked, NodeRestarted
from orchestrator.core.failure import afresh, after_drop, after_refusal, after_turn
from orchestrator.core.hook import KEEP_ALIVE
from orchestrator.core.json import text
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.lineage import origin
from orchestrator.core.mapping import EMPTY, Map, Members, with_member, without, without_member
from orchestrator.core.ownership import disowned, lapsed, with_claim, without_making
from orchestrator.core.recent import LATE_MS, Recent, remembered
from orchestrator.core.resource import Gone, Placement, Seen
from orchestrator.core.sources import lacking
from orchestrator.core.thing import Observed, stream_name
from orchestrator.core.value import evolve
from orchestrator.core.world import ANY, STREAM, Cliff, World

Targets: TypeAlias = Map[tuple[str, str, str], Members[str]]
Change: TypeAlias = Callable[[Targets, tuple[str, str, str], str], Targets]


def with_hook(world: World, hook: HookReceived, kinds: Kinds) -> World:
    """Return the world after a hook."""
    for kind in kinds.values():
        heard = kind.hear(hook.method, hook.body)
        if isinstance(heard, Seen):
            world = _heard(world, hook.node, kind.name, heard, kinds)
        elif isinstance(heard, Gone):
            world = _ended(world, hook.node, kind.name, heard.id, kinds)
    if hook.method == KEEP_ALIVE:
        world = _with_keep_alive(world, hook)
    return world


def with_look(world: World, look: Looked, kinds: Kinds) -> World:
    """Return the world after the news of a look."""
    scope = (look.node, look.kind)
    if look.doubted:
        cliff = Cliff(world.position, world.at_ms, frozenset(look.doubted))
        world = evolve(world, cliffs=world.cliffs.set(scope, cliff))
        world = with_touched(world, look.node)
    elif scope in world.cliffs:
        world = evolve(world, cliffs=without(world.cliffs, scope))
    if scope not in world.fresh:
        world = evolve(world, fresh=world.fresh.set(scope, world.position))
    known = world.things(look.node, look.kind)
    for natural in (name for name in look.vanished if name in known):
        world = _vanished(world, look.node, look.kind, natural, kinds)
    for seen in look.appeared:
        world = _listed(world, look.node, look.kind, seen, kinds)
    for seen in (one for one in look.changed if one.natural in world.things(look.node, look.kind)):
        world = _changed(world, look.node, look.kind, seen, kinds)
    for placement in () if look.doubted else lapsed(world, look.node, look.kind, world.at_ms):
        world = without_making(world, placement)
    if kinds[look.kind].declared is None and (look.vanished or look.appeared):
        world = with_touched(world, look.node)  # what reads these may have gone with them
    elif look.vanished or (kinds[look.kind].publishes and (look.appeared or look.changed)):
        world = with_touched(world, look.node, (STREAM,))  # its source may have gone, its own come
    return world


def with_restart(world: World, restarted: NodeRestarted, kinds: Kinds) -> World:
    """Return the world after a node forgot everything: nothing is there, every try is new.

    What came after the first doubt belongs to its new life.
    """
    node = restarted.node
    since = restarted_since(world, node)
    for kind in kinds.values():
        things = world.things(node, kind.name)
        for natural in sorted(name for name in things if things[name].position <= since):
            world = _forgotten_life(world, node, kind, natural)
        scope = (node, kind.name)
        world = evolve(
            world, fresh=without(world.fresh, scope), cliffs=without(world.cliffs, scope)
        )
    for placement in sorted(making for making in world.making if making.node == node):
        world = without_making(world, placement)
    for placement in world.placements_on(node):
        record = evolve(afresh(world.record(placement), world.at_ms), ready_ms=0, ending_ms=0)
        world = evolve(
            world,
            records=world.records.set(placement, record),
            changed=world.changed.set(placement, world.position),
        )
    return with_touched(world, node)


def restarted_since(world: World, node: str) -> int:
    """Return the position up to which all that a restarted node had is of its old life."""
    doubts = [cliff.position for (name, _), cliff in world.cliffs.items() if name == node]
    return min(doubts, default=world.position)


def with_touched(world: World, node: str, names: Iterable[str] = (ANY,)) -> World:
    """Return the world in which these kinds, or any that is in use, want a look on a node."""
    touched = world.touched
    for name in names:
        touched = touched.set((node, name), world.position)
    return evolve(world, touched=touched)


def has_lost_source(world: World, node: str, thing: Observed, kind: Kind[Any]) -> bool:
    """Return whether the stream that a thing reads has ended: then the thing ends with it.

    Where its listing does not tell what it reads, its line does, unless that has been edited since.
    """
    site = world.site(node)
    sources = kind.sources(thing.seen, thing.position, site)
    if sources is not None:
        return not sources
    owner = thing.owner
    wanted = world.wanted.get(Placement(node, owner.key)) if owner is not None else None
    if wanted is None or thing.seen.natural not in kind.declarable.naturals(wanted.spec, site):
        return False
    return bool(lacking(world, node, kind.declarable.needs(wanted.spec)))


def _heard(world: World, node: str, kind: str, seen: Seen, kinds: Kinds) -> World:
    if world.ended.get(node, Recent()).recalled_ms(seen.id):
        return world  # late news of what has ended: a stream never goes backwards
    known = world.thing(node, kind, seen.natural)
    if known is None:
        world = _appeared(world, node, kind, seen, kinds)
        world = with_touched(world, node)
        known = world.things(node, kind)[seen.natural]
    heard = evolve(known, heard=world.position)
    things = world.things(node, kind).set(seen.natural, heard)
    return evolve(world, observed=world.observed.set((node, kind), things))


def _ended(world: World, node: str, kind: str, media: str, kinds: Kinds) -> World:
    if world.thing(node, kind, media) is None:
        return _with_ended(world, node, media)
    world = _vanished(world, node, kind, media, kinds)
    return with_touched(world, node)


def _with_ended(world: World, node: str, media: str) -> World:
    """Return the world that knows what is said of a stream from now on as late."""
    ended = remembered(world.ended.get(node, Recent()), media, world.at_ms, LATE_MS)
    return evolve(world, ended=world.ended.set(node, ended))


def _listed(world: World, node: str, kind: str, seen: Seen, kinds: Kinds) -> World:
    """Return the world after a thing was listed that a look took for new.

    The log may hold a look's news although it refused to say so; then the next look tells it again.
    """
    known = world.thing(node, kind, seen.natural)
    if known is not None and known.seen.id == seen.id:
        return _changed(world, node, kind, seen, kinds)
    if known is not None:
        world = _vanished(world, node, kind, seen.natural, kinds)
    return _appeared(world, node, kind, seen, kinds)


def _appeared(world: World, node: str, kind: str, seen: Seen, kinds: Kinds) -> World:
    scope = (node, kind)
    things = world.observed.get(scope, EMPTY)
    thing = Observed(seen, world.position, world.at_ms)
    world = evolve(
        world,
        observed=world.observed.set(scope, things.set(seen.natural, thing)),
        ids=world.ids.set((node, kind, seen.id), seen.natural) if seen.id else world.ids,
    )
    if kinds[kind].declared is None:
        if (made := origin(world, (node, stream_name(thing)), kinds)) is not None:
            thing = evolve(thing, origin=made)
            things = things.set(seen.natural, thing)
            world = evolve(world, observed=world.observed.set(scope, things))
        return _stream_appeared(world, node, thing)
    world = _occupying(world, node, seen, kinds[kind], with_member)
    maker = world.makers.get((node, kind, seen.id))
    claimants = [maker] if maker is not None else world.claimants(node, kind, seen.natural)
    for placement in sorted(claimants):
        world = with_claim(world, placement, kinds)
    return world


def _changed(world: World, node: str, kind: str, seen: Seen, kinds: Kinds) -> World:
    scope = (node, kind)
    known = world.observed[scope][seen.natural]
    changed = evolve(known, seen=seen)
    things = world.observed[scope].set(seen.natural, changed)
    world = evolve(world, observed=world.observed.set(scope, things))
    if kinds[kind].declared is not None:
        return _turned(world, node, kinds[kind], known, changed)
    if stream_name(known) == stream_name(changed):
        return world
    live = without_member(world.live, (node, stream_name(known)), seen.natural)
    return _stream_appeared(evolve(world, live=live), node, changed)


def _turned(world: World, node: str, kind: Kind[Any], known: Observed, changed: Observed) -> World:
    """Return the world after a thing of ours began to run, or runs no longer."""
    runs = kind.is_running(changed.seen)
    if changed.owner is None or runs is kind.is_running(known.seen):
        return world
    placement = Placement(node, changed.owner.key)
    retry = world.retry(world.wanted.get(placement))
    record = after_turn(world.record(placement), world.at_ms, retry, runs=runs)
    return evolve(world, records=world.records.set(placement, record))


def _vanished(world: World, node: str, kind: str, natural: str, kinds: Kinds) -> World:
    thing = world.things(node, kind)[natural]
    owner = thing.owner
    world = _forgotten_life(world, node, kinds[kind], natural)
    if owner is None or owner.unwanted:
        return world
    placement = Placement(node, owner.key)
    record = world.record(placement)
    if record.ending_ms and not record.ready_ms:
        error = record.error or "it did not begin to run"
        record = evolve(after_refusal(record, world.at_ms, error), ending_ms=0, has_run=False)
    elif record.ending_ms:
        record = evolve(record, ready_ms=0, ending_ms=0, since_ms=world.at_ms, has_run=False)
    elif has_lost_source(world, node, thing, kinds[kind]):
        record = evolve(record, ready_ms=0, since_ms=world.at_ms)
    elif not record.ready_ms:
        record = after_refusal(record, world.at_ms, "it was accepted, and ended before it ran")
    else:
        record = after_drop(record, world.at_ms, world.retry(world.wanted.get(placement)))
    changed = world.changed.set(placement, world.position)
    return evolve(world, records=world.records.set(placement, record), changed=changed)


def _occupying(world: World, node: str, seen: Seen, kind: Kind[Any], change: Change) -> World:
    """Return the world in which the targets of a seen thing are taken, or free again."""
    occupied = world.occupied
    for target in kind.declared.occupied(seen) if kind.declared is not None else ():
        occupied = change(occupied, (node, kind.name, target), seen.natural)
    return evolve(world, occupied=occupied)


def _forgotten_life(world: World, node: str, kind: Kind[Any], natural: str) -> World:
    scope = (node, kind.name)
    things = world.observed[scope]
    thing = things[natural]
    world = evolve(
        world,
        observed=world.observed.set(scope, things.delete(natural)),
        ids=without(world.ids, (node, kind.name, thing.seen.id)),
    )
    if kind.declared is None:
        world = _with_ended(world, node, natural)
    world = _occupying(world, node, thing.seen, kind, without_member)
    if thing.owner is not None:
        placement = Placement(node, thing.owner.key)
        record = evolve(world.record(placement), has_run=True)
        world = evolve(world, records=world.records.set(placement, record))
        world = disowned(world, placement, thing)
    name = (node, stream_name(thing))
    if natural not in world.live.get(name, EMPTY):
        return world
    changed, records = world.changed, world.records
    for placement in world.readers_of(*name):
        changed = changed.set(placement, world.position)
        record = evolve(world.record(placement), since_ms=world.at_ms)
        records = records.set(placement, record)
    live = without_member(world.live, name, natural)
    return evolve(world, live=live, changed=changed, records=records)


def _stream_appeared(world: World, node: str, stream: Observed) -> World:
    name = (node, stream_name(stream))
    world = evolve(world, live=with_member(world.live, name, stream.seen.natural))
    records = world.records
    for placement in world.readers_of(*name):
        records = records.set(placement, afresh(world.record(placement), world.at_ms))
    return evolve(world, records=records)


def _with_keep_alive(world: World, hook: HookReceived) -> World:
    kept = world.kept.get(hook.node, Recent())
    kept = remembered(kept, text(hook.body, "mediaSessionId"), world.at_ms)
    return evolve(world, kept=world.kept.set(hook.node, kept))
