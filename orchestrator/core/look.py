"""From a listing to news: what appeared, changed and vanished, and whether to believe it.

A list that empties a kind which held two or more, or loses more than half of it, is a cliff: a
server that answers `404` or `[]` while things exist looks just so. What is missing is then doubted,
not gone, until there is a witness: its own end was asked for, its stream ended, the node has
forgotten everything (a restart), or a second look agrees later while the node lists live streams.
"""

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from orchestrator.core.event import Event, Looked, NodeFound, NodeLost, NodeRestarted
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.mapping import EMPTY, Map, without
from orchestrator.core.media import FIELD, Media
from orchestrator.core.observed import has_lost_source
from orchestrator.core.ownership import lapsed
from orchestrator.core.recent import Recent
from orchestrator.core.resource import Placement, Seen
from orchestrator.core.rest import Listing
from orchestrator.core.thing import Observed
from orchestrator.core.value import evolve
from orchestrator.core.world import STREAM, Cliff, Scope, World

PAUSE_MS: Final = 1_000  # between two looks at one kind on one node
UNUSED: Final = 10  # times as long between two looks at a kind of which there is nothing


@frozen
class LastLook:
    """What memory keeps of looks at one scope; the log keeps only their news.

    `position` and `at_ms` are those of the world when the last complete look began (0: none in this
    run). `tried_ms` is when the last attempt began; `failing_ms` since when all attempts fail;
    `media` is how far the media of each thing had come.
    """

    position: int = 0
    at_ms: int = 0
    tried_ms: int = 0
    failing_ms: int = 0
    failures: int = 0
    error: str = ""
    media: Map[str, Media] = field(default=EMPTY)


Looks = Mapping[Scope, LastLook]
NEVER_LOOKED: Final = LastLook()


def all_fresh(world: World, at_ms: int) -> Looks:
    """Return looks that take everything that was ever looked at as seen just now."""
    last = LastLook(position=world.position, at_ms=at_ms, tried_ms=at_ms)
    return dict.fromkeys(world.fresh, last)


@frozen
class Diff:
    """How a listing differs from what was seen before."""

    appeared: tuple[Seen, ...] = ()
    changed: tuple[Seen, ...] = ()
    vanished: tuple[Observed, ...] = ()


@frozen
class Glance:
    """One complete look: what it listed, and where the world stood when it began."""

    node: str
    kind: str
    listing: Listing
    began: LastLook
    now_ms: int
    looks: Looks = field(default=EMPTY)


def news(world: World, glance: Glance, kinds: Kinds) -> tuple[Event, ...]:
    """Return what a complete look adds to the log; nothing when it shows what was known.

    It is news as well that a create without an answer has made nothing.
    """
    kind = kinds[glance.kind]
    scope = (glance.node, glance.kind)
    found: tuple[Event, ...] = (NodeFound(glance.node),) if glance.node in world.lost else ()
    difference = diff(world, glance, kind)
    doubted = _doubted(world, glance, kind, difference)
    cliff = world.cliffs.get(scope)
    if cliff is not None and _is_restart(world, glance, kinds, difference):
        restarted = NodeRestarted(glance.node, "nothing of what it had is there any more")
        return (*found, restarted, Looked(glance.node, glance.kind, appeared=difference.appeared))
    if cliff is not None and doubted and _is_confirmed(world, glance, cliff, doubted):
        doubted = frozenset()
    looked = Looked(
        glance.node,
        glance.kind,
        difference.appeared,
        difference.changed,
        tuple(t.seen.natural for t in difference.vanished if t.seen.natural not in doubted),
        tuple(sorted(doubted)),
    )
    is_same_cliff = cliff.doubted == doubted if cliff is not None else not doubted
    is_news = looked.appeared or looked.changed or looked.vanished or not is_same_cliff
    is_first = bool(found) or scope not in world.fresh
    is_settling = not doubted and bool(lapsed(world, *scope, glance.now_ms))
    return (*found, looked) if is_news or is_first or is_settling else ()


def due_ms(world: World, node: str, kind: Kind[Any], last: LastLook) -> int:
    """Return when the next look at a kind is due: at once when it was touched, else in its turn.

    A burst is followed by one look: there is at most one a second. A kind of which nothing is
    wanted, ours or there comes round more rarely.
    """
    every_ms = world.configuration.look_every_ms(kind.plural)
    if last.failures:
        return last.tried_ms + min(PAUSE_MS << min(last.failures - 1, 16), every_ms)
    if not last.position:
        return 0
    if world.touched_at(node, kind.name) > last.position:
        return last.tried_ms + PAUSE_MS
    is_in_use = kind.name == STREAM or world.is_in_use(node, kind.name)
    return last.at_ms + (every_ms if is_in_use else UNUSED * every_ms)


def silence(world: World, node: str, kinds: Kinds, looks: Looks, now_ms: int) -> NodeLost | None:
    """Return that a node is lost, once no look got through for long enough.

    All that is in use has to fail for so long; the rest is looked at too rarely to be waited for,
    and has its say where it got through meanwhile.
    """
    lasts = {kind: looks.get((node, kind), NEVER_LOOKED) for kind in kinds}
    used = [lasts[kind] for kind in kinds if kind == STREAM or world.is_in_use(node, kind)]
    if node in world.lost or not all(last.failing_ms for last in used):
        return None
    since_ms = max(last.failing_ms for last in used)
    is_long = now_ms - since_ms >= world.configuration.timing.node_lost_after_ms
    is_heard = any(last.at_ms > since_ms and not last.failing_ms for last in lasts.values())
    if not is_long or is_heard:
        return None
    return NodeLost(node, used[0].error)


def diff(world: World, glance: Glance, kind: Kind[Any]) -> Diff:
    """Return how the listing differs from what was seen; what hooks said since it began stands."""
    known = world.things(glance.node, glance.kind)
    listed = {
        natural: _with_media(seen, known.get(natural), glance.began.media.get(natural))
        for natural, listed in _parsed(glance.listing, kind).items()
        for seen in (_lasting(listed, kind, world),)
    }
    ended = world.ended.get(glance.node, Recent())
    appeared = tuple(
        seen
        for natural, seen in listed.items()
        if (natural not in known or known[natural].seen.id != seen.id)
        and not ended.recalled_ms(seen.id) > glance.began.at_ms
    )
    changed = tuple(
        seen
        for natural, seen in listed.items()
        if natural in known and known[natural].seen.id == seen.id and known[natural].seen != seen
    )
    vanished = tuple(
        known[natural]
        for natural in sorted(known)
        if (natural not in listed or listed[natural].id != known[natural].seen.id)
        and max(known[natural].position, known[natural].heard) <= glance.began.position
    )
    return Diff(appeared, changed, vanished)


def _lasting(seen: Seen, kind: Kind[Any], world: World) -> Seen:
    """Return what is kept of a thing: nothing that is soon otherwise, unless a rule looks at it."""
    passing = [name for name in kind.passing if name not in world.measured and name in seen.fields]
    fields = seen.fields
    for name in passing:
        fields = without(fields, name)
    return evolve(seen, fields=fields) if passing else seen


def _with_media(seen: Seen, known: Observed | None, media: Media | None) -> Seen:
    """Return a listed thing with the word for its media, the one it had where none is new."""
    before = known.seen.fields.get(FIELD, "") if known is not None else ""
    word = media.word if media is not None and media.word else before
    return evolve(seen, fields=seen.fields.set(FIELD, word)) if word else seen


def _parsed(listing: Listing, kind: Kind[Any]) -> dict[str, Seen]:
    parsed = [seen for item in listing.items if (seen := kind.parse(item)) is not None]
    return {seen.natural: seen for seen in sorted(parsed, key=lambda seen: (seen.natural, seen.id))}


def _doubted(world: World, glance: Glance, kind: Kind[Any], difference: Diff) -> frozenset[str]:
    known = world.things(glance.node, glance.kind)
    listed = {seen.natural for seen in difference.appeared}
    missing = frozenset(
        thing.seen.natural
        for thing in difference.vanished
        if thing.seen.natural not in listed and not _has_witness(world, glance.node, thing, kind)
    )
    is_cliff = len(known) > 1 and 2 * len(missing) > len(known)
    return missing if is_cliff else frozenset()


def _has_witness(world: World, node: str, thing: Observed, kind: Kind[Any]) -> bool:
    if thing.owner is not None and world.record(Placement(node, thing.owner.key)).ending_ms:
        return True
    return has_lost_source(world, node, thing, kind)


def _is_restart(world: World, glance: Glance, kinds: Kinds, difference: Diff) -> bool:
    """Return whether nothing of the node's old life remains, in this list or in any other."""
    cliff = world.cliffs[glance.node, glance.kind]
    old = [
        thing
        for thing in world.things(glance.node, glance.kind).values()
        if thing.position <= cliff.position
    ]
    if not set(old) <= set(difference.vanished):
        return False
    return all(
        _has_nothing_left(world, (glance.node, name), cliff, glance.looks)
        for name in kinds
        if name != glance.kind
    )


def _has_nothing_left(world: World, scope: Scope, cliff: Cliff, looks: Looks) -> bool:
    things = world.observed.get(scope, Map())
    if things and looks.get(scope, NEVER_LOOKED).position < cliff.position:
        return False
    doubted = world.cliffs[scope].doubted if scope in world.cliffs else frozenset()
    return all(
        natural in doubted or thing.position > cliff.position for natural, thing in things.items()
    )


def _is_confirmed(world: World, glance: Glance, cliff: Cliff, doubted: frozenset[str]) -> bool:
    """Return whether this look agrees with the doubted one, and the node is known to be serving."""
    deadline_ms = world.configuration.timing.start_deadline_ms
    if cliff.doubted != doubted or glance.now_ms - cliff.at_ms < deadline_ms:
        return False
    if glance.kind == STREAM:
        return bool(glance.listing.items)
    streams = (glance.node, STREAM)
    is_recent = glance.looks.get(streams, NEVER_LOOKED).position >= cliff.position
    return is_recent and streams not in world.cliffs and bool(world.observed.get(streams))
