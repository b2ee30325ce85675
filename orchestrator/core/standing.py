"""What stands on a node where a declared thing should be: ours, a stranger's, or another line's."""

from orchestrator.core.case import Case, compared
from orchestrator.core.comparison import Past
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import Placement, Resource
from orchestrator.core.thing import Observed


def thing_of(case: Case) -> Observed | None:
    """Return the seen thing that the verdict is about: one of ours first, else a match."""
    resource = case.resource
    ours = tuple(case.world.holdings(case.placement))
    if resource is None:
        return ours[0] if ours else None
    naturals = case.declared.naturals(resource.spec, case.site)
    here = [thing for thing in ours if thing.seen.natural in naturals]
    strays = [
        thing
        for thing in ours
        if thing not in here and not isinstance(compared(case, resource, thing), Past)
    ]
    return next(iter((*strays, *here)), None) or _match(case, resource)


def occupant(case: Case, wanted: Resource) -> str | None:
    """Return who stands where this one should be: a stranger at its target, or another line's.

    What another line has may be listed under a name of ours, where that is the likelier for it.
    """
    world, node, kind = case.world, case.placement.node, case.placement.key.kind
    target = case.declared.target(wanted.spec)
    ours = set(case.declared.naturals(wanted.spec, case.site))
    there = set(world.occupied.get((node, kind, target), EMPTY))
    for natural in sorted(there | {one for one in ours if one in world.things(node, kind)}):
        owner = world.things(node, kind)[natural].owner
        if owner is None and natural in there:
            return f"a stranger's {kind} on {node}"
        if owner is None or owner.key == case.placement.key:
            continue
        rival = Placement(node, owner.key)
        if natural in there or rival not in world.wanted or not _likelier(case, rival, natural):
            return str(owner.key)
    return None


def _match(case: Case, resource: Resource) -> Observed | None:
    """Return a stranger's thing that stands where ours should be.

    Where a node lists names with a prefix, two declared things may both match one listed name; it
    belongs to the one for which that name is the likelier.
    """
    node, kind = case.placement.node, case.placement.key.kind
    naturals = case.declared.naturals(resource.spec, case.site)
    for natural in naturals:
        thing = case.world.thing(node, kind, natural)
        if thing is None or thing.owner is not None:
            continue
        rivals = case.world.claimants(node, kind, natural) - {case.placement}
        if natural == naturals[0] or not any(_likelier(case, rival, natural) for rival in rivals):
            return thing
    return None


def _likelier(case: Case, rival: Placement, natural: str) -> bool:
    spec = case.world.wanted[rival].spec
    return natural in case.declared.naturals(spec, case.site)[:1]
