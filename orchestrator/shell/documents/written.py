"""State files, written: what `decode` reads back as the same values. Knows no secrets.

Text by text: what YAML could take for anything but a text is quoted, as JSON does it. Fields that
are as usual are left out.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

import attrs

from orchestrator.core.json import Json, texts
from orchestrator.shell.documents.member import Member, members_of
from orchestrator.shell.documents.scalar import CONTROL, Refused, checked

PLAIN: Final = re.compile(r"[A-Za-z_][\w.-]*(?:://[\w.-]+(?::[0-9]+)?(?:/[\w./-]*)?)?", re.ASCII)
WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
UNNAMED: Final = re.compile(r"[^\w.-]+")


def name_of(hint: str, otherwise: str) -> str:
    """Return a name that a resource can have, made of a hint."""
    return UNNAMED.sub("-", hint).strip("-.") or otherwise


def why_not(spec: Any) -> str:
    """Return why a specification cannot be written, "" where it can."""
    if any(CONTROL.search(text) or "${" in text for text in texts(fields_of(spec))):
        return "a text in it has control characters or “${”, which no document takes"
    try:
        for member in _members(spec):
            if isinstance(value := getattr(spec, member.name), str) and value:
                checked(value, member)
    except Refused as refused:
        return str(refused)
    return ""


def fields_of(spec: Any) -> dict[str, Json]:
    """Return a specification under the names of documents, in their order, less what is usual."""
    fields: dict[str, Json] = {}
    for member in _members(spec):
        value, default = getattr(spec, member.name), member.default
        made = getattr(default, "factory", None)
        if value != (default if made is None else made()):
            fields[member.key] = _plain(value)
    return fields


def resource(name: str, fields: Mapping[str, Json], remarks: Mapping[str, str]) -> str:
    """Return one resource, a field a line; `remarks` stand behind the fields of their names."""
    rows = [f"  {scalar(name)}:"]
    for key, value in fields.items():
        behind = f"  # {remarks[key]}" if key in remarks else ""
        rows.append(f"    {scalar(key)}: {flow(value)}{behind}")
    return "\n".join(rows)


def flow(value: Json) -> str:
    """Return any value on one line."""
    match value:
        case str() | bool() | int() | float() | None:
            return scalar(value)
        case Mapping():
            return "{" + ", ".join(f"{scalar(key)}: {flow(value[key])}" for key in value) + "}"
        case _:
            return "[" + ", ".join(flow(one) for one in value) + "]"


def scalar(value: str | float | None) -> str:
    """Return a scalar; a text is quoted unless nobody can take it for anything else."""
    is_plain = isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Json:
    if isinstance(value, Enum):
        return str(value.value)
    if attrs.has(type(value)):
        fields = fields_of(value)
        short = getattr(type(value), "SHORT", None)
        is_short = short is not None and [*fields] == [_key(value, short)]
        return str(getattr(value, str(short))) if is_short else fields
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    assert value is None or isinstance(value, str | bool | int | float)
    return value


def _members(value: Any) -> Iterable[Member]:
    form: type = type(value)
    return members_of(form).values()


def _key(value: Any, name: str) -> str:
    return next(one.key for one in _members(value) if one.name == name)
