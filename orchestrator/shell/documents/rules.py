"""All rule files: the rules and tables of each, or what is wrong with it.

As with state, a faulty file brings nothing new, and what cannot be read is a fault and never an
empty file.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import define, field, frozen

from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Rule, Table
from orchestrator.errors import Fault
from orchestrator.shell.documents.cases import ENDINGS
from orchestrator.shell.documents.decode import FAULTY, Decoder
from orchestrator.shell.documents.doubled import RulesRead, without_doubles
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.folder import absent, files_below, is_absent, read_bytes, shown
from orchestrator.shell.documents.resource import Resolve
from orchestrator.shell.documents.rule import NAME, RuleReader, text_of
from orchestrator.shell.documents.table import TableForm, is_of_rules, table_of
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, read_tree
from orchestrator.shell.documents.trigger import RuleForm
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import Settings


@frozen
class RulesForm:
    """A rule file: rules and tables by name."""

    rules: Map[str, RuleForm] = EMPTY
    tables: Map[str, TableForm] = EMPTY


def read_rules(
    settings: Settings,
    vault: Vault,
    kinds: Kinds,
    declared: Mapping[str, Place],
    resolve: Resolve | None = None,
) -> tuple[RulesRead, ...]:
    """Return every rule file; `declared` is where each `rule NAME` and `table NAME` stands.

    `resolve` replaces references to secrets; None: the vault does it.
    """
    base = Path(settings.place.file).parent
    maker = Maker(base, settings.configuration, vault, kinds, resolve)
    files: list[RulesRead] = []
    paths: list[Path] = []
    is_optional = not settings.has_named_rules and not declared
    for folder in settings.rules:
        try:
            paths += () if is_optional and is_absent(folder) else files_below(folder)
        except OSError as error:
            files.append(RulesRead(shown(folder, base), faults=(absent(folder, base, error),)))
    readings = [_Reading(path, base, maker) for path in paths if not path.name.endswith(ENDINGS)]
    tables = {table for one in readings for table in one.table_files()}
    files += [one.read() for one in readings if one.is_of_rules or one.path.resolve() not in tables]
    return without_doubles(files, declared)


@define
class _Reading:
    """One reading of one file."""

    path: Path
    base: Path
    maker: Maker
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
        decoder = Decoder(self.faults, self.path.parent, text_of)
        form = decoder.instance(self.tree, RulesForm)
        reader = RuleReader(self.faults, self.warnings, self.maker)
        written = {key: self.nodes(key) for key in ("rules", "tables")}
        sound = [reader.is_sound(node) for _, node in written["rules"].values()]
        if form is FAULTY or not all(sound) or self.faults.ordered:
            return self.made((), ())
        made = [
            reader.rule(name, form.rules[name], key, node)
            for name, (key, node) in written["rules"].items()
            if isinstance(node, MappingNode)
        ]
        tables = [
            self.table(name, form.tables[name], written["tables"][name][0]) for name in form.tables
        ]
        return self.made(tuple(made), tuple(one for one in tables if one is not None))

    def made(self, made: tuple[Rule, ...], tables: tuple[Table, ...]) -> RulesRead:
        faults, warnings = self.faults.ordered, self.warnings.ordered
        if faults:
            made = tables = ()
        return RulesRead(self.file, made, tables, faults, warnings, tuple(self.table_files()))

    def nodes(self, section: str) -> dict[str, tuple[ScalarNode, Node]]:
        """Return the names in a section with what stands under them."""
        written = self.tree.get(section) if isinstance(self.tree, MappingNode) else None
        pairs = written.pairs if isinstance(written, MappingNode) else ()
        return {key.text: (key, node) for key, node in pairs}

    def table(self, name: str, form: TableForm, key: ScalarNode) -> Table | None:
        if not NAME.fullmatch(name):
            self.faults.add(key.place, "use letters, digits, “.”, “_” and “-” in this name")
        value = table_of(form, shown(form.file, self.base), self.maker.vault)
        if isinstance(value, tuple):
            for fault in value:
                self.faults.add(key.place, f"its table: {fault}")
            return None
        return Table(name, key.place, value.value)
