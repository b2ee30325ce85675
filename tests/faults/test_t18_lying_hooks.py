"""Hooks that lie, that a stream is there or is gone: nothing is ended for it. (T18)

A lie that something is published costs one create at most, which the node refuses or which waits
there; what is told to be gone and runs goes on, untouched.
"""

import time
from collections import Counter
from functools import partial
from random import Random

import pytest

from orchestrator.core.json import freeze_object
from tests.faults.hearing import NAMES, heard
from tests.simulation.quiet import lived

MOVES, LIES = 8, 10
HOUR_S = 3_600
GONE = ("UNPUBLISHED", "FAILED", "STOPPED", "DISCONNECTED")
ENDING = ("/push/terminate", "/recorder/stop", "/stream/stopRecording", "/stream/terminate")


async def scene(hearing, *, lies):
    """Let clients come and go, every hook delivered at once, and lies between them."""
    chance = Random(hearing.draw.getrandbits(64))

    async def move(name):
        await hearing.turn(name)
        for hook in hearing.taken():
            hearing.deliver(hook)

    async def lie():
        streams = hearing.rehearsal.server.objects.streams.values()
        living = [one for one in streams if one.published and one.status == "PUBLISHING"]
        absent = sorted(set(NAMES) - {one.name for one in living})
        if living and chance.random() < 0.6:
            true = chance.choice(living)
            said = (true.media_session_id, true.name, chance.choice(GONE))
        else:
            said = (f"lie-{chance.random()}", chance.choice(absent or NAMES), "PUBLISHING")
            lies.append(said)
        media, name, status = said
        body = {"mediaSessionId": media, "name": name, "status": status, "published": True}
        method = chance.choice(("StreamStatusEvent", "StreamKeepAliveEvent"))
        hearing.deliver((method, freeze_object(body)))

    for moment in sorted(hearing.draw.uniform(0, HOUR_S) for _ in range(MOVES)):
        hearing.at(moment, move, hearing.draw.choice(NAMES))
    for _ in range(LIES if lies is not None else 0):
        hearing.at(chance.uniform(0, HOUR_S), lie)
    await hearing.play()


def trial(seeds, figure):
    began, told, extra_creates, calls = time.monotonic(), 0, 0, 0
    for seed in seeds:
        lies = []
        honest = lived(seed, heard, seed, partial(scene, lies=None))
        lied_to = lived(seed, heard, seed, partial(scene, lies=lies))
        rest = Counter(lied_to.things) - Counter(honest.things)
        assert Counter(honest.things) <= Counter(lied_to.things), f"seed {seed}"
        assert {names[0] for _, names in rest} <= {name for _, name, _ in lies}, f"seed {seed}"
        extra = Counter(lied_to.paths) - Counter(honest.paths)
        assert not [path for path in ENDING if extra[path]], f"seed {seed}: {extra}"
        # a transponder and a recording read each name
        assert sum(extra.values()) <= 2 * len(lies), f"seed {seed}: {extra} for {len(lies)} lies"
        told, calls = told + LIES, calls + len(honest.calls)
        extra_creates += sum(extra.values())
    figure(
        f"T18: {len(seeds)} histories with {told} lies beside {calls} calls: 0 things ended by "
        f"one, {extra_creates} creates more, at most one for each line and lie; "
        f"{time.monotonic() - began:.0f} s"
    )


def test_t18_a_lying_hook_ends_nothing_and_costs_a_create_at_most(figure):
    trial(range(40), figure)


@pytest.mark.nightly
def test_t18_a_lying_hook_ends_nothing_and_costs_a_create_at_most_all_night(figure):
    trial(range(40, 1_040), figure)
