"""Which rules made a stream, through all that stands between it and what is published by others.

So a rule never matches what it made itself, and rules that feed each other are found.
"""

from collections.abc import Iterator
from typing import Final

from orchestrator.core.ground import Ground
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY
from orchestrator.core.recent import Recent, remembered
from orchestrator.core.resource import Placement, Resource
from orchestrator.core.rule import Subject
from orchestrator.core.subject import unencoded
from orchestrator.core.thing import Origin, stream_name
from orchestrator.core.value import evolve
from orchestrator.core.world import STREAM, World

LEFT_MS: Final = 120_000  # until what a wish made, and lost, can no longer appear

Stream = tuple[str, str]
"""A node, and the name of a stream on it."""


def origin(world: World, stream: Stream, kinds: Kinds) -> Origin | None:
    """Return how we make a stream that appears now, None where we do not."""
    node, name = stream
    if not _is_made(world, stream, kinds):
        left_ms = world.unmade.get(node, Recent()).recalled_ms(name)
        is_left = left_ms > 0 and world.at_ms - left_ms <= LEFT_MS
        return Origin(is_left=True) if is_left else None
    makers = {ground.rule for ground in _grounds(world, stream)}
    return Origin(tuple(sorted(makers)), tuple(sorted(_ancestors(world, stream, kinds))))


def origin_of(world: World, node: str, media: str, kinds: Kinds) -> Origin | None:
    """Return how we make a stream that is there: as when it appeared, or as it is by now."""
    thing = world.thing(node, STREAM, media)
    if thing is None or thing.origin is not None:
        return thing.origin if thing is not None else None
    stream = (node, stream_name(thing))
    return origin(world, stream, kinds) if _is_made(world, stream, kinds) else None


def is_of_ours(resource: Resource, kinds: Kinds) -> bool:
    """Return whether what a resource publishes is made by a rule, or copied from node to node."""
    needs = kinds[resource.key.kind].declarable.needs(resource.spec)
    return bool(resource.rule) or any(source.node for source in needs)


def with_unmade(world: World, placement: Placement, resource: Resource, kinds: Kinds) -> World:
    """Return the world that knows for a while what a wish that goes had us publish."""
    names = kinds[placement.key.kind].declarable.makes(resource.spec)
    if not names or not is_of_ours(resource, kinds):
        return world
    recent = world.unmade.get(placement.node, Recent())
    for name in names:
        recent = remembered(recent, name, world.at_ms, LEFT_MS)
    return evolve(world, unmade=world.unmade.set(placement.node, recent))


def _is_made(world: World, stream: Stream, kinds: Kinds) -> bool:
    """Return whether a rule or a copy has it made; a wish that waits, or is held, makes nothing."""
    return any(
        is_of_ours(world.wanted[maker], kinds)
        for maker in world.publishers.get(stream, EMPTY)
        if maker in world.owned or maker in world.making or maker in world.in_flight
    )


def _ancestors(world: World, stream: Stream, kinds: Kinds) -> frozenset[str]:
    """Return all rules without which a stream would not be there, as far as anything tells."""
    found: set[str] = set()
    seen, open_ends = {stream}, [stream]
    while open_ends:
        one = open_ends.pop()
        found |= {ground.rule for ground in _grounds(world, one)}
        before = set(_sources(world, one, kinds)) - seen
        seen |= before
        open_ends += sorted(before)
    return frozenset(found)


def _grounds(world: World, stream: Stream) -> Iterator[Ground]:
    for maker in sorted(world.publishers.get(stream, EMPTY)):
        for ground in sorted(world.wishes.get(maker.key, EMPTY)):
            if world.wanted[maker].rule == ground.rule:
                yield ground


def _sources(world: World, stream: Stream, kinds: Kinds) -> Iterator[Stream]:
    """Yield the streams that one is made of, and those that it is made for."""
    for maker in world.publishers.get(stream, EMPTY):
        for source in kinds[maker.key.kind].declarable.needs(world.wanted[maker].spec):
            at = source.node or maker.node
            names = world.site(at).names(source.stream) if source.is_pattern else (source.stream,)
            yield from ((at, name) for name in names)
    for ground in _grounds(world, stream):
        if ground.each is Subject.STREAM:
            about = world.grounds[ground].about.removeprefix("stream/")
            yield (ground.node, unencoded(about))
