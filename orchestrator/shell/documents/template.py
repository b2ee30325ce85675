"""What a rule ensures: a state file with expressions in it, checked at load, read once filled in.

Everything in a template that is no expression is checked when the rule is loaded; what comes of the
expressions when they have values, by the reader of state files.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from attrs import frozen

from orchestrator.core.configuration import Configuration
from orchestrator.core.filling import parts
from orchestrator.core.json import Json
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.resource import Place, Resource
from orchestrator.core.rule import REFERENCE, Each
from orchestrator.core.value import evolve
from orchestrator.errors import ExpressionFailed
from orchestrator.shell.documents.clear import is_written_out
from orchestrator.shell.documents.decode import suggestion
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.member import members_of
from orchestrator.shell.documents.resource import COMMON, LATER_FIELDS, FileReader, Resolve
from orchestrator.shell.documents.tree import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    scalars,
)
from orchestrator.shell.secrets import Vault

ITEMS_MAX: Final = 100  # resources for one subject: more would be a slip


@frozen
class Maker:
    """Reads what comes of templates, with the secrets and nodes of now.

    `resolve` replaces references to secrets; None: the vault does it.
    """

    folder: Path
    configuration: Configuration
    vault: Vault
    kinds: Kinds
    resolve: Resolve | None = None

    def resources(self, rule: Each, node: str, filled: Json) -> tuple[Resource, ...]:
        """Return what is to be there, on the given node where it does not say another.

        Raises:
            ExpressionFailed: it is not as a state file has to be.
        """
        faults = Faults()
        reader = self.reader(rule.place.file, faults)
        found = []
        for key, section in _pairs(_tree(filled, rule.place)):
            kind = reader.declarable[key.text]
            here = MappingNode(rule.place, ((_text("node", rule.place), _text(node, rule.place)),))
            found += [reader.claim(name, one, kind, here) for name, one in _pairs(section)]
        if faults.ordered:
            raise ExpressionFailed(faults.ordered[0].message)
        resources = (evolve(claim.resource, rule=rule.name) for claim in found if claim is not None)
        return tuple(sorted(resources, key=lambda one: one.key))

    def check(self, node: Node, faults: Faults) -> None:
        """Say what is wrong with a template, as far as that can be told without values."""
        reader = self.reader(node.place.file, faults)
        if not isinstance(node, MappingNode) or not node.pairs:
            faults.add(node.place, "write kinds with their resources, as in a state file")
            return
        count = 0
        for key, section in node.pairs:
            if not reader.plain.is_known(key, section, reader.declarable):
                continue
            if not isinstance(section, MappingNode) or not section.pairs:
                faults.add(section.place, "write names with specifications")
                continue
            count += len(section.pairs)
            for name, one in section.pairs:
                self.check_one(reader, name, one, reader.declarable[key.text])
        if count > ITEMS_MAX:
            faults.add(node.place, f"over {ITEMS_MAX} resources for one subject: split the rule")

    def check_one(
        self, reader: FileReader, title: ScalarNode, node: Node, kind: Kind[object]
    ) -> None:
        """Check one resource of a template."""
        if not isinstance(node, MappingNode):
            reader.faults.add(node.place, "a mapping is wanted here: write fields with values")
            return
        if "${" not in title.text:
            reader.is_name(title)
        form: type = kind.declarable.spec
        members = {**COMMON, **members_of(form)}
        for key, value in node.pairs:
            reader.plain.is_known(key, value, members, LATER_FIELDS)
        written = {key.text for key, _ in node.pairs}
        for name, member in members.items():
            if member.is_required and name not in written:
                reader.faults.add(node.place, f"“{name}” is missing: add it")
        plain = (pair for pair in node.pairs if pair[0].text in members)
        known = tuple(pair for pair in plain if not has_expression(pair[1]))
        reader.check_defaults(MappingNode(node.place, known), kind)
        self.check_node(reader, node)
        for key, value in node.pairs:
            for text in scalars(value) if has_expression(value) else ():
                if is_written_out(text.text, self.vault.sealer.whole, key.text):
                    message = "what looks like a key stands here in clear: put it into `secrets`"
                    reader.faults.add(text.place, message)
        for warning in reader.warned_of_keys(MappingNode(node.place, known), kind):
            reader.faults.keep(warning)

    def check_node(self, reader: FileReader, node: MappingNode) -> None:
        """Check where a resource is to be, if that is written out."""
        written, nodes = node.get("node"), self.configuration.nodes
        if written is not None and node.get("nodes") is not None:
            message = "“node” and “nodes” exclude each other: remove one of them"
            reader.faults.add(written.place, message)
        is_plain = isinstance(written, ScalarNode) and not has_expression(written)
        if nodes and is_plain and isinstance(written, ScalarNode) and written.text not in nodes:
            message = f"this node is not configured: {suggestion(written.text, nodes)}"
            reader.faults.add(written.place, message)

    def reader(self, file: str, faults: Faults) -> FileReader:
        """Return a reader of state files that takes references to secrets as the vault does."""
        return FileReader(
            file,
            self.folder,
            self.configuration,
            self.vault,
            self.kinds,
            self.resolve or self.vault.resolved,
            faults,
        )


def has_expression(node: Node) -> bool:
    """Return whether anything in a node has to be evaluated."""
    return any(
        part.is_expression and not part.text.startswith(REFERENCE)
        for one in scalars(node)
        for part in parts(one.text)
    )


def _pairs(node: Node) -> tuple[tuple[ScalarNode, Node], ...]:
    assert isinstance(node, MappingNode), "a template was checked"
    return node.pairs


def _tree(value: Json, place: Place) -> Node:
    """Return a value as if it had been written, all of it at one place."""
    tree = partial(_tree, place=place)
    match value:
        case str():
            return _text(value, place)
        case bool():
            return ScalarNode(place, str(value).lower(), is_plain=True)
        case Mapping():
            return MappingNode(
                place, tuple((_text(name, place), tree(value[name])) for name in sorted(value))
            )
        case Sequence():
            return SequenceNode(place, tuple(map(tree, value)))
        case _:
            return ScalarNode(place, "null" if value is None else repr(value), is_plain=True)


def _text(text: str, place: Place) -> ScalarNode:
    return ScalarNode(place, text, is_plain=False)
