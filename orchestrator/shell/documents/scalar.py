"""What the text of a scalar means, strictly; by the core schema of YAML 1.2 where it is plain.

So `yes` and `12:30` are texts, `010` is ten, and nothing is a date. No message repeats a text.
"""

import re
from enum import Enum
from ipaddress import ip_network
from math import isfinite
from typing import Final

from orchestrator.core.quantity import parse_duration, parse_size
from orchestrator.shell.documents.member import Member, Named, Network, OneOf, Pattern, Unit
from orchestrator.shell.documents.tree import Node, ScalarNode
from orchestrator.shell.secrets import REFERENCE

BOOLEANS: Final = {"true": True, "True": True, "TRUE": True}
BOOLEANS.update({"false": False, "False": False, "FALSE": False})
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
INTEGER: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
NUMBER: Final = re.compile(
    rf"{DECIMAL.pattern}|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII
)
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DIGITS_MAX: Final = 18  # what fits 64 bits, and what `int` reads without complaint


class Refused(ValueError):
    """A value cannot be taken; its text is the message of the fault."""


def as_written(node: ScalarNode, member: Member) -> str:
    """Return a text as it stands, where references to secrets have no meaning."""
    if "${" in node.text:
        raise Refused("${…} has no meaning here: write the value itself")
    return checked(node.text, member)


def references(text: str) -> tuple[str, ...]:
    """Return the secrets that a text refers to; no other `${…}` may stand in it."""
    if "${" in REFERENCE.sub("", text):
        raise Refused("this ${…} cannot be read: write ${secret.NAME}")
    return tuple(found[1] for found in REFERENCE.finditer(text))


def checked(text: str, member: Member) -> str:
    """Return a text that its rules allow."""
    if CONTROL.search(text):
        raise Refused("line breaks and control characters are not allowed here: remove them")
    for rule in member.rules:
        match rule:
            case Pattern(regex=regex, words=words) if not re.fullmatch(regex, text):
                raise Refused(f"write {words}")
            case Named(words=words) if not text:
                raise Refused(f"write {words}")
            case Network() if not _is_network(text):
                raise Refused("write an address or a network, as in 10.0.0.5 or 10.1.0.0/16")
            case OneOf(words=words) if text not in words:
                raise Refused(f"write {' or '.join(words)}")
            case _:
                pass
    return text


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def boolean_of(node: ScalarNode) -> bool:
    """Return a boolean."""
    if not node.is_plain or node.text not in BOOLEANS:
        raise Refused("write true or false, without quotes")
    return BOOLEANS[node.text]


def integer_of(node: ScalarNode, member: Member) -> int:
    """Return a whole number, a duration or a size, as the member's unit says."""
    parse = {Unit.MILLISECONDS: parse_duration, Unit.BYTES: parse_size}.get(member.unit)
    try:
        value = whole_of(node) if parse is None else parse(node.text)
    except ValueError as error:
        raise Refused(str(error)) from None
    _check_range(value, member)
    return value


def whole_of(node: ScalarNode) -> int:
    """Return a whole number, whatever its range."""
    if not node.is_plain or not INTEGER.fullmatch(node.text) or len(node.text) > _DIGITS_MAX:
        raise Refused("write a whole number in decimal digits, without quotes")
    return int(node.text)


def float_of(node: ScalarNode, member: Member) -> float:
    """Return a number within the member's range."""
    value = decimal_of(node)
    _check_range(value, member)
    return value


def decimal_of(node: ScalarNode) -> float:
    """Return a number, whatever its range."""
    is_number = node.is_plain and DECIMAL.fullmatch(node.text) and len(node.text) <= _DIGITS_MAX
    if not is_number:
        raise Refused("write a number in decimal digits, without quotes")
    value = float(node.text)
    if not isfinite(value):
        raise Refused("this number is too large: write a smaller one")
    return value


def _check_range(value: float, member: Member) -> None:
    allowed = member.range
    if not allowed.low <= value <= allowed.high:
        low, high = (shown(bound, member.unit) for bound in (allowed.low, allowed.high))
        raise Refused(f"this is out of range: write {low} to {high}")


def shown(number: int, unit: Unit) -> str:
    """Return a number as one would write it."""
    sizes = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
    times = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))
    units = {Unit.BYTES: sizes, Unit.MILLISECONDS: times, Unit.NONE: ((1, ""),)}[unit]
    return next((f"{number // one}{name}" for one, name in units if number % one == 0), str(number))


def enum_of(node: ScalarNode, kind: type[Enum]) -> Enum:
    """Return the member of an enumeration that a word names."""
    for member in kind:
        if node.text == member.value:
            return member
    raise Refused(f"write {' or '.join(str(member.value) for member in kind)}")


def string_of(node: ScalarNode) -> ScalarNode:
    """Return a node that is a text and nothing else."""
    if node.is_plain and node.text in BOOLEANS:
        raise Refused("this is a boolean where a text is wanted: quote it")
    if node.is_plain and NUMBER.fullmatch(node.text):
        raise Refused("this is a number where a text is wanted: quote it")
    return node


def is_null(node: Node) -> bool:
    """Return whether nothing stands there."""
    return isinstance(node, ScalarNode) and node.is_plain and node.text in NULLS
