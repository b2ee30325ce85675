"""Sets: the same resources for many values, written once.

    sets:
      cameras:
        over: {cam-01: 10.0.1.1, cam-02: 10.0.1.2}
        make: {pulls: {"${key}": {uri: "rtsp://${value}/main", localStreamName: "${key}"}}}

`over` is a mapping from keys to values, or a list of keys. In `make`, whose form is that of a file,
`${key}`, `${value}` and, where values are mappings, `${value.NAME}` stand in names and in texts.
What comes out has the place of its line in `make`, so that a fault names what was written.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, SequenceNode

SETS: Final = "sets"
RESOURCES_MAX: Final = 10_000  # of one set; more would be a slip in `over`
_REFERENCE: Final = re.compile(r"\$\{(key|value(?:\.[A-Za-z0-9_-]+)?)\}")


def sections(node: Node | None, faults: Faults) -> Iterator[MappingNode]:
    """Yield what the sets of a file make: mappings from kinds to resources."""
    if node is None:
        return
    if not isinstance(node, MappingNode):
        faults.add(node.place, "write names with sets, or {} for none")
        return
    for key, one in node.pairs:
        yield from _made(key, one, faults)


def _made(key: ScalarNode, one: Node, faults: Faults) -> Iterator[MappingNode]:
    if not isinstance(one, MappingNode):
        faults.add(one.place, "a set has “over” and “make”: write both")
        return
    for name, _ in one.pairs:
        if name.text not in ("over", "make"):
            message = f"the key {quoted(name.text)} is not known here: known are make, over."
            faults.add(name.place, message)
    over, make = one.get("over"), one.get("make")
    if over is None or not isinstance(make, MappingNode):
        faults.add(key.place, "a set has “over” with values and “make” with resources: write both")
        return
    members = list(_members(over, faults))
    if len(members) > RESOURCES_MAX:
        faults.add(over.place, f"more than {RESOURCES_MAX} values: split the set")
        return
    for values in members:
        yield _filled_mapping(make, values, faults)


def _members(over: Node, faults: Faults) -> Iterator[Mapping[str, str]]:
    """Yield what each reference stands for, once for each value."""
    match over:
        case MappingNode(pairs=pairs):
            for key, value in pairs:
                match value:
                    case ScalarNode():
                        yield {"key": key.text, "value": value.text}
                    case MappingNode(pairs=fields):
                        named = {
                            f"value.{name.text}": field.text
                            for name, field in fields
                            if isinstance(field, ScalarNode)
                        }
                        if len(named) < len(fields):
                            faults.add(value.place, "the fields of a value are texts: write texts")
                        yield {"key": key.text, **named}
                    case _:
                        faults.add(value.place, "a value is a text, or a mapping with texts")
        case SequenceNode(items=items):
            for item in items:
                if isinstance(item, ScalarNode):
                    yield {"key": item.text, "value": item.text}
                else:
                    faults.add(item.place, "a list holds keys: write texts, or use a mapping")
        case _:
            faults.add(over.place, "write keys with values, or a list of keys")


def _filled_mapping(node: MappingNode, values: Mapping[str, str], faults: Faults) -> MappingNode:
    pairs = tuple(
        (_filled_text(key, values, faults), _filled(value, values, faults))
        for key, value in node.pairs
    )
    return MappingNode(node.place, pairs)


def _filled(node: Node, values: Mapping[str, str], faults: Faults) -> Node:
    match node:
        case MappingNode():
            return _filled_mapping(node, values, faults)
        case SequenceNode(items=items):
            filled = tuple(_filled(item, values, faults) for item in items)
            return SequenceNode(node.place, filled)
        case ScalarNode():
            return _filled_text(node, values, faults)


def _filled_text(node: ScalarNode, values: Mapping[str, str], faults: Faults) -> ScalarNode:
    """Return a text with its references replaced; one that is nothing else may become a number."""

    def replaced(found: re.Match[str]) -> str:
        if found[1] not in values:
            known = ", ".join(f"${{{name}}}" for name in values)
            faults.add(node.place, f"there is no {found[0]} here: there are {known}")
        return values.get(found[1], "")

    is_whole = _REFERENCE.fullmatch(node.text) is not None
    text = _REFERENCE.sub(replaced, node.text)
    return ScalarNode(node.place, text, node.is_plain or is_whole)
