"""Where a declared thing has to be.

Trivial while nodes are fixed: a named node, or one placement on each node with certain labels.
"""

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Placement, Resource


def placements(resource: Resource, configuration: Configuration) -> tuple[Placement, ...]:
    """Return where it has to be, ordered by node; nothing is placed on a retired node."""
    if resource.nodes:
        names = [
            name
            for name, node in configuration.nodes.items()
            if not node.retired and has_labels(node, resource.nodes)
        ]
    else:
        node = configuration.nodes.get(resource.node)
        names = [resource.node] if node is not None and not node.retired else []
    return tuple(Placement(name, resource.key) for name in sorted(names))


def has_labels(node: Node, labels: Map[str, str]) -> bool:
    """Return whether a node carries all of these labels."""
    return all(node.labels.get(name) == value for name, value in labels.items())
