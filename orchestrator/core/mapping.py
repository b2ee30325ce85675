"""Persistent maps: a changed copy costs what changed, not what is kept.

The one place that knows `immutables`. A map here compares by value, and is folded, kept and shared
without ever being copied. Where text or bytes come out of a map, sort: a hash trie has no order
that a reader may rely on.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, TypeVar

from immutables import Map

K = TypeVar("K")
V = TypeVar("V")

EMPTY: Final[Map[Any, Any]] = Map()

Members: TypeAlias = Map[V, None]
"""A persistent set: one more member costs what it does in a map, however many there are."""

__all__ = ["EMPTY", "Map", "Members", "frozen", "with_member", "without", "without_member"]


def frozen(mapping: Mapping[K, V]) -> Map[K, V]:
    """Return a persistent map of the same keys and values."""
    return mapping if isinstance(mapping, Map) else Map(mapping)


def without(mapping: Map[K, V], key: K) -> Map[K, V]:
    """Return the map less one key, which need not be there."""
    return mapping.delete(key) if key in mapping else mapping


def with_member(index: Map[K, Members[V]], key: K, member: V) -> Map[K, Members[V]]:
    """Return an index of sets with one more member under `key`."""
    members = index.get(key, EMPTY)
    return index if member in members else index.set(key, members.set(member, None))


def without_member(index: Map[K, Members[V]], key: K, member: V) -> Map[K, Members[V]]:
    """Return an index of sets with one member less; a key whose set is empty goes."""
    members = without(index.get(key, EMPTY), member)
    return index.set(key, members) if members else without(index, key)
