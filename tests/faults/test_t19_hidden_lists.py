"""A list says 404 or `[]` although there is something, once or a hundred times in a row. (T19)

What it hides is doubted at once. A hundred times in a row a lie is believed in the end, if the
streams are still listed; then we ask for what runs already, and are refused.
"""

import time
from random import Random

import pytest
import trio

from orchestrator.emulator.faults import Hiding
from tests.faults.show import (
    DECLARED,
    EVERY_MS,
    SETTLED_S,
    answers,
    hidden,
    listings,
    shown,
    things,
    turn,
    words,
)
from tests.simulation.quiet import lived

WHOLE = tuple((kind, listings(kind)) for kind in DECLARED)
PARTS = (*(("pull", (path,)) for path in listings("pull")), ("stream", listings("stream")))
BACK_S = 20
LOOK_S = EVERY_MS / 1_000 + 0.5


async def hide(stage, scene, polls, hiding):
    """Hide what a kind has for so many looks; return the looks and calls that come of it."""
    kind, paths = scene
    before, mark = things(stage), stage.journal.written
    turn(stage, rest_groups=paths, listings_hidden=10**9, listings_hidden_as=hiding)
    await trio.sleep(LOOK_S)
    if scene in WHOLE:
        told = await words(stage, kind)
        assert told == dict.fromkeys(told, "Unknown")
    await trio.sleep(EVERY_MS / 1_000 * (polls - 1))
    looks = min(hidden(stage, path, mark) for path in paths)
    assert looks >= polls
    turn(stage)
    await trio.sleep(BACK_S)
    assert things(stage) == before
    assert set((await words(stage)).values()) == {"Ready"}
    calls = answers(stage, mark)
    others = [one for one in calls if one[1] != 409 or one[0].endswith("/terminate")]
    assert (scene, others) == (scene, [])
    return looks, len(calls)


async def play(lies_of):
    """Tell lies about one kind after the other; return how many, of how many looks, and calls."""
    lies = looks = calls = 0
    async with shown(2) as stage:
        for scene in (*WHOLE, *PARTS):
            for polls, hiding in lies_of(scene):
                seen, asked = await hide(stage, scene, polls, hiding)
                lies, looks, calls = lies + 1, looks + seen, calls + asked
                await trio.sleep(SETTLED_S)
    return lies, looks, calls


def trial(lies_of, figure):
    began = time.monotonic()
    lies, looks, calls = lived(0, play, lies_of)
    figure(
        f"T19: {lies} lies of 1 to 100 looks about {len(WHOLE)} kinds and {len(PARTS)} parts, "
        f"{looks} looks in all: 0 terminated, {calls} creates, all answered 409; Unknown after the "
        f"first look of a whole kind; {time.monotonic() - began:.0f} s"
    )


def some(scene):
    draw = Random(repr(scene))
    return [(draw.choice((1, 2, 5, 9, 14, 20, 100)), draw.choice((*Hiding,)))]


def many(_scene):
    return [(polls, hiding) for polls in (1, 2, 4, 9, 20, 45, 100) for hiding in Hiding]


def test_t19_a_list_that_hides_what_exists_ends_nothing_and_makes_nothing_twice(figure):
    trial(some, figure)


@pytest.mark.nightly
def test_t19_a_list_that_hides_what_exists_ends_nothing_all_night(figure):
    trial(many, figure)
