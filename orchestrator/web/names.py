"""What people mean by a name: KIND/NAME, or NAME alone where only one kind has it."""

from collections.abc import Mapping

from orchestrator.core.http import Reply
from orchestrator.core.resource import Key
from orchestrator.core.world import World
from orchestrator.web.hooks import error

NODE = "node"
"""What stands before the name of a node where a resource may be named as well."""

Names = Mapping[str, list[Key]]


def names_in(world: World) -> Names:
    """Return the resources by each name they may be called; made once for many names."""
    known: dict[str, list[Key]] = {}
    ours = (placement.key for placement in world.owned)
    for key in sorted({*world.declared, *world.wishes, *ours}):
        known.setdefault(key.name, []).append(key)
        known.setdefault(str(key), []).append(key)
    return known


def meant(name: str, known: Names) -> Key | Reply:
    """Return the one resource that a name means, or why it means none."""
    fitting = known.get(name, [])
    if not fitting:
        return error(404, f"{name}: not declared and not ours")
    if len(fitting) > 1:
        names = ", ".join(str(key) for key in fitting)
        return error(400, f"{name} may be {names}: say which")
    return fitting[0]


def no_such_node(name: str, world: World) -> Reply:
    """Return that a node is not configured, with those that are."""
    names = ", ".join(sorted(world.configuration.nodes)) or "none"
    return error(404, f"{NODE}/{name}: no such node (configured: {names})")
