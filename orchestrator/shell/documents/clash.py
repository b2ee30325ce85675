"""What must not be declared twice: a name, the effective target of a kind, and a stream.

A faulty file goes on as it was when it was last good, so its names and targets stay taken; making a
file faulty may thus bring a new clash, and the search goes on until there is none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from orchestrator.core.resource import Key, Place, Resource
from orchestrator.errors import Fault
from orchestrator.shell.documents.resource import Claim


@frozen
class Claims:
    """What one file claims, or a whole folder that cannot be read."""

    file: str
    claims: tuple[Claim, ...]
    is_faulty: bool


def clashes(
    files: Sequence[Claims],
    declared: Mapping[Key, Resource],
    targets: Callable[[Resource], tuple[str, ...]],
    cycles: Callable[[Iterable[Resource]], list[Fault]],
) -> Mapping[str, tuple[Fault, ...]]:
    """Return the faults of files that claim what others have, or close a cycle.

    `declared` is what the world holds; `targets` returns those of one of that.
    """
    faults: dict[str, tuple[Fault, ...]] = {}
    while True:
        claims = [
            claim
            for file in files
            for claim in (
                _kept(file.file, declared, targets)
                if file.is_faulty or file.file in faults
                else file.claims
            )
        ]
        faulty = {file.file for file in files if file.is_faulty} | set(faults)
        wrong = _found(claims, declared) or cycles(claim.resource for claim in claims)
        found = [one for one in wrong if one.file not in faulty]
        if not found:
            return faults
        for file in {fault.file for fault in found}:
            faults[file] = tuple(fault for fault in found if fault.file == file)


def _kept(
    file: str, declared: Mapping[Key, Resource], targets: Callable[[Resource], tuple[str, ...]]
) -> list[Claim]:
    return [
        Claim(resource, targets(resource) if resource.enabled else ())
        for resource in declared.values()
        if resource.place.file == file or resource.place.file.startswith(f"{file}/")
    ]


def _found(claims: Sequence[Claim], declared: Mapping[Key, Resource]) -> list[Fault]:
    faults = []
    names: dict[Key, Place] = {}
    for claim in sorted(claims, key=lambda one: _rank(one, declared, is_name=True)):
        key, place = claim.resource.key, claim.resource.place
        first = names.setdefault(key, place)
        if first != place:
            message = f"{key} is declared in {first.file}:{first.line} already: rename one of them"
            faults.append(Fault(place.file, place.line, place.column, message))
    targets: dict[str, Resource] = {}
    for claim in sorted(claims, key=lambda one: _rank(one, declared, is_name=False)):
        key, place = claim.resource.key, claim.resource.place
        owners = [targets.setdefault(one, claim.resource) for one in claim.targets]
        owner = next((owner for owner in owners if owner.key != key), None)
        if owner is not None:
            message = (
                f"{owner.key} in {owner.place.file}:{owner.place.line} has the same target: "
                "remove or disable one of them"
            )
            faults.append(Fault(place.file, place.line, place.column, message))
    return faults


def _rank(
    claim: Claim, declared: Mapping[Key, Resource], *, is_name: bool
) -> tuple[bool, str, int, int]:
    """Return the order of rights: first who has it already, then by file and line."""
    resource, before = claim.resource, declared.get(claim.resource.key)
    has_it = before is not None and before.place.file == resource.place.file
    if not is_name:
        has_it = has_it and before is not None and before.spec == resource.spec
    return (not has_it, resource.place.file, resource.place.line, resource.place.column)
