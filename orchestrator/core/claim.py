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


@frozen
class Claim:
    """One wish for a placement; `ground` None: a line of a state file."""

    resource: Resource
    ground: Ground | None = None
    position: int = 0
    is_lapsing: bool = False

    @property
    def rank(self) -> tuple[bool, Place, bool, int, str]:
        """Return who goes first: lines, then rules in order, what still holds, what was first."""
        about = self.ground.natural if self.ground is not None else ""
        place = self.resource.place
        return (self.ground is not None, place, self.is_lapsing, self.position, about)


@frozen
class Settled:
    """The one wish that is followed, if any, and why the others are not."""

    resource: Resource | None
    clashes: Map[Ground, Clash]


def claims(world: World, key: Key) -> tuple[Claim, ...]:
    """Return all wishes for a name, the first in right first."""
    found = [
        Claim(resource, ground, standing.position, bool(standing.until_ms))
        for ground, resource in world.claims.get(key, EMPTY).items()
        for standing in (world.grounds[ground],)
    ]
    if key in world.declared:
        found.append(Claim(world.declared[key]))
    return tuple(sorted(found, key=lambda one: one.rank))


def due(world: World, key: Key) -> frozenset[Placement]:
    """Return where anybody wants a thing of this name."""
    return frozenset(
        placement
        for claim in claims(world, key)
        if claim.resource.enabled
        for placement in placements(claim.resource, world.configuration)
    )


def chosen(world: World, placement: Placement, kinds: Kinds) -> Settled:
    """Return which wish for a placement is followed; lines never clash with each other."""
    first: Claim | None = None
    clashes: dict[Ground, Clash] = {}
    for claim in claims(world, placement.key):
        resource = claim.resource
        is_meant = resource.enabled and placement in placements(resource, world.configuration)
        if not is_meant or claim.ground is None:
            first = claim if is_meant else first
            continue
        if first is not None:
            if first.resource.rule != resource.rule or not _is_alike(first, claim):
                clashes[claim.ground] = Clash(f"{_whose(first.resource)} wants it already")
            continue
        better = [one for one in _rivals(world, placement, resource, kinds) if one[1] < claim.rank]
        if not better:
            first = claim
            continue
        rival, _ = min(better, key=lambda one: one[1])
        message = f"{rival.key} of {_whose(world.wanted[rival])} has the same target"
        clashes[claim.ground] = Clash(message, rival)
    return Settled(first.resource if first is not None else None, Map(clashes))


def overtaken(world: World, placement: Placement, kinds: Kinds) -> frozenset[Placement]:
    """Return what rules want elsewhere and has the target of what is wanted here."""
    resource = world.wanted.get(placement)
    if resource is None or not world.grounds:
        return frozenset()
    rivals = _rivals(world, placement, resource, kinds)
    return frozenset(one for one, _ in rivals if world.wanted[one].rule)


def _is_alike(first: Claim, claim: Claim) -> bool:
    """Return whether two wishes of a rule are one: the same, or one that is about to end."""
    return first.resource == claim.resource or claim.is_lapsing


def _rivals(
    world: World, placement: Placement, resource: Resource, kinds: Kinds
) -> Iterator[tuple[Placement, tuple[bool, Place, bool, int, str]]]:
    """Yield what else is wanted and has a target, or makes a stream, of this, with its rank."""
    declared, kind = kinds[placement.key.kind].declarable, placement.key.kind
    target = declared.target(resource.spec)
    is_everywhere = declared.reach is Reach.EVERYWHERE
    nodes = world.configuration.nodes if is_everywhere else (placement.node,)
    found = {one for node in nodes for one in world.by_target.get((node, kind, target), EMPTY)}
    for name in declared.makes(resource.spec):
        found |= set(world.publishers.get((placement.node, name), EMPTY))
    for other in sorted(found):
        if other != placement and not (
            is_everywhere and _is_copy(other, placement, resource, world)
        ):
            theirs = world.wanted[other]
            yield other, (bool(theirs.rule), theirs.place, False, 0, str(other.key))


def _is_copy(other: Placement, placement: Placement, resource: Resource, world: World) -> bool:
    """Return whether it is the same thing on another node, by one line or rule."""
    return other.key == placement.key and world.wanted[other].place == resource.place


def _whose(resource: Resource) -> str:
    place = f"{resource.place.file}:{resource.place.line}"
    return f"rule {resource.rule} ({place})" if resource.rule else place
