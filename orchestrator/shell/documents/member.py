"""How a class is written in a document: its keys, their units, and what their values may be.

A field `x_ms` is the key `x` with a duration, `x_bytes` the key `x` with a size; all other names
only change their case. What a type cannot say is said by rules, in the field's metadata or, for
classes that know nothing of documents, in the tables here. Both the decoder and the schema go by
this, so they cannot disagree.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, TypeAlias, get_args

import attrs
from attrs import NOTHING, frozen

from orchestrator.codec import camel
from orchestrator.core.configuration import Deletes, Retry, Timing
from orchestrator.core.destination import Destinations

PLURALS: Final = (
    "pulls",
    "webrtcPushes",
    "mixers",
    "transcoders",
    "transponders",
    "recordings",
    "vods",
    "calls",
    "injections",
)


class Unit(Enum):
    """How the integers of a member are written; the value is the suffix of its field."""

    NONE = ""
    MILLISECONDS = "_ms"
    BYTES = "_bytes"


@frozen
class Range:
    """A number lies between these, both included; times in milliseconds, sizes in bytes."""

    low: int
    high: int


@frozen
class Pattern:
    """A text matches as a whole; `words` complete the sentence “write …”."""

    regex: str
    words: str


@frozen
class OneOf:
    """A text, or each key of a mapping, is one of these."""

    words: tuple[str, ...]


@frozen
class Secret:
    """A text may refer to secrets."""


@frozen
class Named:
    """A text is not empty; `words` complete the sentence “write …”."""

    words: str


@frozen
class Network:
    """A text is an IP address, or a network of them."""


Rule: TypeAlias = Range | Pattern | OneOf | Secret | Named | Network


@frozen
class Later:
    """The type of a key that is decided in form, but not in this version."""


HOST: Final = Pattern(
    r"[A-Za-z0-9*](?:[A-Za-z0-9*.-]*[A-Za-z0-9*])?|[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?",
    "a host, in which * is any text, an address or a network",
)
DAY_MS: Final = 24 * 60 * 60 * 1000
DEFAULT_RANGES: Final[Mapping[Unit, Range]] = {
    Unit.NONE: Range(0, 1_000_000_000),
    Unit.MILLISECONDS: Range(1, 3650 * DAY_MS),  # a wait of nothing would spin
    Unit.BYTES: Range(1, 2**50),
}
_RULES: Final[Mapping[tuple[type, str], tuple[Rule, ...]]] = {
    (Retry, "factor"): (Range(1, 100),),
    (Retry, "park_after"): (Range(1, 1_000_000),),
    (Deletes, "percent"): (Range(0, 100),),
    (Destinations, "allow"): (HOST,),
    (Destinations, "deny"): (HOST,),
    (Timing, "resync_ms"): (Range(100, DAY_MS),),
    (Timing, "looks_ms"): (OneOf(("streams", *PLURALS)), Range(100, DAY_MS)),
}


@frozen
class Member:
    """One key of a mapping, and the field that it fills. One that is later is not built yet."""

    key: str
    name: str
    type: Any
    unit: Unit
    rules: tuple[Rule, ...]
    default: Any
    is_later: bool

    @property
    def is_required(self) -> bool:
        """Return whether the key has to be there."""
        return self.default is NOTHING

    @property
    def range(self) -> Range:
        """Return what its numbers lie between."""
        given = (rule for rule in self.rules if isinstance(rule, Range))
        return next(given, DEFAULT_RANGES[self.unit])


@cache
def members_of(form: type) -> Mapping[str, Member]:
    """Return the keys that a mapping of this class may have."""
    members = [_member(form, field) for field in attrs.fields(form)]
    return {member.key: member for member in members}


def rules(*those: Rule) -> Mapping[str, tuple[Rule, ...]]:
    """Return the metadata of a field with rules."""
    return {"rules": those}


def scheme(*schemes: str) -> Pattern:
    """Return the rule for a URL of one of these schemes, with a host."""
    either = "|".join(re.escape(scheme) for scheme in schemes)
    shown = " or ".join(f"{scheme}://" for scheme in schemes)
    return Pattern(rf"({either})://([^/?#\s]*@)?[^/?#@:\s]\S*", f"{shown} and a host")


_RULES_BY_NAME: Final[Mapping[str, tuple[Rule, ...]]] = {
    "rtmp_url": (scheme("rtmp", "rtmps"),),
    "stream_name": (Named("the name of a stream"),),
    "sound_file": (Named("the name of a WAV file"),),
}


def _member(form: type, field: "attrs.Attribute[Any]") -> Member:
    unit = next(unit for unit in reversed(Unit) if field.name.endswith(unit.value))
    those = (
        *field.metadata.get("rules", ()),
        *_RULES.get((form, field.name), ()),
        *_RULES_BY_NAME.get(field.name, ()),
    )
    is_later = Later in get_args(field.type)
    key = camel(field.name.removesuffix(unit.value))
    return Member(key, field.name, field.type, unit, those, field.default, is_later)
