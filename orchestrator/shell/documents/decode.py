"""From nodes to values, strictly, by the fields of attrs classes.

Nothing is guessed: a text is no number, a number is no text, and a key that is not known is an
error that names its likely meaning. What is wrong is collected with its place, and the value that
would have been is `FAULTY`; so one reading finds all faults of a file. No message repeats a value,
since any value may be a secret in the wrong line.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin

import attrs
from attrs import define

from orchestrator.codec import camel
from orchestrator.core.mapping import Map
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.member import (
    Member,
    OneOf,
    Unit,
    members_of,
)
from orchestrator.shell.documents.scalar import (
    BOOLEANS,
    INTEGER,
    NULLS,
    NUMBER,
    Refused,
    as_written,
    boolean_of,
    decimal_of,
    enum_of,
    float_of,
    integer_of,
    is_null,
    string_of,
    whole_of,
)
from orchestrator.shell.documents.tree import (
    FLOW_HINT,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)

FAULTY: Final[Any] = object()
NAMES_MAX: Final = 50  # more candidates than this help nobody
WORD_MAX: Final = 60


@define
class Decoder:
    """Reads nodes as values.

    `text` says what becomes of a text, rules included, or raises `Refused`. Paths begin at
    `folder`.
    """

    faults: Faults
    folder: Path
    text: Callable[[ScalarNode, Member], str] = as_written

    def instance(self, node: Node, form: type) -> Any:
        """Return a value of an attrs class, or FAULTY."""
        given = self.given(node, form)
        if given is FAULTY:
            return FAULTY
        missing = [
            member
            for member in members_of(form).values()
            if member.is_required and member.name not in given
        ]
        for member in missing:
            self.faults.add(node.place, f"“{member.key}” is missing: add it")
        is_whole = not missing and all(value is not FAULTY for value in given.values())
        return form(**given) if is_whole else FAULTY

    def given(self, node: Node, *forms: type) -> Any:
        """Return the fields of these classes that a mapping gives, by name, or FAULTY."""
        if not isinstance(node, MappingNode):
            self.faults.add(node.place, "a mapping is wanted here: write keys with values")
            return FAULTY
        known = {key: member for form in forms for key, member in members_of(form).items()}
        later = [key for key, member in known.items() if member.is_later]
        given: dict[str, Any] = {}
        for key, value in node.pairs:
            if self.is_known(key, value, known, later):
                member = known[key.text]
                given[member.name] = self.value(value, member.type, member)
        return given

    def is_known(
        self, key: ScalarNode, value: Node, known: Iterable[str], later: Iterable[str] = ()
    ) -> bool:
        """Return whether a key is known, having said what it may mean where it is not."""
        if key.text in later:
            self.faults.add(key.place, f"{quoted(key.text)} is not in this version: remove it")
        elif key.text not in known and not self.faults.is_full:
            hint, what = suggestion(key.text, set(known) - set(later)), quoted(key.text)
            if is_null(value):  # it may be the rest of a secret behind a comma: do not show it
                what = "that stands here without a value"
                hint = f"{hint} If it belongs to the value before: {FLOW_HINT}"
            self.faults.add(key.place, f"the key {what} is not known here: {hint}")
        return key.text in known and key.text not in later

    def value(self, node: Node, kind: Any, member: Member) -> Any:
        """Return a value of any type, or FAULTY."""
        origin, inner = get_origin(kind), get_args(kind)
        if origin is UnionType:
            return self.value(node, _alternative(node, inner), member)
        if origin is tuple:
            items = node.items if isinstance(node, SequenceNode) else (node,)
            values = tuple(self.value(item, inner[0], member) for item in items)
            return FAULTY if any(value is FAULTY for value in values) else values
        if origin is Map:
            return self.named(node, inner[1], member)
        if attrs.has(kind):
            return self.instance(in_full(node, kind), kind)
        try:
            return self._scalar(node, kind, member)
        except Refused as refused:
            self.faults.add(node.place, str(refused))
            return FAULTY

    def named(self, node: Node, kind: Any, member: Member) -> Any:
        """Return a map from names to values of one type, or FAULTY."""
        if not isinstance(node, MappingNode):
            hint = " ({} for none)" if is_null(node) else ""
            self.faults.add(node.place, f"a mapping is wanted here: write names with values{hint}")
            return FAULTY
        words = next((rule for rule in member.rules if isinstance(rule, OneOf)), None)
        values: dict[str, Any] = {}
        for key, value in node.pairs:
            known = words.words if words is not None else (key.text,)
            if self.is_known(key, value, known) and self.is_name(key):
                values[key.text] = self.value(value, kind, member)
        return FAULTY if any(value is FAULTY for value in values.values()) else Map(values)

    def is_name(self, key: ScalarNode) -> bool:
        """Return whether a key can be a name, having said why where it cannot."""
        if not key.text or not key.text.isprintable():
            self.faults.add(key.place, "a name is empty or has invisible characters: rename it")
            return False
        return True

    def _scalar(self, node: Node, kind: Any, member: Member) -> Any:
        if kind is Any:
            return self._json(node, member)
        if not isinstance(node, ScalarNode):
            raise Refused(f"{_wanted(kind, member)} is wanted here, not a list or mapping")
        if is_null(node):
            raise Refused("there is no value: write one, or remove the key")
        if kind is bool:
            return boolean_of(node)
        if kind is int:
            return integer_of(node, member)
        if kind is float:
            return float_of(node, member)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return enum_of(node, kind)
        text = self.text(string_of(node), member)
        if kind is Path and not text:
            raise Refused("the path is empty: write one, or remove the key")
        return self.folder / text if kind is Path else text

    def _json(self, node: Node, member: Member) -> Any:
        """Return any JSON; this is for what WCS takes and we do not look into."""
        match node:
            case MappingNode(pairs=pairs):
                named = {key.text: self.value(value, Any, member) for key, value in pairs}
                return FAULTY if any(one is FAULTY for one in named.values()) else Map(named)
            case SequenceNode(items=items):
                listed = tuple(self.value(item, Any, member) for item in items)
                return FAULTY if any(one is FAULTY for one in listed) else listed
            case ScalarNode(is_plain=True, text=text) if text in NULLS:
                return None
            case ScalarNode(is_plain=True, text=text) if text in BOOLEANS:
                return BOOLEANS[text]
            case ScalarNode(is_plain=True, text=text) if INTEGER.fullmatch(text):
                return whole_of(node)
            case ScalarNode(is_plain=True, text=text) if NUMBER.fullmatch(text):
                return decimal_of(node)
            case ScalarNode():
                return self.text(string_of(node), member)


def in_full(node: Node, form: type) -> Node:
    """Return a text that stands for a mapping with one key as that mapping."""
    short = getattr(form, "SHORT", None)
    if short is None or not isinstance(node, ScalarNode) or is_null(node):
        return node
    return MappingNode(node.place, ((ScalarNode(node.place, camel(short), True), node),))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return what was probably meant, or all that is known."""
    by_lower = {name.lower(): name for name in sorted(known)[:NAMES_MAX]}
    close = get_close_matches(word.lower()[:WORD_MAX], by_lower, n=1, cutoff=0.7)
    if close:
        return f"did you mean {quoted(by_lower[close[0]])}?"
    return f"known are {', '.join(by_lower.values())}." if by_lower else "remove it."


def _alternative(node: Node, kinds: tuple[Any, ...]) -> Any:
    """Return the type of a union that fits the shape of a node; no two may have one shape."""
    present = [kind for kind in kinds if kind is not NoneType]
    is_mapping = isinstance(node, MappingNode)
    fitting = [
        kind for kind in present if (attrs.has(kind) or get_origin(kind) is Map) is is_mapping
    ]
    return (fitting or present)[0]


def _wanted(kind: Any, member: Member) -> str:
    units = {Unit.MILLISECONDS: "a duration", Unit.BYTES: "a size", Unit.NONE: "a number"}
    names = {bool: "true or false", int: units[member.unit], float: "a number", str: "a text"}
    return names.get(kind, "a word" if kind is not Path else "a path")
