"""JSON as frozen values, so that what was said can be shared, compared and kept.

Knows nothing of text or bytes: `codec` and `web` read and write those.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from orchestrator.core.mapping import Map

if TYPE_CHECKING:
    Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
else:
    Json = Any  # a recursive alias cannot be resolved at run time, where the codec reads fields
JsonObject: TypeAlias = Mapping[str, Json]

TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
WHOLE_MAX = 2**63
_DIGITS = re.compile(r"\s*-?[0-9]{1,18}\s*")


def freeze(value: Json) -> Json:
    """Return the same JSON in tuples and persistent maps."""
    match value:
        case str():
            return value
        case Mapping():
            return Map({name: freeze(member) for name, member in value.items()})
        case Sequence():
            return tuple(freeze(member) for member in value)
        case _:
            return value


def freeze_object(value: JsonObject) -> "Map[str, Json]":
    """Return the same object as a persistent map of frozen members."""
    return Map({name: freeze(member) for name, member in value.items()})


def thaw(value: Json) -> Json:
    """Return the same JSON in lists and dicts with sorted names, ready to be written."""
    match value:
        case str():
            return value
        case Mapping():
            return {name: thaw(value[name]) for name in sorted(value)}
        case Sequence():
            return [thaw(member) for member in value]
        case _:
            return value


def texts(value: Json) -> Iterator[str]:
    """Yield every text in a value, names included."""
    match value:
        case str():
            yield value
        case Mapping():
            for name in value:
                yield name
                yield from texts(value[name])
        case Sequence():
            for member in value:
                yield from texts(member)
        case _:
            pass


def text(value: JsonObject, name: str) -> str:
    """Return a member as text; missing, null and anything that is no scalar give "" ."""
    member = value.get(name)
    match member:
        case str():
            return member
        case bool():
            return "true" if member else "false"
        case int() | float():
            return str(member)
        case _:
            return ""


def truth(value: JsonObject, name: str) -> bool:
    """Return a member as a boolean; WCS accepts and sends strings for them, missing is false."""
    member = value.get(name)
    return member.lower() in TRUE_WORDS if isinstance(member, str) else bool(member)


def whole(value: JsonObject, name: str) -> int:
    """Return a member as an integer; a string of digits counts, anything else is 0.

    So is what the log could not keep, beyond 64 bits: an entry that is there must always fold.
    """
    member = value.get(name)
    match member:
        case bool() | None:
            return 0
        case int() | float() if -WHOLE_MAX <= member < WHOLE_MAX:
            return int(member)
        case str() if _DIGITS.fullmatch(member):
            return int(member)
        case _:
            return 0


def weight(value: Json) -> int:
    """Return about how many letters a value has."""
    match value:
        case str():
            return len(value)
        case Mapping():
            return sum(len(name) + weight(value[name]) for name in value)
        case Sequence():
            return sum(1 + weight(member) for member in value)
        case _:
            return 1


def depth(value: Json) -> int:
    """Return how deep a value nests; a text or number not at all."""
    match value:
        case str():
            return 0
        case Mapping():
            return 1 + max((depth(value[name]) for name in value), default=0)
        case Sequence():
            return 1 + max(map(depth, value), default=0)
        case _:
            return 0
