"""orchestrator.yaml as settings, or all that is wrong with it."""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import asdict, define, evolve, field

from orchestrator.core.configuration import Configuration, Limits, Node, Timing
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.errors import DocumentError, Fault
from orchestrator.shell.documents.decode import FAULTY, Decoder, suggestion
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.folder import (
    absent,
    files_below,
    legible,
    read_bytes,
    shown,
)
from orchestrator.shell.documents.form import ConfigurationForm, NodeForm, SourceForm
from orchestrator.shell.documents.member import Member, Secret, members_of
from orchestrator.shell.documents.scalar import Refused, checked, references
from orchestrator.shell.documents.tree import MappingNode, ScalarNode, SequenceNode, read_tree
from orchestrator.shell.documents.tree import Node as TreeNode
from orchestrator.shell.secrets import (
    FromCredential,
    FromEnvironment,
    FromFile,
    FromFolder,
    Source,
)
from orchestrator.shell.settings import (
    Forward,
    HookSettings,
    LogSettings,
    NodeSettings,
    Settings,
    TlsFiles,
)

NODE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # it stands in the address of hooks
SECRET_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def read_configuration(path: Path) -> Settings:
    """Return the settings of a file; paths in it count from its folder.

    Raises:
        DocumentError: with all faults of the file and of the node files that it names.
    """
    reading = _Reading(path.absolute(), str(path))
    settings = reading.settings()
    if settings is None:
        assert reading.faults.ordered, "what is refused has a reason"
        raise DocumentError(reading.faults.ordered)
    return settings


@define
class _Reading:
    """One reading of one configuration."""

    path: Path
    file: str
    faults: Faults = field(factory=Faults)
    references: list[tuple[str, ScalarNode]] = field(factory=list)

    @property
    def decoder(self) -> Decoder:
        return Decoder(self.faults, self.path.parent, self.text)

    def settings(self) -> Settings | None:
        tree = self.tree(self.path, self.file)
        if tree is None:
            return None
        form = self.decoder.instance(tree, ConfigurationForm)
        nodes = self.nodes(tree, form)
        self.check_secrets(tree)
        self.check_state(tree)
        has_named_rules = isinstance(tree, MappingNode) and tree.get("rules") is not None
        return None if self.faults.ordered else self.made(form, nodes, has_named_rules)

    def tree(self, path: Path, file: str) -> TreeNode | None:
        data = read_bytes(path, file)
        if isinstance(data, Fault):
            self.faults.keep(data)
            return None
        return read_tree(data, file, self.faults)

    def text(self, node: ScalarNode, member: Member) -> str:
        """Return a text as it stands, noting which secrets it refers to."""
        if "${" in node.text and Secret() not in member.rules:
            raise Refused("${…} is read in password, hookToken and hookSecret only: write it out")
        self.references += [(name, node) for name in references(node.text)]
        return checked(node.text, member)

    def nodes(self, tree: TreeNode, form: Any) -> dict[str, NodeForm]:
        """Return the nodes, from the file itself or from the folder that it names."""
        written = tree.get("nodes") if isinstance(tree, MappingNode) else None
        if isinstance(written, MappingNode):
            self.check_nodes(written)
            return {} if form is FAULTY else dict(form.nodes)
        nodes: dict[str, NodeForm] = {}
        if form is not FAULTY and isinstance(form.nodes, Path):
            places: dict[str, Place] = {}
            for file in self.files(form.nodes):
                self.read_nodes(file, nodes, places)
        return nodes

    def files(self, folder: Path) -> tuple[Path, ...]:
        try:
            return files_below(folder)
        except OSError as error:
            self.faults.keep(absent(folder, self.path.parent, error))
            return ()

    def read_nodes(self, path: Path, nodes: dict[str, NodeForm], places: dict[str, Place]) -> None:
        tree = self.tree(path, shown(path, self.path.parent))
        if tree is None:
            return
        read = self.decoder.named(tree, NodeForm, members_of(ConfigurationForm)["nodes"])
        if isinstance(tree, MappingNode):
            self.check_nodes(tree)
            for key, _ in tree.pairs:
                first = places.setdefault(key.text, key.place)
                if first != key.place:
                    message = f"{quoted(key.text)} stands in {first.file}:{first.line} already"
                    self.faults.add(key.place, f"{message}: remove one of them")
        if read is not FAULTY:
            nodes.update(read)

    def check_nodes(self, written: MappingNode) -> None:
        for key, node in written.pairs:
            if not NODE_NAME.fullmatch(key.text):
                message = "a node's name stands in addresses: use letters, digits, “.”, “_”, “-”"
                self.faults.add(key.place, message)
            if isinstance(node, MappingNode):
                retired = node.get("retired")
                is_retired = isinstance(retired, ScalarNode) and retired.text.lower() == "true"
                if node.get("url") is None and not is_retired:
                    message = "“url” is missing: add it, or `retired: true` for a node that is gone"
                    self.faults.add(node.place, message)
                self.check_url(node.get("url"))

    def check_url(self, node: TreeNode | None) -> None:
        """Refuse an address whose host or port nobody can read."""
        if isinstance(node, ScalarNode):
            try:
                _ = urlsplit(node.text).port
            except ValueError:
                message = "this address cannot be read: check brackets, and a port up to 65535"
                self.faults.add(node.place, message)

    def check_secrets(self, tree: TreeNode) -> None:
        written = tree.get("secrets") if isinstance(tree, MappingNode) else None
        pairs = written.pairs if isinstance(written, MappingNode) else ()
        for key, source in pairs:
            if not SECRET_NAME.fullmatch(key.text):
                self.faults.add(key.place, "use letters, digits, “_” and “-” in this name")
            if isinstance(source, MappingNode) and len(source.pairs) != 1:
                message = "write exactly one of credential, env, file and folder"
                self.faults.add(source.place, message)
        names = {key.text for key, _ in pairs}
        for name, node in self.references:
            if name.partition("/")[0] not in names:
                hint = f"add it, or {suggestion(name, names)}" if names else "add it"
                message = f"the secret {quoted(name)} is not listed under `secrets`: {hint}"
                self.faults.add(node.place, message)

    def check_state(self, tree: TreeNode) -> None:
        written = tree.get("state") if isinstance(tree, MappingNode) else None
        if isinstance(written, SequenceNode) and not written.items:
            message = "name a folder: without one, all that is declared would be ended"
            self.faults.add(written.place, message)

    def made(
        self, form: ConfigurationForm, nodes: dict[str, NodeForm], has_named_rules: bool
    ) -> Settings:
        base = self.path.parent
        timing = evolve(form.timing, looks_ms=Timing().looks_ms.update(form.timing.looks_ms))
        limits = Limits(form.limits.deletes, form.limits.interrupts.per_change)
        decisions = {
            name: Node(node.labels, node.policy, node.retired, node.recorder, node.ws)
            for name, node in nodes.items()
        }
        return Settings(
            place=Place(legible(self.path), 1, 1),
            log=LogSettings(base / form.log.path, form.log.segment_bytes),
            control=base / form.control,
            configuration=Configuration(
                Map(decisions), timing, form.retry, limits, form.destinations
            ),
            state=tuple(base / folder for folder in form.state),
            rules=tuple(base / folder for folder in form.rules),
            has_named_rules=has_named_rules,
            watch=form.watch,
            hooks=_hooks(form),
            secrets=Map({name: _source(source) for name, source in form.secrets.items()}),
            nodes=Map({name: _node(node) for name, node in nodes.items()}),
        )


def _hooks(form: ConfigurationForm) -> HookSettings:
    hooks = form.hooks
    tls = None if hooks.tls is None else TlsFiles(hooks.tls.certificate, hooks.tls.key)
    return HookSettings(
        listen=hooks.listen,
        public_url=hooks.public_url,
        tls=tls,
        body_max_bytes=hooks.body_max_bytes,
        sealed=hooks.sealed,
        answers_without_log=hooks.when_log_fails == "answer",
        forward=tuple(Forward(**asdict(one, recurse=False)) for one in hooks.forward),
    )


def _node(form: NodeForm) -> NodeSettings:
    return NodeSettings(
        url=form.url,
        ws=form.ws,
        tls_ca=None if form.tls is None else form.tls.ca,
        username=form.username,
        password=form.password,
        hook_tokens=form.hook_token,
        hook_secrets=form.hook_secret,
        hook_from=form.hook_from,
        parallel=form.limits.parallel,
        per_second=form.limits.per_second,
    )


def _source(form: SourceForm) -> Source:
    if form.credential is not None:
        return FromCredential(form.credential)
    if form.env is not None:
        return FromEnvironment(form.env)
    if form.file is not None:
        return FromFile(form.file)
    assert form.folder is not None, "a source is exactly one of four"
    return FromFolder(form.folder)
