"""What people mean by a name: KIND/NAME, or NAME alone where only one kind has it."""

from orchestrator.core.http import Reply
from orchestrator.core.kind import Kinds
from orchestrator.core.resource import Key, Placement
from orchestrator.core.world import World
from orchestrator.web.hooks import error

NODE = "node"
"""What stands before the name of a node where a resource may be named as well."""


def meant(name: str, world: World, kinds: Kinds) -> Key | Reply:
    """Return the one resource that a name means, or why it means none."""
    kind, slash, rest = name.partition("/")
    keys = [Key(kind, rest)] if slash else [Key(one, name) for one in sorted(kinds)]
    fitting = [key for key in keys if _is_known(key, world)]
    if not fitting:
        return error(404, f"{name}: not declared and not ours")
    if len(fitting) > 1:
        names = ", ".join(str(key) for key in fitting)
        return error(400, f"{name} may be {names}: say which")
    return fitting[0]


def _is_known(key: Key, world: World) -> bool:
    """Return whether a resource is declared, wanted by a rule, or ours anywhere."""
    is_wanted = key in world.declared or key in world.wishes
    return is_wanted or any(Placement(node, key) in world.owned for node in world.placed)


def no_such_node(name: str, world: World) -> Reply:
    """Return that a node is not configured, with those that are."""
    names = ", ".join(sorted(world.configuration.nodes)) or "none"
    return error(404, f"{NODE}/{name}: no such node (configured: {names})")
