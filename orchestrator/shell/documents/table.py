"""Tables beside rules: any YAML or JSON that rules look things up in, sealed before it goes on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from orchestrator.core.json import Json
from orchestrator.core.mapping import Map
from orchestrator.errors import Fault
from orchestrator.shell.documents.decode import Decoder
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.folder import read_bytes
from orchestrator.shell.documents.member import Member, Unit
from orchestrator.shell.documents.tree import ScalarNode, read_tree
from orchestrator.shell.secrets import Vault

VALUES_MAX: Final = 10_000  # each hook whose rule asks for a table has it looked through
SECTIONS: Final = frozenset({"rules", "tables"})
ANYTHING: Final = Member("", "", Any, Unit.NONE, (), None, is_later=False)


@frozen
class TableForm:
    """A table: a YAML or JSON file; `sealed` keeps all its texts out of the log."""

    SHORT = "file"

    file: Path
    sealed: bool = False


@frozen
class Content:
    """What is in a table."""

    value: Json


def table_of(form: TableForm, file: str, vault: Vault) -> Content | tuple[Fault, ...]:
    """Return what is in a table, which people know as `file`, or all that is wrong with it."""
    data = read_bytes(form.file, file)
    if isinstance(data, Fault):
        return (data,)
    faults = Faults()
    tree = read_tree(data, file, faults)
    if tree is None:
        return faults.ordered
    value = Decoder(faults, form.file.parent, _as_it_stands).value(tree, Any, ANYTHING)
    if faults.ordered:  # anchors and the like leave a value, which is not to be used all the same
        return faults.ordered
    if isinstance(value, Mapping) and is_of_rules(value):
        return (Fault(file, 1, 1, "this is a file of rules: a table has a file of its own"),)
    if _count(value) > VALUES_MAX:
        return (Fault(file, 1, 1, f"the table has over {VALUES_MAX} values: split it"),)
    return Content(_sealed(value, vault) if form.sealed else vault.sealer.tree(value))


def is_of_rules(names: Iterable[str]) -> bool:
    """Return whether the top-level names of a file are those of a rule file."""
    found = set(names)
    return bool(found) and found <= SECTIONS


def _as_it_stands(node: ScalarNode, _member: Member) -> str:
    return node.text


def _count(value: Json) -> int:
    match value:
        case Mapping():
            return sum(_count(value[name]) for name in value)
        case tuple():
            return sum(map(_count, value))
        case _:
            return 1


def _sealed(value: Json, vault: Vault) -> Json:
    """Return a table with each text and number in it sealed whole; names are as they are."""
    match value:
        case Mapping():
            return Map({name: _sealed(value[name], vault) for name in value})
        case tuple():
            return tuple(_sealed(member, vault) for member in value)
        case None | bool():
            return value
        case _:
            return vault.sealer.tree(str(value), "token")
