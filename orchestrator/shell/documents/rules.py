"""All rule files: the rules and tables of each, or what is wrong with it.

Every expression is compiled here, so a rule that is taken can be asked. As with state, a faulty
file brings nothing new, and what cannot be read is a fault and never an empty file.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from orchestrator.core.hook import FIELDS, POINTLESS, REFUSABLE, SPELLINGS, canonical
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import ALWAYS, Admit, Decision, Table, expressions, parts
from orchestrator.errors import BadExpression, Fault
from orchestrator.expression import compiled, members
from orchestrator.shell.documents.cases import ENDINGS
from orchestrator.shell.documents.decode import FAULTY, Decoder, suggestion
from orchestrator.shell.documents.doubled import RulesRead, without_doubles
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.folder import absent, files_below, is_absent, read_bytes, shown
from orchestrator.shell.documents.member import Later, Member, Named, OneOf, rules
from orchestrator.shell.documents.scalar import CONTROL, Refused, checked
from orchestrator.shell.documents.table import TableForm, is_of_rules, table_of
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, read_tree
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import Settings

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # it stands in the log as rule:NAME
ADMITTED: Final = (*REFUSABLE, *sorted(SPELLINGS))
FIXED: Final = frozenset(
    {"sessionId", "mediaSessionId", "callId", "nodeId", "appKey", "restClientConfig"}
)
KNOWN: Final = frozenset({"hook", "connection", "node", "streams", "calls", "connections"}) | {
    "all",
    "tables",
    "now",
}


@frozen
class RuleForm:
    """A rule: what it listens to, when it holds, and what it decides."""

    admit: tuple[str, ...] = field(default=(), metadata=rules(OneOf(ADMITTED)))
    where: str = field(default=ALWAYS, metadata=rules(Named("a CEL expression")))
    decide: Decision | None = None
    overwrite: Map[str, Any] = EMPTY
    on_error: Decision | None = None
    when_unreachable: Decision = Decision.DENY
    each: Later | None = None
    upon: Later | None = None
    ensure: Later | None = None
    linger: Later | None = None
    made: Later | None = None
    do: Later | None = None
    at_most: Later | None = None
    for_each: Later | None = None


@frozen
class RulesForm:
    """A rule file: rules and tables by name."""

    rules: Map[str, RuleForm] = EMPTY
    tables: Map[str, TableForm] = EMPTY


def read_rules(
    settings: Settings, vault: Vault, declared: Mapping[str, Place]
) -> tuple[RulesRead, ...]:
    """Return every rule file; `declared` is where each `rule NAME` and `table NAME` stands."""
    base = Path(settings.place.file).parent
    files: list[RulesRead] = []
    paths: list[Path] = []
    is_optional = not settings.has_named_rules and not declared
    for folder in settings.rules:
        try:
            paths += () if is_optional and is_absent(folder) else files_below(folder)
        except OSError as error:
            files.append(RulesRead(shown(folder, base), faults=(absent(folder, base, error),)))
    readings = [_Reading(path, base, vault) for path in paths if not path.name.endswith(ENDINGS)]
    tables = {table for one in readings for table in one.table_files()}
    files += [one.read() for one in readings if one.is_of_rules or one.path.resolve() not in tables]
    return without_doubles(files, declared)


@define
class _Reading:
    """One reading of one file."""

    path: Path
    base: Path
    vault: Vault
    faults: Faults = field(factory=Faults)
    warnings: Faults = field(factory=Faults)
    tree: Node | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        data = read_bytes(self.path, self.file)
        if isinstance(data, Fault):
            self.faults.keep(data)
        else:
            self.tree = read_tree(data, self.file, self.faults)

    @property
    def file(self) -> str:
        return shown(self.path, self.base)

    @property
    def is_of_rules(self) -> bool:
        """Return whether it looks like a rule file, whoever takes it for a table."""
        pairs = self.tree.pairs if isinstance(self.tree, MappingNode) else ()
        return is_of_rules(key.text for key, _ in pairs)

    def table_files(self) -> Iterator[Path]:
        """Return the files that this one names as tables, which may lie beside it."""
        tables = self.tree.get("tables") if isinstance(self.tree, MappingNode) else None
        for _, node in tables.pairs if isinstance(tables, MappingNode) else ():
            named = node.get("file") if isinstance(node, MappingNode) else node
            if isinstance(named, ScalarNode):
                with suppress(
                    OSError, ValueError, RuntimeError
                ):  # no path at all: reading it says so
                    yield (self.path.parent / named.text).resolve()

    def read(self) -> RulesRead:
        if self.tree is None:
            return self.made((), ())
        decoder = Decoder(self.faults, self.path.parent, _text)
        form = decoder.instance(self.tree, RulesForm)
        if form is FAULTY:
            return self.made((), ())
        written = {key: self.nodes(key) for key in ("rules", "tables")}
        made = [self.rule(name, form.rules[name], *written["rules"][name]) for name in form.rules]
        tables = [
            self.table(name, form.tables[name], written["tables"][name][0]) for name in form.tables
        ]
        return self.made(tuple(made), tuple(one for one in tables if one is not None))

    def made(self, made: tuple[Admit, ...], tables: tuple[Table, ...]) -> RulesRead:
        faults, warnings = self.faults.ordered, self.warnings.ordered
        if faults:
            made = tables = ()
        return RulesRead(self.file, made, tables, faults, warnings, tuple(self.table_files()))

    def nodes(self, section: str) -> dict[str, tuple[ScalarNode, Node]]:
        """Return the names in a section with what stands under them."""
        assert isinstance(self.tree, MappingNode), "what was decoded is a mapping"
        written = self.tree.get(section)
        pairs = written.pairs if isinstance(written, MappingNode) else ()
        return {key.text: (key, node) for key, node in pairs}

    def rule(self, name: str, form: RuleForm, key: ScalarNode, node: Node) -> Admit:
        self.check_name(name, key)
        if not form.admit:
            self.faults.add(node.place, "“admit” is missing: name the hooks that it answers")
        for given in sorted(form.overwrite):
            if given in FIXED:
                message = f"{given} is what it is known by, or follows from the rules: leave it out"
                self.faults.add(node.place, message)
            if given in self.vault.guard.whole:
                message = f"{given} is a secret, and the log would show it: rules do not give it"
                self.faults.add(node.place, message)
        decide = form.decide or (Decision.ALLOW if form.overwrite else None)
        if decide is None:
            self.faults.add(node.place, "“decide” is missing: write allow or deny")
        elif decide is Decision.DENY and form.overwrite:
            self.faults.add(node.place, "what is denied has no fields: remove “overwrite”")
        on_error = form.on_error or (decide if decide is Decision.DENY else None)
        rule = Admit(
            name,
            key.place,
            tuple(dict.fromkeys(map(canonical, form.admit))),
            decide or Decision.ALLOW,
            form.where,
            form.overwrite,
            on_error,
            form.when_unreachable,
        )
        self.check_fields(rule, node)
        return rule

    def check_name(self, name: str, key: ScalarNode) -> None:
        if not NAME.fullmatch(name):
            self.faults.add(key.place, "use letters, digits, “.”, “_” and “-” in this name")

    def check_fields(self, rule: Admit, node: Node) -> None:
        """Warn of fields that none of the hooks is known to have."""
        if any(method not in FIELDS for method in rule.methods):
            return
        known = sorted({name for method in rule.methods for name in FIELDS[method]})
        asked = {one for text in _expressions(rule) for one in members(text, "hook")}
        for name in (*sorted(asked - set(known)), *sorted(set(rule.overwrite) - set(known))):
            hint = suggestion(name, known)
            hint = hint if hint.startswith("did") else "it may never be there."
            hooks = ", ".join(rule.methods)
            message = f"{hooks} is not known to have the field {quoted(name)}: {hint}"
            self.warnings.add(node.place, message)

    def table(self, name: str, form: TableForm, key: ScalarNode) -> Table | None:
        self.check_name(name, key)
        value = table_of(form, shown(form.file, self.base), self.vault)
        if isinstance(value, tuple):
            for fault in value:
                self.faults.add(key.place, f"its table: {fault}")
            return None
        return Table(name, key.place, value.value)


def _text(node: ScalarNode, member: Member) -> str:
    """Return a text of a rule, its expressions compiled."""
    if member.name == "where":
        _compile(node.text)
        return node.text
    if member.name == "admit" and node.text in POINTLESS:
        raise Refused(f"{node.text} happens all the same, whatever is answered: leave it out")
    if member.name == "admit" and node.text not in ADMITTED:
        hint = suggestion(node.text, ADMITTED)
        raise Refused(f"the hook {quoted(node.text)} is not one that asks: {hint}")
    if member.name != "overwrite":
        return checked(node.text, member)
    if CONTROL.search(node.text):
        raise Refused("line breaks and control characters are not allowed here: remove them")
    try:
        pieces = parts(node.text)
    except ValueError as error:
        raise Refused(str(error)) from None
    for piece in pieces:
        if piece.is_expression:
            _compile(piece.text)
    return node.text


def _compile(text: str) -> None:
    try:
        compiled(text, KNOWN)
    except BadExpression as bad:
        raise Refused(str(bad)) from None


def _expressions(rule: Admit) -> tuple[str, ...]:
    return (rule.where, *expressions(rule.overwrite))
