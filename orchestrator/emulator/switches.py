"""Switches: frozen values whose fields are turned by name, from JSON, while the node runs.

`Settings` (how a build behaves) and `Faults` (what goes wrong) are both of this sort.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar, get_type_hints

import attrs

Switches = TypeVar("Switches", bound=attrs.AttrsInstance)


def switched(value: Switches, changes: Mapping[str, Any]) -> Switches:
    """Return the value with some switches turned; ValueError names the first that is wrong."""
    hints = get_type_hints(type(value))
    unknown = sorted(set(changes) - set(hints))
    if unknown:
        message = f"no switch is called {unknown[0]}; there are {', '.join(sorted(hints))}"
        raise ValueError(message)
    read_in = {name: read(hints[name], to) for name, to in changes.items()}
    return type(value)(**(attrs.asdict(value, recurse=False) | read_in))


def shown(value: attrs.AttrsInstance) -> dict[str, Any]:
    """Return all switches as JSON."""
    return {name: plain(to) for name, to in attrs.asdict(value, recurse=False).items()}


def read(kind: Any, to: Any) -> Any:
    """Return a JSON value as what the switch holds."""
    origin = getattr(kind, "__origin__", kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(to)
    if origin is frozenset:
        return frozenset(to)
    if origin is tuple:
        return tuple(to)
    if kind is float:
        return float(to)
    if isinstance(origin, type) and not isinstance(to, origin):
        message = f"{to!r} is not of type {origin.__name__}"
        raise ValueError(message)  # noqa: TRY004 - any wrong switch is told alike
    return to


def plain(to: Any) -> Any:
    """Return what a switch holds as JSON."""
    match to:
        case Enum():
            return to.value
        case frozenset():
            return sorted(to)
        case tuple():
            return list(to)
        case Mapping():
            return dict(to)
        case _:
            return to
