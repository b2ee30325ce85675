"""The words of which sentences about entries are made."""

from collections.abc import Mapping
from typing import Any, Final

Body = Mapping[str, Any]
DETAIL_MAX: Final = 160  # characters of what a sentence quotes from others


def asked(body: Body, _about: str) -> str:
    """Return a verb with what it is for, and why somebody wanted it."""
    arguments = mapping(body.get("arguments"))
    named = arguments.get("resources") or [
        value for name, value in sorted(arguments.items()) if isinstance(value, str)
    ]
    reason = f" because “{cut(body['reason'])}”" if body.get("reason") else ""
    return f"{body.get('verb')} {some([str(one) for one in named])}".rstrip() + reason


def pairs(body: Body) -> str:
    """Return the members of an object that say anything."""
    said = {name: value for name, value in body.items() if value not in (None, "", False)}
    return ", ".join(f"{name}: {value}" for name, value in said.items())


def some(names: list[str]) -> str:
    """Return a few names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def cut(said: object) -> str:
    """Return what others said on one line, and not too long."""
    text = " ".join(str(said).split())
    return text if len(text) <= DETAIL_MAX else f"{text[: DETAIL_MAX - 1]}…"


def mapping(value: object) -> Body:
    """Return a member that should be an object; one that is none has nothing in it."""
    return value if isinstance(value, Mapping) else {}
