"""The chain of causes behind the present state of a resource, or behind an entry.

The world knows at which entries the present state came about; each entry names its cause. So the
chain is read backwards, a step at a time: `Why` says which entries are wanted, the caller reads
them from the log and comes back, until there are no causes left.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from orchestrator.core.action import NEVER
from orchestrator.core.http import Reply
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Key, Placement
from orchestrator.core.sources import fed_since
from orchestrator.core.subject import subject
from orchestrator.core.world import STREAM, World
from orchestrator.web.hooks import error
from orchestrator.web.names import NODE, meant, no_such_node
from orchestrator.web.times import rfc3339
from orchestrator.web.told import told

ACTIONS: Final = frozenset({"ActionStarted", "ActionFinished", "ActionFailed"})
DEPTH_MAX: Final = 500  # entries of a chain: more than anybody reads


@frozen
class Why:
    """A chain that is being read. `wanted` are positions still to be read; `rows` what was.

    Where it is about a resource, `own` is its subject: what was done for another one may have made
    us look, and is no cause of anything here.
    """

    about: str
    wanted: frozenset[int]
    own: str = ""
    rows: Map[int, Any] = field(default=Map())

    def read(self, rows: Iterable[Any]) -> "Why":
        """Return the chain with more of its entries, their bodies read as JSON."""
        read = {row.position: None if self._is_of_another(row) else row for row in rows}
        known = self.rows.update(read)
        missing = {position: None for position in self.wanted if position not in known}
        causes = {row.cause for row in known.values() if row is not None}
        wanted = frozenset(
            position for position in causes if position and position not in known
        ) - frozenset(missing)
        room = max(0, DEPTH_MAX - len(known))
        newest = frozenset(sorted(wanted, reverse=True)[:room])
        return evolve(self, wanted=newest, rows=known.update(missing))

    def _is_of_another(self, row: Any) -> bool:
        return bool(self.own) and row.type in ACTIONS and row.subject != self.own

    def told(self) -> list[Json]:
        """Return the chain, oldest first; what the log no longer holds is left out."""
        rows = [self.rows[position] for position in sorted(self.rows)]
        return [_told(row, self.about) for row in rows if row is not None]


def why(query: Mapping[str, str], world: World, kinds: Kinds) -> Why | Reply:
    """Return where to begin: behind `name=[KIND/]NAME` or `position=N`."""
    if "position" in query:
        position = query["position"]
        if not position.isdecimal() or not 0 < int(position) <= world.position:
            return error(404, f"{position}: the log goes from 1 to {world.position}")
        return Why("", frozenset({int(position)}))
    name = query.get("name", "")
    kind, slash, rest = name.partition("/")
    if slash and kind == NODE:
        return _node(rest, world)
    if slash and kind == STREAM:
        return _stream(rest, world)
    if slash and rest.startswith("~"):
        return error(404, f"{name} is a stranger's: ask for a position of `orchestrator events`")
    key = meant(name, world, kinds)
    if not isinstance(key, Reply):
        return Why(str(key), _behind(key, world, kinds), subject(key.kind, key.name))
    if kind in kinds and rest:
        was = subject(kind, rest)
        return error(
            404, f"{name}: not declared and not ours; `events {was}` tells whether it ever was"
        )
    return key


def _behind(key: Key, world: World, kinds: Kinds) -> frozenset[int]:
    """Return the entries at which the state of a resource came about, on all of its nodes."""
    nodes = sorted({*world.configuration.nodes, *world.lost})
    everywhere = [Placement(node, key) for node in nodes]
    placements = [one for one in everywhere if one in world.wanted or one in world.owned]
    found = {world.lines.get(key, 0)}
    order = world.orders.get(key)
    found.add(order.position if order is not None else 0)
    found |= {world.grounds[one].said for one in world.wishes.get(key, EMPTY)}
    for placement in placements:
        found |= _behind_placement(placement, world, kinds)
    return frozenset(position for position in found if position)


def _behind_placement(placement: Placement, world: World, kinds: Kinds) -> set[int]:
    node, key = placement.node, placement.key
    found = {world.changed.get(placement, 0), world.record(placement).acted}
    if world.tail_lost:
        found.add(world.tail_lost + 1)  # the entry that states the loss stands right above it
    flight, member = world.in_flight.get(placement), world.members.get(placement)
    if flight is not None:
        found.add(flight.position)
    if member is not None and member.hold in world.holds:
        found.add(world.holds[member.hold].position)
    for things in (
        world.lost.get(node),
        world.pauses.get(node),
        world.cliffs.get((node, key.kind)),
    ):
        if things is not None:
            found.add(things.position)
    for thing in world.holdings(placement):
        found.add(thing.position)
    wanted = world.wanted.get(placement)
    if wanted is not None:
        declared = kinds[key.kind].declarable
        found.add(fed_since(world, node, declared.needs(wanted.spec)))
        for natural in declared.naturals(wanted.spec, world.site(node)):
            seen = world.thing(node, key.kind, natural)
            found.add(seen.position if seen is not None else 0)
    return found


def _node(name: str, world: World) -> Why | Reply:
    if name not in world.configuration.nodes:
        return no_such_node(name, world)
    lost, pause = world.lost.get(name), world.pauses.get(name)
    positions = {one.position for one in (lost, pause) if one is not None}
    positions |= {cliff.position for (node, _), cliff in world.cliffs.items() if node == name}
    positions |= {at for (node, _), at in world.fresh.items() if node == name}
    return Why(f"node/{name}", frozenset(positions))


def _stream(name: str, world: World) -> Why | Reply:
    positions = {world.stream_since(node, name) for node in world.configuration.nodes}
    for node in world.configuration.nodes:
        readers = world.readers_of(node, name)
        positions |= {world.changed.get(placement, 0) for placement in readers}
    found = frozenset(position for position in positions if position)
    if not found:
        return error(404, f"stream/{name}: not published, and nothing here reads it")
    return Why(f"stream/{name}", found)


def _told(row: Any, about: str) -> Json:
    return {
        "position": row.position,
        "time": rfc3339(row.at_ms) if 0 < row.at_ms < NEVER else None,
        "type": row.type,
        "node": row.node,
        "subject": row.subject,
        "cause": row.cause or None,
        "actor": row.actor,
        "text": told(row.type, row.body, about),
        "rule": _rule(row),
    }


def _rule(row: Any) -> Json:
    """Return the rule that an entry is due to and where it stood then, None for none."""
    name = row.body.get("rule") if isinstance(row.body, Mapping) else None
    if not name:
        return None
    place = row.body.get("place") or {}
    return {"name": name, "file": place.get("file", ""), "line": place.get("line", 0)}
