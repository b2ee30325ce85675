"""YAML as a tree in which every value knows its place.

The one place that knows the YAML library, and of it only the events: composing recurses in C and
falls over deep nesting, and it forgets duplicate keys. What people do not need and attackers do
(anchors, tags, several documents) is refused. Everything that is wrong is collected; only what ends
the parsing ends the search.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import yaml
from attrs import define, field, frozen

from orchestrator.core.resource import Place
from orchestrator.errors import Fault
from orchestrator.shell.documents.faults import Faults, quoted

BYTES_MAX: Final = 4 * 1024 * 1024  # some 20,000 declared things; more is no longer read by people
NODES_MAX: Final = 250_000  # bounds time and memory where a file is nothing but commas
DEPTH_MAX: Final = 64  # our documents nest six deep; each level costs stack
FLOW_HINT: Final = "inside { } and [ ] quote texts that contain ${…}, a comma or #"
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


@frozen
class ScalarNode:
    """One text as written. A plain one, without quotes, may mean a number, a boolean or nothing."""

    place: Place
    text: str
    is_plain: bool


@frozen
class SequenceNode:
    """A list."""

    place: Place
    items: tuple["Node", ...]


@frozen
class MappingNode:
    """Keys with values, in the order of the file. No key stands twice."""

    place: Place
    pairs: tuple[tuple[ScalarNode, "Node"], ...]

    def get(self, key: str) -> "Node | None":
        """Return what stands under a key, None where the key is not there."""
        return next((value for name, value in self.pairs if name.text == key), None)


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


def scalars(node: Node | None) -> Iterator[ScalarNode]:
    """Yield all texts in a node, keys included; none where there is no node."""
    match node:
        case ScalarNode():
            yield node
        case SequenceNode(items=items):
            for item in items:
                yield from scalars(item)
        case MappingNode(pairs=pairs):
            for key, value in pairs:
                yield key
                yield from scalars(value)
        case None:
            pass


class _End(Exception):
    """No more can be read of this file."""


def read_tree(data: bytes, file: str, faults: Faults) -> Node | None:
    """Return the one document of a file, or None where there is none that makes sense.

    What is wrong is added to `faults`, which is never empty when None is returned.
    """
    builder = _Builder(file, faults)
    try:
        return builder.document(_text(data, file))
    except _End as end:
        (fault,) = end.args
        faults.keep(fault)
    except yaml.MarkedYAMLError as error:
        faults.keep(builder.syntax(error))
    return None


def _text(data: bytes, file: str) -> str:
    """Return the file's text, which has to be UTF-8 without control characters."""
    if len(data) > BYTES_MAX:
        megabytes = BYTES_MAX // 1024 // 1024
        raise _End(Fault(file, 1, 1, f"the file is larger than {megabytes} MiB: split it"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode(errors="replace"))
        raise _End(Fault(file, line, column, "this is not UTF-8: save the file as UTF-8")) from None
    if found := _UNPRINTABLE.search(text):
        line, column = _position(text[: found.start()])
        message = f"the control character U+{ord(found[0]):04X} is not allowed: remove it"
        raise _End(Fault(file, line, column, message))
    return text


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@define
class _Builder:
    """Makes nodes from events, counting how deep and how many they are."""

    file: str
    faults: Faults
    in_flow: int = 0
    count: int = 0
    events: Iterator[Any] = field(factory=lambda: iter(()))

    def document(self, text: str) -> Node:
        self.events = iter(yaml.parse(text, Loader=_LOADER))
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            message = "the file is empty: write {} if nothing is declared, or delete the file"
            raise _End(Fault(self.file, 1, 1, message))
        node = self.node(next(self.events), 1)
        next(self.events)
        more = next(self.events)
        if not isinstance(more, yaml.StreamEndEvent):
            message = "a second document begins here: put it into a file of its own"
            raise _End(self.fault(more, message))
        return node

    def node(self, event: Any, depth: int) -> Node:
        self.count += 1
        if depth > DEPTH_MAX:
            raise _End(self.fault(event, f"this nests deeper than {DEPTH_MAX} levels: flatten it"))
        if self.count > NODES_MAX:
            raise _End(self.fault(event, f"the file holds over {NODES_MAX} values: split it"))
        self._refuse(event)
        place = Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.MappingStartEvent):
            return MappingNode(place, self.pairs(depth, bool(event.flow_style)))
        if isinstance(event, yaml.SequenceStartEvent):
            return SequenceNode(place, self.items(depth, bool(event.flow_style)))
        if isinstance(event, yaml.ScalarEvent):
            return ScalarNode(place, event.value, not event.style)
        return ScalarNode(place, "", is_plain=False)  # an alias, refused above

    def items(self, depth: int, is_flow: bool) -> tuple[Node, ...]:
        items = []
        self.in_flow += is_flow
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        self.in_flow -= is_flow
        return tuple(items)

    def pairs(self, depth: int, is_flow: bool) -> tuple[tuple[ScalarNode, Node], ...]:
        pairs: dict[str, tuple[ScalarNode, Node]] = {}
        self.in_flow += is_flow
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, ScalarNode):
                self.faults.keep(self.fault(event, "a list or mapping is no key: write a text"))
            elif key.text in pairs:
                first = pairs[key.text][0].place
                message = (
                    f"the key {quoted(key.text)} stands twice, first in line {first.line}, "
                    f"column {first.column}: remove one of them"
                )
                self.faults.keep(self.fault(event, message))
            else:
                pairs[key.text] = (key, value)
        self.in_flow -= is_flow
        return tuple(pairs.values())

    def fault(self, event: Any, message: str) -> Fault:
        mark = event.start_mark
        return Fault(self.file, mark.line + 1, mark.column + 1, message)

    def syntax(self, error: yaml.MarkedYAMLError) -> Fault:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        hint = FLOW_HINT if self.in_flow else "check quotes, colons and indentation"
        if "that cannot start any token" in (error.problem or ""):
            hint = "indent with spaces, not tabs, and quote texts that begin with @, ` or %"
        message = f"this is not YAML, {error.problem or 'it cannot be read'}: {hint}"
        return Fault(self.file, line, column, message)

    def _refuse(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            message = "anchors and aliases (& and *) are not read: write it out, or use `defaults`"
            self.faults.keep(self.fault(event, message))
        elif event.tag is not None:
            self.faults.keep(self.fault(event, "tags (!) are not read: remove it"))
