"""Persistent maps: a changed copy costs what changed, not what is kept.

The one place that knows `immutables`. A map here compares by value, and is folded, kept and shared
without ever being copied. Where text or bytes come out of a map, sort: a hash trie has no order
that a reader may rely on.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from immutables import Map

K = TypeVar("K")
V = TypeVar("V")

EMPTY: Final[Map[Any, Any]] = Map()

__all__ = ["EMPTY", "Map", "frozen", "with_member", "without", "without_member"]


def frozen(mapping: Mapping[K, V]) -> Map[K, V]:
    """Return a persistent map of the same keys and values."""
    return mapping if isinstance(mapping, Map) else Map(mapping)


def without(mapping: Map[K, V], key: K) -> Map[K, V]:
    """Return the map less one key, which need not be there."""
    return mapping.delete(key) if key in mapping else mapping


def with_member(index: Map[K, frozenset[V]], key: K, member: V) -> Map[K, frozenset[V]]:
    """Return an index of sets with one more member under `key`."""
    members = index.get(key, frozenset())
    return index if member in members else index.set(key, members | {member})


def without_member(index: Map[K, frozenset[V]], key: K, member: V) -> Map[K, frozenset[V]]:
    """Return an index of sets with one member less; a key whose set is empty goes."""
    members = index.get(key, frozenset()) - {member}
    return index.set(key, members) if members else without(index, key)
