"""New names: `moved: {kind/old: kind/new}` in a state file, so that what runs goes on."""

from collections.abc import Sequence

from orchestrator.core.document import Moved
from orchestrator.core.kind import Kinds
from orchestrator.core.resource import Key
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode

MOVED = "moved"


def moved_in(node: Node | None, kinds: Kinds, faults: Faults) -> tuple[Moved, ...]:
    """Return what has another name from now: of the same kind, and with another name."""
    if node is None:
        return ()
    if not isinstance(node, MappingNode):
        faults.add(node.place, "write old names with new ones: kind/old: kind/new")
        return ()
    found = []
    for written_old, written_new in node.pairs:
        old, new = (_key(one, kinds, faults) for one in (written_old, written_new))
        if old is None or new is None:
            continue
        if old.kind != new.kind or old == new:
            faults.add(written_old.place, "a new name is of the same kind, and another one")
        found.append(Moved(old, new))
    return tuple(found)


def first_name(key: Key, moved: Sequence[Moved]) -> str:
    """Return the name that a resource had at first: what follows from that stays as it was."""
    before = {one.new: one.old for one in moved}
    for _ in before:
        key = before.get(key, key)
    return key.name


def _key(node: Node, kinds: Kinds, faults: Faults) -> Key | None:
    """Return the key that a text `kind/name` means, having said why where it means none."""
    written = node.text if isinstance(node, ScalarNode) else ""
    kind, _, name = written.partition("/")
    declarable = {one.name for one in kinds.values() if one.declared is not None}
    if kind in declarable and name:
        return Key(kind, name)
    faults.add(node.place, f"write kind/name; kinds are {', '.join(sorted(declarable))}")
    return None
