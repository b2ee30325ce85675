"""Orders of operators: which resources a verb means, and what it makes true at once.

Pure: from the world and the body of a request to what is to be appended, or to the refusal.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from orchestrator.core.comparison import Same
from orchestrator.core.event import Adopted, Event, Forgotten
from orchestrator.core.http import Reply
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import Map
from orchestrator.core.order import Verb
from orchestrator.core.resource import Key, Placement
from orchestrator.core.thing import Observed
from orchestrator.core.world import World
from orchestrator.web.hooks import error
from orchestrator.web.names import NODE, meant, no_such_node
from orchestrator.web.times import DAY_MS

ORDERS: Final = frozenset({"stop", "start", "pause", "resume", "restart", "adopt", "forget"})
LASTING: Final = frozenset({"stop", "pause"})
ON_NODES: Final = frozenset({"pause", "resume"})
FOR_MAX_MS: Final = 36_500 * DAY_MS  # until then a year has four digits, and nobody sees it end


@frozen
class Ordered:
    """A verb and what it names, in order; `events` follow it in the log."""

    verb: str
    resources: tuple[str, ...]
    events: tuple[Event, ...] = ()
    until_ms: int = 0

    @property
    def arguments(self) -> Map[str, Json]:
        """Return what the log keeps of it."""
        named: Map[str, Json] = Map({"resources": self.resources})
        return named.set("until", self.until_ms) if self.until_ms else named


def ordered(
    verb: str, body: Mapping[str, Any], world: World, kinds: Kinds, now_ms: int
) -> Ordered | Reply:
    """Return what a verb means in this world, or why it cannot be done."""
    names, labels = body.get("names", []), body.get("labels", [])
    if not _are_texts(names) or not _are_texts(labels) or not (names or labels):
        return error(400, f"{verb} needs names or labels of what it is for")
    for_ms = body.get("forMs", 0)
    if not isinstance(for_ms, int) or for_ms < 0 or (for_ms and verb not in LASTING):
        return error(400, f"{verb}: `for` is a duration, for stop and pause only")
    if for_ms > FOR_MAX_MS:
        return error(400, f"{verb}: `for` is {FOR_MAX_MS // DAY_MS}d at most; leave it out")
    named = _named(names, verb, world, kinds)
    if isinstance(named, Reply):
        return named
    labelled = _labelled(labels, world)
    barred = {key: why for key in labelled if (why := _barred(key, verb, world, kinds, now_ms))}
    barred_by_name = [why for key in named if (why := _barred(key, verb, world, kinds, now_ms))]
    keys = list(dict.fromkeys((*named, *(key for key in labelled if key not in barred))))
    if barred_by_name or (barred and not keys):
        return error(409, next(iter((*barred_by_name, *barred.values()))))
    if not keys:
        return error(404, f"nothing is declared with {', '.join(labels)}")
    until_ms = now_ms + for_ms if for_ms else 0
    events = tuple(event for key in keys for event in _events(verb, key, world, kinds))
    return Ordered(verb, tuple(str(key) for key in keys), events, until_ms)


def _named(names: Iterable[str], verb: str, world: World, kinds: Kinds) -> list[Key] | Reply:
    """Return what names mean, or why the first that means nothing does not."""
    keys: list[Key] = []
    for name in names:
        found = _found(name, verb, world, kinds)
        if isinstance(found, Reply):
            return found
        keys.append(found)
    return keys


def _found(name: str, verb: str, world: World, kinds: Kinds) -> Key | Reply:
    kind, slash, rest = name.partition("/")
    if slash and kind == NODE:
        if verb not in ON_NODES:
            return error(400, f"{name}: nodes are paused and resumed only")
        if rest not in world.configuration.nodes:
            return no_such_node(rest, world)
        return Key(NODE, rest)
    if slash and rest.startswith("~"):
        return error(409, f"{name} is a stranger's: declare it, and what runs as declared is ours")
    return meant(name, world, kinds)


def _barred(key: Key, verb: str, world: World, kinds: Kinds, now_ms: int) -> str:
    """Return why this order cannot be for a resource, "" where it can.

    There is one order for each resource: a pause in the place of a stop would start the resource
    with its end, and any order in the place of a letting-go would take it back unasked.
    """
    order = world.orders.get(key)
    standing = order.verb if order is not None and order.is_in_force(now_ms) else None
    if standing is Verb.FORGET and verb not in ("adopt", "forget"):
        return f"{key} was let go: `orchestrator adopt {key}` takes it back first"
    if standing is Verb.STOP and verb == "pause":
        return f"{key} is stopped and stays so: `orchestrator start {key}` ends that first"
    placements = _placements(key, world)
    if verb == "restart" and not any(placement in world.wanted for placement in placements):
        return f"{key} is not wanted anywhere: declare or enable it"
    if verb == "restart" and _is_foreign(key, world, kinds):
        return f"{key}: what runs there is a stranger's: `orchestrator adopt {key}` first"
    if verb == "adopt" and standing is not Verb.FORGET and not _is_foreign(key, world, kinds):
        return f"{key}: nothing is there that could be adopted"
    return ""


def _is_foreign(key: Key, world: World, kinds: Kinds) -> bool:
    return bool(_adopted(key, world, kinds))


def _labelled(labels: Iterable[str], world: World) -> list[Key]:
    pairs = [label.partition("=")[::2] for label in labels]
    return [
        key
        for key in sorted(world.declared)
        if pairs and all(world.declared[key].labels.get(name) == value for name, value in pairs)
    ]


def _events(verb: str, key: Key, world: World, kinds: Kinds) -> list[Event]:
    match verb:
        case "forget":
            return _forgotten(key, world)
        case "adopt":
            return _adopted(key, world, kinds)
        case _:
            return []


def _forgotten(key: Key, world: World) -> list[Event]:
    events: list[Event] = []
    for placement in _placements(key, world):
        things = tuple(world.holdings(placement))
        events += [
            Forgotten(placement.node, key, thing.seen.natural, thing.seen.id) for thing in things
        ]
        if not things:
            events.append(Forgotten(placement.node, key, "", ""))
    return events


def _adopted(key: Key, world: World, kinds: Kinds) -> list[Event]:
    events: list[Event] = []
    for placement in _placements(key, world):
        thing = _stranger(placement, world, kinds)
        if thing is not None and not tuple(world.holdings(placement)):
            events.append(Adopted(placement.node, key, thing.seen.natural, thing.seen.id))
    return events


def _stranger(placement: Placement, world: World, kinds: Kinds) -> Observed | None:
    """Return what nobody here owns, stands where this resource should be, and differs from it.

    What does not differ is adopted without being asked for.
    """
    wanted = world.wanted.get(placement)
    if wanted is None:
        return None
    declared, site = kinds[placement.key.kind].declarable, world.site(placement.node)
    for natural in declared.naturals(wanted.spec, site):
        thing = world.thing(placement.node, placement.key.kind, natural)
        if thing is not None and thing.owner is None:
            sent = declared.sent(wanted.spec)
            compared = declared.compare(wanted.spec, thing.seen, sent, site)
            return None if isinstance(compared, Same) else thing
    return None


def _placements(key: Key, world: World) -> list[Placement]:
    nodes = sorted(world.configuration.nodes)
    placements = [Placement(node, key) for node in nodes]
    return [one for one in placements if one in world.wanted or one in world.owned]


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
