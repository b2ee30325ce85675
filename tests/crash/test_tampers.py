"""Somebody edits, deletes, inserts, swaps or cuts off an entry of 10,000: `verify` names it.

And of what nobody touched it says nothing bad, whatever the log went through. (T08)
"""

import random
import shutil
import time

import pytest
import trio

from orchestrator.errors import LogDamaged
from orchestrator.shell.log.read import verify
from orchestrator.shell.log.segment import segments
from tests.crash.place import Place, quick_folder
from tests.shell.log.desk import facts, running
from tests.shell.log.tamper import TAMPERS, positions, tampered

EVENTS, SEGMENT_MAX = 10_000, 3_000


async def written(folder, count, segment_max, batch=200):
    async with running(Place(folder), segment_max) as desk:
        for start in range(0, count, batch):
            await desk.log.append(facts(min(count, start + batch))[start:])


@pytest.fixture(scope="module")
def log():
    """Give a log of 10,000 events in several segments, on a quick disk."""
    with quick_folder() as folder:
        trio.run(written, folder / "log", EVENTS, SEGMENT_MAX)
        yield folder / "log"


def tamper_with(log, seeds):
    """Tamper with a copy for each seed; return how many were found at the right position."""
    found = 0
    copy = log.with_name("copy")
    for seed in seeds:
        rng = random.Random(seed)
        tamper = TAMPERS[seed % len(TAMPERS)]
        shutil.copytree(log, copy)
        with tampered(copy, rng.randrange(len(segments(copy)))) as connection:
            connection.execute("BEGIN")
            bad = tamper(connection, rng.choice(positions(connection)), rng)
            connection.execute("COMMIT")
        with pytest.raises(LogDamaged) as raised:
            verify(copy)
        assert raised.value.position == bad, (seed, tamper.__name__)
        found += 1
        shutil.rmtree(copy)
    return found


def leave_alone(seeds):
    """Verify a log of its own for each seed; return how many entries they have."""
    entries = 0
    for seed in seeds:
        rng = random.Random(seed)
        with quick_folder() as folder:
            for _ in range(rng.randrange(1, 3)):
                shape = rng.randrange(1, 120), rng.randrange(1, 90), rng.randrange(1, 20)
                trio.run(written, folder / "log", *shape)
            entries += verify(folder / "log").entries
    return entries


def trial(log, seeds, figure):
    began = time.monotonic()
    found = tamper_with(log, seeds)
    untouched = leave_alone(seeds)
    figure(
        f"T08: {found} of {len(seeds)} tampers in {EVENTS} events found and placed; 0 false alarms "
        f"in {len(seeds)} untouched logs of {untouched} entries; {time.monotonic() - began:.0f} s"
    )


def test_t08_a_tamper_with_one_of_ten_thousand_events_is_named_and_nothing_else_is(log, figure):
    trial(log, range(60), figure)


@pytest.mark.nightly
def test_t08_a_thousand_tampers_are_named_and_a_thousand_untouched_logs_verify(log, figure):
    trial(log, range(1_000), figure)
