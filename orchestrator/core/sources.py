"""The streams that things read and publish: what is lacking, and what reads what.

The order in which things are made follows from it, since each waits for what it reads, and so does
the reverse order in which they are ended.
"""

from collections.abc import Iterable

from orchestrator.core.kind import Kinds, Source
from orchestrator.core.mapping import EMPTY, Map, with_member, without, without_member
from orchestrator.core.resource import Placement, Resource
from orchestrator.core.value import evolve
from orchestrator.core.world import World


def lacking(world: World, node: str, sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources that a thing on a node has to wait for, none where it need not wait."""
    sources = tuple(sources)
    required = tuple(one for one in sources if one.is_required)
    missing = tuple(one for one in required if not is_published(world, node, one))
    if missing or required or any(is_published(world, node, one) for one in sources):
        return missing
    return sources


def is_published(world: World, node: str, source: Source) -> bool:
    """Return whether a source of something on a node is published, as far as we know."""
    at = source.node or node
    if source.is_pattern:
        return bool(world.site(at).names(source.stream))
    return world.is_streaming(at, source.stream)


def media_of(world: World, placement: Placement, resource: Resource, kinds: Kinds) -> Map[str, str]:
    """Return the words for the media that a thing reads, or that it makes where it reads none here.

    By name of stream, of those that are published; "" where nothing is known.
    """
    declared, node = kinds[placement.key.kind].declarable, placement.node
    local = [one.stream for one in declared.needs(resource.spec) if not one.node]
    site = world.site(node)
    names = {name for one in local for name in site.names(one)}
    names |= set() if local else {name for name in declared.makes(resource.spec) if site.ids(name)}
    return Map({name: world.media(node, name) for name in names})


def unpublished_of(
    world: World, placement: Placement, resource: Resource, kinds: Kinds
) -> tuple[str, ...]:
    """Return the names of the streams that a thing makes of what is no stream here, and are absent.

    Its listing may say that it runs and not under which name, so that it may be a stranger's.
    """
    declared, node = kinds[placement.key.kind].declarable, placement.node
    if any(not one.node for one in declared.needs(resource.spec)):
        return ()
    made = declared.makes(resource.spec)
    return tuple(name for name in made if not world.is_streaming(node, name))


def fed_since(world: World, node: str, sources: Iterable[Source]) -> int:
    """Return the position at which the newest stream among the sources was seen, 0 for none."""
    return max((_since(world, source.node or node, source) for source in sources), default=0)


def _since(world: World, node: str, source: Source) -> int:
    names = world.site(node).names(source.stream) if source.is_pattern else (source.stream,)
    return max((world.stream_since(node, name) for name in names), default=0)


def is_used(world: World, placement: Placement, resource: Resource, kinds: Kinds) -> bool:
    """Return whether something wanted reads what a thing makes, and lacks nothing else."""
    node = placement.node
    made = kinds[placement.key.kind].declarable.makes(resource.spec)
    for reader in (one for name in made for one in world.readers_of(node, name)):
        needs = kinds[reader.key.kind].declarable.needs(world.wanted[reader].spec)
        others = [one for one in needs if not any(one.fits(name) for name in made)]
        if reader != placement and not lacking(world, reader.node, others):
            return True
    return False


def falls_with(world: World, placement: Placement, kinds: Kinds) -> tuple[Placement, ...]:
    """Return what runs and reads what a thing makes, directly or through others, in order."""
    found: set[Placement] = set()
    open_ends = [placement]
    while open_ends:
        one = open_ends.pop()
        resource = world.wanted.get(one)
        made = kinds[one.key.kind].declarable.makes(resource.spec) if resource else ()
        readers = {reader for name in made for reader in world.readers_of(one.node, name)}
        new = {reader for reader in readers - found - {placement} if reader in world.owned}
        found |= new
        open_ends += new
    return tuple(sorted(found))


def makers_for(world: World, readers: Iterable[Placement], kinds: Kinds) -> frozenset[Placement]:
    """Return what is wanted and makes the streams that these read."""
    found: set[Placement] = set()
    for reader in readers:
        resource = world.wanted.get(reader)
        needs = kinds[reader.key.kind].declarable.needs(resource.spec) if resource else ()
        for source in needs:
            found |= set(world.publishers.get((source.node or reader.node, source.stream), EMPTY))
    return frozenset(found)


def with_sources(
    world: World, placement: Placement, resource: Resource, kinds: Kinds, *, add: bool
) -> World:
    """Return the world whose indices know, or know no longer, what a thing reads and makes."""
    change = with_member if add else without_member
    declared, node = kinds[placement.key.kind].declarable, placement.node
    readers, seekers, distant = world.readers, world.seekers, world.distant
    for source in declared.needs(resource.spec):
        at = source.node or node
        if at != node:
            distant = change(distant, at, placement)
        if not source.is_pattern:
            readers = change(readers, (at, source.stream), placement)
            continue
        patterns = without(seekers.get(at, EMPTY), placement)
        if add:
            known = seekers.get(at, EMPTY).get(placement, ())
            patterns = patterns.set(placement, (*known, source.stream))
        seekers = seekers.set(at, patterns) if patterns else without(seekers, at)
    publishers = world.publishers
    for name in declared.makes(resource.spec):
        publishers = change(publishers, (node, name), placement)
    return evolve(world, readers=readers, seekers=seekers, distant=distant, publishers=publishers)
