"""Names that two rule files declare: the first to have one keeps it, the other file is faulty."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import evolve, frozen

from orchestrator.core.resource import Place
from orchestrator.core.rule import Rule, Table
from orchestrator.errors import Fault


@frozen
class RulesRead:
    """One file, relative to the folder of orchestrator.yaml. With faults it has no rules.

    `beside` are the files of its tables.
    """

    file: str
    rules: tuple[Rule, ...] = ()
    tables: tuple[Table, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    beside: tuple[Path, ...] = ()


def without_doubles(
    files: Sequence[RulesRead], declared: Mapping[str, Place]
) -> tuple[RulesRead, ...]:
    """Return the files, faulty where they declare a name that another file has.

    First is who had it before, then who is by file and line. A faulty file keeps what it had.
    """
    kept = list(files)
    while True:
        faulty = {file.file for file in kept if file.faults}
        had = {name: place for name, place in declared.items() if place.file in faulty}
        claims = list(had.items())
        claims += [
            (f"{what} {one.name}", one.place)
            for file in kept
            for what, ones in (("rule", file.rules), ("table", file.tables))
            for one in ones
        ]
        first: dict[str, Place] = {}
        found: list[Fault] = []
        for name, place in sorted(claims, key=lambda one: _rank(one, declared)):
            owner = first.setdefault(name, place)
            if owner != place:
                message = f"{name} is declared in {owner.file}:{owner.line} already: rename one"
                found.append(Fault(place.file, place.line, place.column, message))
        if not found:
            return tuple(kept)
        kept = [
            evolve(file, rules=(), tables=(), faults=faults) if (
                faults := tuple(fault for fault in found if fault.file == file.file)
            ) else file
            for file in kept
        ]  # fmt: skip


def _rank(claim: tuple[str, Place], declared: Mapping[str, Place]) -> tuple[bool, Place]:
    name, place = claim
    before = declared.get(name)
    return (before is None or before.file != place.file, place)
