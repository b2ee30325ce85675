"""Whether media moves: told by how far it has come, from one look to the next.

What memory keeps of it is thrown away at a restart; only a turn from moving to still, or back, is
news that is written.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from orchestrator.core.mapping import Map

FIELD: Final = "media"
"""The field of a seen stream that has the word."""

MOVING: Final = "moving"
STILL: Final = "still"


@frozen
class Media:
    """How far the media of one thing had come, since when it has not gone on, and the word."""

    progress: int
    since_ms: int
    word: str = ""


def after_look(
    before: Map[str, Media], progress: Mapping[str, int], now_ms: int, still_after_ms: int
) -> Map[str, Media]:
    """Return what is known after a look that measured; one look alone tells nothing yet."""
    return Map(
        {
            natural: _after(before.get(natural), come, now_ms, still_after_ms)
            for natural, come in progress.items()
        }
    )


def _after(before: Media | None, come: int, now_ms: int, still_after_ms: int) -> Media:
    if before is None:
        return Media(come, now_ms)
    if come != before.progress:
        return Media(come, now_ms, MOVING)
    is_still = now_ms - before.since_ms >= still_after_ms
    return Media(come, before.since_ms, STILL if is_still else before.word)
