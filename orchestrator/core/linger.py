"""When what rules no longer want goes: its time is over, and a look since shows that it may."""

from orchestrator.core.document import Ensured
from orchestrator.core.ground import Ground, Standing
from orchestrator.core.look import NEVER_LOOKED, Looks
from orchestrator.core.world import World


def overdue(world: World, ground: Ground, looks: Looks, now_ms: int) -> Ensured | None:
    """Return that a ground is gone: its time is over, and a look since has not brought it back."""
    standing = world.grounds.get(ground)
    if standing is None or not 0 < standing.until_ms <= now_ms:
        return None
    return gone(world, ground, standing) if _is_seen(world, ground, standing, looks) else None


def gone(world: World, ground: Ground, standing: Standing | None) -> Ensured | None:
    """Return that nothing is wanted on a ground any more, None where nothing is."""
    if standing is None:
        return None
    rule = world.rules.get(ground.rule)
    place = rule.place if rule is not None else standing.items[0].place
    return Ensured(
        ground.node, ground.rule, place, ground.each, ground.natural, standing.about,
        seen=world.position,
    )  # fmt: skip


def is_managed(world: World, node: str) -> bool:
    """Return whether anything is done on a node: it is configured, and not retired."""
    return not world.node(node).retired


def _is_seen(world: World, ground: Ground, standing: Standing, looks: Looks) -> bool:
    """Return whether its node was looked at since its time is over, and could be believed.

    Where nobody looks any more, since documents say so, there is nothing to wait for.
    """
    if not is_managed(world, ground.node):
        return True
    scope = (ground.node, ground.each.kind)
    last = looks.get(scope, NEVER_LOOKED)
    is_believed = scope not in world.cliffs and ground.node not in world.lost
    return is_believed and not last.failing_ms and last.at_ms >= standing.until_ms
