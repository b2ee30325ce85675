"""Cycles: things that would wait for each other for ever, since each reads what another makes."""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.core.configuration import Configuration
from orchestrator.core.kind import Kinds
from orchestrator.core.placement import placements
from orchestrator.core.resource import Placement, Resource
from orchestrator.errors import Fault


def cycles(
    resources: Iterable[Resource], configuration: Configuration, kinds: Kinds
) -> list[Fault]:
    """Return a fault for each cycle, with its path, at the line of the first that closes it."""
    placed = {
        placement: resource
        for resource in resources
        if resource.enabled
        for placement in placements(resource, configuration)
    }
    makers: dict[tuple[str, str], list[Placement]] = {}
    for placement, resource in placed.items():
        for name in kinds[placement.key.kind].declarable.makes(resource.spec):
            makers.setdefault((placement.node, name), []).append(placement)
    reads = {
        placement: [
            maker
            for source in kinds[placement.key.kind].declarable.needs(resource.spec)
            if source.is_required or not source.is_pattern
            for maker in makers.get((source.node or placement.node, source.stream), ())
        ]
        for placement, resource in placed.items()
        if placement.key.kind in kinds
    }
    faults: dict[frozenset[Placement], Fault] = {}
    done: set[Placement] = set()
    for start in sorted(reads):
        for path in _closed(start, reads, done):
            place = max(placed[one].place for one in path)
            shown = " → ".join(str(one.key) for one in (*path, path[0]))
            message = f"these wait for each other for ever: {shown}; end the cycle"
            faults[frozenset(path)] = Fault(place.file, place.line, place.column, message)
    return list(faults.values())


def _closed(
    start: Placement, reads: Mapping[Placement, Sequence[Placement]], done: set[Placement]
) -> list[tuple[Placement, ...]]:
    """Return the cycles that can be reached from one, walking no edge twice."""
    found: list[tuple[Placement, ...]] = []
    path: list[Placement] = []
    stack: list[tuple[Placement, int]] = [(start, 0)] if start not in done else []
    while stack:
        one, index = stack.pop()
        if index == 0:
            path.append(one)
        following = reads.get(one, ())
        if index == len(following):
            done.add(one)
            path.pop()
            continue
        stack.append((one, index + 1))
        target = following[index]
        if target in path:
            found.append(tuple(path[path.index(target) :]))
        elif target not in done:
            stack.append((target, 0))
    return found
