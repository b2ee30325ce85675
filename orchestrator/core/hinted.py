"""Folding what hooks told and did not: whether a node still speaks, and how much was missed."""

from typing import Final

from orchestrator.core.event import HookReceived, Looked
from orchestrator.core.hint import Hints
from orchestrator.core.json import text
from orchestrator.core.kind import Kinds
from orchestrator.core.resource import Gone, Seen
from orchestrator.core.thing import Observed, stream_name
from orchestrator.core.value import evolve
from orchestrator.core.world import STREAM, World

CLIENTS: Final = frozenset({"WebRTC", "Flash"})
"""The media providers of which hooks are documented; others may send none (hooks.md section 6)."""


def with_told(world: World, hook: HookReceived, kinds: Kinds) -> World:
    """Return the world that knows that a node speaks, and what of."""
    hints = world.hints.get(hook.node, Hints())
    if hints.are_all_told:
        return world
    match kinds[STREAM].hear(hook.method, hook.body):
        case Seen(id=media):
            hints = hints.heard(media, is_end=False, at_ms=world.at_ms)
        case Gone(id=media):
            hints = hints.heard(media, is_end=True, at_ms=world.at_ms)
        case _:
            hints = hints.heard("", is_end=False, at_ms=world.at_ms)
    return evolve(world, hints=world.hints.set(hook.node, hints))


def with_untold(before: World, after: World, look: Looked) -> World:
    """Return the world that knows what a look found and no hook had told.

    The first look at a node finds what came while nobody could be told.
    """
    node, scope = look.node, (look.node, look.kind)
    if look.kind != STREAM or scope not in before.fresh:
        return after
    hints = known = after.hints.get(node, Hints())
    for seen in look.appeared:
        is_new = before.thing(node, STREAM, seen.natural) is None
        thing = after.thing(node, STREAM, seen.natural)
        if is_new and thing is not None and _is_of_client(after, node, thing):
            hints = hints.found(seen.id, is_end=False, at_ms=after.at_ms)
    for natural in look.vanished:
        thing = before.thing(node, STREAM, natural)
        if thing is not None and _is_of_client(before, node, thing):
            hints = hints.found(natural, is_end=True, at_ms=after.at_ms)
    return after if hints is known else evolve(after, hints=after.hints.set(node, hints))


def is_silent(world: World, node: str, now_ms: int) -> bool:
    """Return whether a node that used to post hooks does not any more, though there is something.

    Told a turn of looks at streams after the first thing that a hook should have told.
    """
    hints = world.hints.get(node, Hints())
    waits_ms = world.configuration.look_every_ms("streams")
    return hints.has_spoken and hints.silent_ms > 0 and now_ms - hints.silent_ms >= waits_ms


def _is_of_client(world: World, node: str, stream: Observed) -> bool:
    """Return whether hooks have to tell of a stream."""
    is_made = bool(world.publishers.get((node, stream_name(stream)))) or stream.origin is not None
    return text(stream.seen.fields, "mediaProvider") in CLIENTS and not is_made
