"""Answers come up to ten minutes late and out of order, to one who waits for them or not. (T21)"""

import time
from collections import Counter
from random import Random

import pytest
import trio
from attrs import evolve

from orchestrator.core.action import name_of
from orchestrator.emulator.journal import By, Kind
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import NODE
from tests.faults import lines
from tests.faults.lines import FORMS
from tests.faults.rehearsal import rehearsed
from tests.faults.show import BRISK, EVERY_MS, edit, shown, turn, words
from tests.simulation.quiet import lived
from tests.stage import things_on

AGE_S = 2 * EVERY_MS / 1_000
"""How old a look may be that something is ended by, beside the time that an answer may take."""

WAITS_S = (10, 700)
"""How long the daemon waits for an answer: as it does, and longer than any of them takes."""

LATE_S = 600
SETS = ((0, 1), (0, 2), (1, 2))
EDITS = 8  # one in ten minutes
CALM_S = 900


def ages(stage, after):
    """Return for each call that ends something how old the newest look was that it knew."""
    answered = {one.call: one for one in stage.journal.after(kind=Kind.ANSWER)}
    asked = [one for one in stage.journal.after(kind=Kind.REST) if one.by is By.REST]
    found = []
    for end in asked:
        if end.number > after and end.what.endswith("/terminate"):
            path = end.what.replace("/terminate", "/find_all")
            known = [
                look.at_s
                for look in asked
                if look.what == path and look.number in answered
                if answered[look.number].number < end.number and answered[look.number].status
            ]
            found.append((end.what, round(end.at_s - max(known), 1)))
    return found


def doubles(stage):
    """Return the names that two live things of a sort have."""
    names = Counter(
        (one.sort, *names_of(one)) for one in things_on(stage.servers[NODE]) if not one.ending
    )
    return [name for name, count in names.items() if count > 1]


def names_of(thing):
    """Return what no two of a sort may share; what has none of it goes by its id alone."""
    fields = ("uri", "local_name", "source", "rtmp_url")
    return tuple(filter(None, (getattr(thing, name, "") for name in fields))) or (thing.id,)


async def play(seed, wait_s):
    """Change the documents while answers are late; return what was seen."""
    draw = Random(seed)
    timing = evolve(BRISK, call_ms=1_000 * wait_s)
    async with shown(2, seed=seed, streams=3, timing=timing, call_s=wait_s) as stage:
        mark = stage.journal.written
        turn(stage, rest_delayed=draw.choice((0.2, 0.5, 1.0)), rest_late_s=LATE_S)
        for _ in range(EDITS):
            await edit(stage, draw.choice(SETS))
            for _ in range(10):
                await trio.sleep(60)
                found = doubles(stage)
                assert found == [], found
        told = ages(stage, mark)
        old = [one for one in told if one[1] > AGE_S + wait_s]
        assert old == [], old
        turn(stage)
        await trio.sleep(CALM_S)
        last = await words(stage)
        late = {name: word for name, word in last.items() if word != "Ready"}
        assert late == {}, late
        assert stage.cuts() == 0
        answers = [one for one in stage.journal.after(mark, kind=Kind.ANSWER) if one.by is By.REST]
        refused = sum(one.detail["reached"] == 409 for one in answers)
        faults = len(stage.journal.after(mark, kind=Kind.FAULT))
        oldest = max([age for _, age in told], default=0)
    return Counter(ended=len(told), refused=refused, late=faults), oldest


def trial(seeds, figure):
    began, tally, oldest = time.monotonic(), Counter(), {}
    for wait_s in WAITS_S:
        for seed in seeds:
            seen, age_s = lived(seed, play, seed, wait_s)
            tally += seen
            oldest[wait_s] = max(age_s, oldest.get(wait_s, 0))
    minutes = len(WAITS_S) * len(seeds) * EDITS * 10
    ages_told = ", ".join(f"{oldest[one]:.0f} s waiting {one} s for answers" for one in oldest)
    figure(
        f"T21: {tally['late']} answers up to {LATE_S} s late in {minutes} minutes: "
        f"{tally['ended']} ended, by looks of at most {ages_told}; never two of one key; "
        f"{tally['refused']} refused with 409, all Ready in the end; "
        f"{time.monotonic() - began:.0f} s"
    )


def test_t21_late_answers_end_nothing_by_an_old_look_and_make_nothing_twice(figure):
    trial(range(1), figure)


@pytest.mark.nightly
def test_t21_late_answers_end_nothing_by_an_old_look_all_night(figure):
    trial(range(1, 14), figure)


async def outrun(form):
    """Let a stranger be a moment quicker with the very same; return the steps of three rounds."""
    async with rehearsed(0, lines.streams(1)) as rehearsal:
        wanted = lines.line(form, 0, 0)
        rehearsal.history.change([wanted])
        await rehearsal.look()
        declared, site = KINDS[wanted.key.kind].declarable, rehearsal.world.site(NODE)
        call = declared.create(wanted.spec, site)
        await rehearsal.ask(call, By.FOREIGN)
        rounds = [[name_of(one) for one in await rehearsal.round()] for _ in range(3)]
        told = rehearsal.server.node.journal.after(kind=Kind.ANSWER)
        ours = [one.status for one in told if one.by is By.REST and one.what == call.path]
        return rounds, ours, rehearsal.phases()


@pytest.mark.parametrize("form", sorted({*FORMS} - {"mixer", "recording"}))
def test_t21_a_create_that_is_answered_409_has_what_it_wants_after_a_look(form):
    """A mixer of a stranger has no inputs, so it differs, and a recording is never refused."""
    rounds, answers, phases = lived(0, outrun, form)
    assert (rounds, answers) == ([["create"], ["adopt"], []], [409])
    assert set(phases.values()) == {"Ready"}
