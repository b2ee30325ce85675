"""One state file: the resources that it declares, with the places of their lines.

Specifications are read twice, once with clear texts, to compare what must not collide, and once
with sealed ones, which are all that leaves here.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import define, evolve, field, frozen

from orchestrator.core.configuration import Configuration, Policy, Retry
from orchestrator.core.document import Moved
from orchestrator.core.kind import Kind, Kinds, Reach
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.placement import placements
from orchestrator.core.resource import Key, OnChange, OnRemove, Resource
from orchestrator.errors import Fault, SecretMissing
from orchestrator.shell.documents.decode import FAULTY, Decoder, suggestion
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.member import Later, Member, members_of
from orchestrator.shell.documents.moved import MOVED, first_name, moved_in
from orchestrator.shell.documents.scalar import Refused, as_written, checked, references
from orchestrator.shell.documents.sets import SETS, sections
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, read_tree
from orchestrator.shell.secrets import Vault

DEFAULTS: Final = "defaults"
Resolve = Callable[[str], str]


@frozen
class Common:
    """What every resource takes beside its specification."""

    node: str = ""
    nodes: Map[str, str] = EMPTY
    labels: Map[str, str] = EMPTY
    enabled: bool = True
    policy: Policy = Policy.MANAGE
    protect: bool = False
    on_remove: OnRemove = OnRemove.TERMINATE
    on_change: OnChange | None = None
    retry: Retry | None = None
    window: Later | None = None
    stand_in: Later | None = None


COMMON: Final = members_of(Common)
LATER_FIELDS: Final = tuple(key for key, member in COMMON.items() if member.is_later)


@frozen
class Claim:
    """A resource and its effective targets in clear, which never leave this part."""

    resource: Resource
    targets: tuple[str, ...] = field(default=(), repr=False)


def targets(
    resource: Resource, spec: Any, kind: Kind[Any], configuration: Configuration
) -> tuple[str, ...]:
    """Return what no other may have, from a specification in clear: for each node, or at all."""
    declared, nodes = kind.declarable, placements(resource, configuration)
    target = f"{kind.name} {declared.target(spec)}"
    made = [f"stream {name} on {one.node}" for name in declared.makes(spec) for one in nodes]
    match declared.reach:
        case Reach.EVERYWHERE:
            return (target, *made)
        case Reach.NODE:  # pragma: no branch
            return (*(f"{placement.node} {target}" for placement in nodes), *made)


@define
class FileReader:
    """Reads one file. `secrets` are the names that it refers to."""

    file: str
    folder: Path
    configuration: Configuration
    vault: Vault
    kinds: Kinds
    resolve: Resolve
    faults: Faults = field(factory=Faults)
    warnings: Faults = field(factory=Faults)
    secrets: set[str] = field(factory=set)
    moved: tuple[Moved, ...] = ()

    def claims(self, data: bytes) -> tuple[Claim, ...]:
        """Return what a file declares; it means nothing when faults were found."""
        tree = read_tree(data, self.file, self.faults)
        if tree is None:
            return ()
        if not isinstance(tree, MappingNode):
            self.faults.add(tree.place, "write kinds with their resources, or {} for none")
            return ()
        kinds = self.declarable
        claims: list[Claim | None] = []
        defaults = self.defaults(tree.get(DEFAULTS), kinds)
        self.moved = moved_in(tree.get(MOVED), self.kinds, self.faults)
        beside = {DEFAULTS, MOVED, SETS}
        for part in (tree, *sections(tree.get(SETS), self.faults)):
            for key, section in part.pairs:
                known = {*kinds, *beside} if part is tree else set(kinds)
                if self.plain.is_known(key, section, known) and key.text in kinds:
                    claims += self.section(section, kinds[key.text], defaults)
        return tuple(claim for claim in claims if claim is not None)

    @property
    def declarable(self) -> Mapping[str, Kind[Any]]:
        """Return the kinds that can be declared, by their plurals."""
        return {kind.plural: kind for kind in self.kinds.values() if kind.declared is not None}

    @property
    def plain(self) -> Decoder:
        """Return the decoder of what holds no secrets."""
        return Decoder(self.faults, self.folder, as_written)

    def defaults(self, node: Node | None, kinds: Mapping[str, Kind[Any]]) -> MappingNode | None:
        """Return what holds for the whole file, checked even where nothing uses it."""
        if not isinstance(node, MappingNode):
            if node is not None:
                self.faults.add(node.place, "write fields with their values, or {} for none")
            return None
        for key, value in node.pairs:
            if key.text in kinds:
                self.check_defaults(value, kinds[key.text])
            elif self.plain.is_known(key, value, {*COMMON, *kinds}, LATER_FIELDS):
                self.plain.given(MappingNode(node.place, ((key, value),)), Common)
        return node

    def check_defaults(self, node: Node, kind: Kind[Any]) -> None:
        """Check defaults for one kind."""
        if not isinstance(node, MappingNode):
            self.faults.add(node.place, "write fields with their values, or {} for none")
            return
        common, spec = self.parts(node, kind)
        self.plain.given(common, Common)
        Decoder(self.faults, self.folder, self.clear).given(spec, kind.declarable.spec)

    def warned_of_keys(self, node: MappingNode, kind: Kind[Any]) -> tuple[Fault, ...]:
        """Return where a key or a password stands in clear; what stands behind seals is learnt."""
        _, spec = self.parts(node, kind)
        before = set(self.warnings.ordered)
        Decoder(Faults(), self.folder, self.sealed).given(spec, kind.declarable.spec)
        return tuple(one for one in self.warnings.ordered if one not in before)

    def section(
        self, section: Node, kind: Kind[Any], defaults: MappingNode | None
    ) -> Iterable[Claim | None]:
        """Return what is declared of one kind."""
        if not isinstance(section, MappingNode):
            self.faults.add(section.place, "write names with specifications, or {} for none")
            return ()
        return [self.claim(key, node, kind, defaults) for key, node in section.pairs]

    def claim(
        self, key: ScalarNode, node: Node, kind: Kind[Any], defaults: MappingNode | None
    ) -> Claim | None:
        """Return one resource, None where it is faulty."""
        if not isinstance(node, MappingNode):
            self.faults.add(node.place, "a mapping is wanted here: write fields with values")
            return None
        common_part, spec_part = self.parts(merged(node, defaults, kind.plural), kind)
        common = self.plain.instance(common_part, Common)
        form = kind.declarable.spec
        clear = Decoder(self.faults, self.folder, self.clear).instance(spec_part, form)
        is_placed = common is not FAULTY and self.is_placed(common, common_part)
        if not self.is_name(key) or not is_placed or clear is FAULTY:
            return None
        nodes, name = self.configuration.nodes, first_name(Key(kind.name, key.text), self.moved)
        refusal = self.configuration.destinations.refusal(kind.declarable.destination(clear))
        if message := kind.declarable.fault(clear, nodes) or refusal:
            self.faults.add(node.place, message)
            return None
        clear = kind.declarable.named(clear, name, nodes)
        sealed = Decoder(self.faults, self.folder, self.sealed).instance(spec_part, form)
        sealed = kind.declarable.named(sealed, name, nodes)
        given = attrs.asdict(common, recurse=False, filter=lambda field, _: field.name in _KEPT)
        resource = Resource(
            **given,
            key=Key(kind.name, key.text),
            spec=sealed,
            place=key.place,
            retry=self.retry(common_part.get("retry")),
        )
        taken = targets(resource, clear, kind, self.configuration) if common.enabled else ()
        return Claim(resource, taken)

    def parts(self, node: MappingNode, kind: Kind[Any]) -> tuple[MappingNode, MappingNode]:
        """Return the common fields and those of the kind, having refused all others."""
        form: type = kind.declarable.spec
        spec = members_of(form)
        known = {*COMMON, *spec}
        pairs = [pair for pair in node.pairs if self.plain.is_known(*pair, known, LATER_FIELDS)]
        common = tuple(pair for pair in pairs if pair[0].text not in spec)
        return (
            MappingNode(node.place, common),
            MappingNode(node.place, tuple(pair for pair in pairs if pair[0].text in spec)),
        )

    def is_name(self, key: ScalarNode) -> bool:
        """Return whether a resource can have this name, having said why where it cannot."""
        if "/" in key.text or "${" in key.text or key.text.startswith("~"):
            self.faults.add(key.place, "a name has no “/”, no “${” and no “~” in front: rename it")
            return False
        return self.plain.is_name(key)

    def is_placed(self, common: Common, node: MappingNode) -> bool:
        """Return whether the resource is on a node that there is, having said why where not."""
        written, labels = node.get("node"), node.get("nodes")
        known = {name: one for name, one in self.configuration.nodes.items() if not one.retired}
        if written is not None and labels is not None:
            message = "“node” and “nodes” exclude each other: remove one of them"
        elif labels is not None:
            message = "" if common.nodes else "name at least one label that the nodes have"
            wanted = set(common.nodes.items())
            if not any(wanted <= set(one.labels.items()) for one in known.values()):
                self.warnings.add(labels.place, "no node has these labels now: nothing is placed")
        elif written is None:
            message = "“node” is missing: add it, or `nodes` with labels, or put it in `defaults`"
        elif common.node in self.configuration.nodes and common.node not in known:
            message = "this node is retired: name another one"
        elif common.node not in known:
            message = f"this node is not configured: {suggestion(common.node, known)}"
        else:
            message = ""
        if message:
            self.faults.add((written or labels or node).place, message)
        return not message

    def retry(self, node: Node | None) -> Retry | None:
        """Return how it is tried again, where its line says so: over what is configured."""
        if node is None:
            return None
        return evolve(self.configuration.retry, **self.plain.given(node, Retry))

    def clear(self, node: ScalarNode, member: Member) -> str:
        """Return a text with its secrets."""
        self.secrets |= set(references(node.text))
        try:
            return checked(self.resolve(node.text), member)
        except SecretMissing as missing:
            raise Refused(str(missing)) from None

    def sealed(self, node: ScalarNode, member: Member) -> str:
        """Return a text with its secrets sealed, and warn of those that stand in the file."""
        clear, is_reference = self.clear(node, member), "${" in node.text
        is_secret = is_reference or member.key in self.vault.sealer.whole
        sealed = self.vault.declared(clear, is_secret=is_secret)
        is_source = member.key == "uri" and "@" not in clear and "?" not in clear
        if sealed != clear and not is_reference and not is_source:  # a source ends in its name
            message = "what looks like a key stands here in clear: put it into `secrets`"
            self.warnings.add(node.place, message)
        return sealed


_KEPT: Final = {field.name for field in attrs.fields(Resource)} - {"retry"}


def merged(node: MappingNode, defaults: MappingNode | None, plural: str) -> MappingNode:
    """Return a resource's fields, with those of `defaults` that it does not give itself.

    Fields for one kind go before those for all. Each field keeps the place where it is written.
    """
    own = defaults.get(plural) if defaults is not None else None
    layers = (
        node.pairs,
        own.pairs if isinstance(own, MappingNode) else (),
        tuple(pair for pair in defaults.pairs if pair[0].text in COMMON) if defaults else (),
    )
    pairs: dict[str, tuple[ScalarNode, Node]] = {}
    for layer in layers:
        is_placed = "node" in pairs or "nodes" in pairs
        for key, value in layer:
            if key.text not in pairs and not (is_placed and key.text in ("node", "nodes")):
                pairs[key.text] = (key, value)
    return MappingNode(node.place, tuple(pairs.values()))
