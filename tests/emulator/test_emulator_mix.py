"""All faults at once for hours: the node goes on, and its journal tells exactly what exists."""

from contextlib import suppress
from random import Random

import orjson
import pytest
import trio

from orchestrator.emulator.faults import Faults
from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.settings import Settings

EVERYTHING = Faults(
    hooks_lost=0.2,
    hooks_doubled=0.2,
    hooks_copies=4,
    hooks_delayed=0.2,
    hooks_late_s=600,
    hooks_reordered=0.2,
    hooks_lying=0.1,
    rest_fails=0.1,
    rest_hangs=0.05,
    rest_lost=0.1,
    rest_truncated=0.1,
    rest_html=0.1,
    rest_reshaped=0.5,
    rest_delayed=0.2,
    rest_late_s=30,
    transponder_life_s=300,
)

PLAYED = {
    *("hook lost", "hook doubled", "hook delayed", "hook reordered", "hook lying"),
    *("call fails", "call hangs", "answer lost", "answer delayed", "answer html"),
    *("answer truncated", "listing reshaped", "transponder vanished"),
}
"""The scheduler of trio has no seed, so rates are such that each is played a dozen times."""


def told_to_exist(journal):
    """Return what exists by the journal alone: by sort and id, with what was last told of it."""
    existing = {}
    for one in journal.after(kind="effect"):
        sort, _, verb = one.what.partition(" ")
        if verb == "went":
            del existing[sort, one.object]
        else:
            assert ((sort, one.object) in existing) is (verb == "changed")
            existing[sort, one.object] = one.detail
    return existing


def existing_now(objects):
    things = [one for of_it in objects.kept.values() for one in of_it.values()]
    return {(one.sort, one.id): one.detail() for one in things}


@pytest.mark.parametrize("seed", range(3))
async def test_the_journal_alone_tells_what_exists(autojump_clock, start, journal, seed):
    random = Random(seed)
    options = NodeOptions(
        "wcs1",
        seed=seed,
        settings=Settings(keep_alive_streaming_sessions_enabled=True),
        faults=EVERYTHING,
        applications=applications_at("http://o"),
        publishers=("a", "b"),
        come_and_go=3,
    )
    wcs = await start(options)
    for step in range(500):
        await trio.sleep(random.uniform(0, 30))
        ids = [*wcs.server.objects.transponders, "unknown"]
        key = {"mediaSessionId": random.choice(ids)}
        url = f"rtmp://t{random.randint(1, 3)}/live"
        path, body = random.choice(
            [
                ("push/startup", {"streamName": random.choice("abc"), "rtmpUrl": url}),
                ("push/terminate", key),
                ("push/mute", key),
                ("push/find_all", {}),
                ("stream/terminate", {"name": "a"}),
            ]
        )
        with trio.move_on_after(40), suppress(Broken, Refused):
            await wcs.server.handle("POST", f"/rest-api/{path}", {}, orjson.dumps(body))
        if random.random() < 0.01:
            wcs.server.restart(down_s=random.choice((0, 20)))
        if step % 50 == 49:
            assert told_to_exist(journal) == existing_now(wcs.server.objects)
    played = {one.what for one in journal.after(kind="fault")}
    assert played == PLAYED
    starts = [one for one in journal.after(kind="rest") if one.what == "/push/startup"]
    answers = [one.call for one in journal.after(kind="answer")]
    assert {one.number for one in starts} <= set(answers)
