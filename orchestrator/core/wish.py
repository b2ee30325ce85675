"""Who wants what where: lines of state files, and rules for the subjects that they hold for.

Several may want the same name on a node, or the same target. A line goes first, then rules by file
and line; one of them is wanted, and of every other one it is known what it clashes with.
"""

from collections.abc import Iterator

from attrs import frozen

from orchestrator.core.ground import Clash, Ground
from orchestrator.core.kind import Kinds, Reach
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.placement import placements
from orchestrator.core.resource import Key, Place, Placement, Resource
from orchestrator.core.world import World

Rank = tuple[bool, Place, bool, int, str]


@frozen
class Wish:
    """One wish for a placement; `ground` None: a line of a state file."""

    resource: Resource
    ground: Ground | None = None
    position: int = 0
    is_lingering: bool = False

    @property
    def rank(self) -> Rank:
        """Return who goes first: lines, then rules in order, what still holds, what was first."""
        about = self.ground.natural if self.ground is not None else ""
        place = self.resource.place
        return (self.ground is not None, place, self.is_lingering, self.position, about)


@frozen
class Followed:
    """The one wish that is followed, if any, and why the others are not."""

    resource: Resource | None
    clashes: Map[Ground, Clash]


def wishes(world: World, key: Key) -> tuple[Wish, ...]:
    """Return all wishes for a name, the first in right first."""
    found = [
        Wish(resource, ground, standing.position, bool(standing.until_ms))
        for ground, resource in world.wishes.get(key, EMPTY).items()
        for standing in (world.grounds[ground],)
    ]
    if key in world.declared:
        found.append(Wish(world.declared[key]))
    return tuple(sorted(found, key=lambda one: one.rank))


def due(world: World, key: Key) -> frozenset[Placement]:
    """Return where anybody wants a thing of this name."""
    return frozenset(
        placement
        for wish in wishes(world, key)
        if wish.resource.enabled
        for placement in placements(wish.resource, world.configuration)
    )


def followed(world: World, placement: Placement, kinds: Kinds) -> Followed:
    """Return which wish for a placement is followed; lines never clash with each other."""
    first: Wish | None = None
    clashes: dict[Ground, Clash] = {}
    for wish in wishes(world, placement.key):
        resource = wish.resource
        if placement not in placements(resource, world.configuration):
            continue
        if wish.ground is None:
            first = wish
            continue
        if first is not None:
            if not _is_alike(first, wish):
                clashes[wish.ground] = Clash(f"{_whose(first.resource)} has the name already")
            continue
        own = (wish.rank, placement)
        better = [one for one in _rivals(world, placement, resource, kinds) if one < own]
        if not better:
            first = wish
            continue
        _, rival = min(better)
        message = f"{rival.key} of {_whose(world.wanted[rival])} has the same target"
        clashes[wish.ground] = Clash(message, rival)
    is_wanted = first is not None and first.resource.enabled
    return Followed(first.resource if first is not None and is_wanted else None, Map(clashes))


def overtaken(world: World, placement: Placement, kinds: Kinds) -> frozenset[Placement]:
    """Return what rules want elsewhere and has the target of what is wanted here."""
    resource = world.wanted.get(placement)
    if resource is None or not world.grounds:
        return frozenset()
    rivals = _rivals(world, placement, resource, kinds)
    return frozenset(one for _, one in rivals if world.wanted[one].rule)


def _is_alike(first: Wish, wish: Wish) -> bool:
    """Return whether two wishes are one of a rule: the same, or one that is about to end."""
    is_same = first.resource == wish.resource or wish.is_lingering
    return is_same and first.resource.rule == wish.resource.rule


def _rivals(
    world: World, placement: Placement, resource: Resource, kinds: Kinds
) -> Iterator[tuple[Rank, Placement]]:
    """Yield what else is wanted and has a target, or makes a stream, of this, after its rank."""
    declared, kind = kinds[placement.key.kind].declarable, placement.key.kind
    target = declared.target(resource.spec)
    is_everywhere = declared.reach is Reach.EVERYWHERE
    nodes = world.configuration.nodes if is_everywhere else (placement.node,)
    found = {one for node in nodes for one in world.by_target.get((node, kind, target), EMPTY)}
    for name in declared.makes(resource.spec):
        found |= set(world.publishers.get((placement.node, name), EMPTY))
    for other in sorted(found):
        theirs = world.wanted[other]
        if other != placement and not (resource.nodes and theirs == resource):  # one wish, spread
            ranks = (one.rank for one in wishes(world, other.key) if one.resource == theirs)
            yield next(ranks, Wish(theirs).rank), other  # one that is about to go has none


def _whose(resource: Resource) -> str:
    place = f"{resource.place.file}:{resource.place.line}"
    return f"rule {resource.rule} ({place})" if resource.rule else place
