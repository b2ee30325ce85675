"""One group times out, gives HTML or half a JSON, or changes shape; the others go on. (T20)

An object of objects where a list was is read as that list. Of what cannot be read, nothing is ended
and the beginning is told, so that people see what answered; of half a JSON only where it breaks
off, since in half of it nobody can tell any more what has to be sealed.
"""

import time
from collections import Counter

import pytest
import trio

from tests.core.history import NODE
from tests.faults.lines import FORMS
from tests.faults.show import DECLARED, answers, edit, listings, shown, things, turn, words
from tests.simulation.quiet import lived

BREAKS = {
    "rest_hangs": "no whole reply within 10 s",
    "rest_html": "<p>It works</p>",
    "rest_truncated": "unexpected end of data: line 1 column",
    "rest_reshaped": "",
}
MET_S = {"rest_hangs": 60}  # in which the daemon meets the fault; a list that hangs takes 10 s
BOUND_S = 20
SETS = ((0, 1), (0, 2))
"""Numbers of the lines of each form; each scene changes from one set to the other."""


async def break_one(stage, kind, fault, numbers):
    """Change lines of all kinds while the lists of one are broken; return what ended meanwhile."""
    paths, mark = listings(kind), stage.journal.written
    broken = {one for one in DECLARED if {*paths} & {*listings(one)}}
    turn(stage, rest_groups=paths, **{fault: 1.0})
    await trio.sleep(MET_S.get(fault, BOUND_S))
    await edit(stage, numbers)
    await trio.sleep(BOUND_S)
    told = await words(stage)
    ends = [path.replace("/find_all", "/terminate") for path in paths]
    ended = Counter(path for path, _ in answers(stage, mark) if path.endswith("/terminate"))
    if BREAKS[fault]:
        assert {one: ended[one] for one in ends} == dict.fromkeys(ends, 0)
        assert {word for one, word in told.items() if one.split("/")[0] in broken} == {"Unknown"}
        assert BREAKS[fault] in stage.memory.looks[NODE, kind].error
        told = {one: word for one, word in told.items() if one.split("/")[0] not in broken}
    assert told == dict.fromkeys(told, "Ready")
    turn(stage)
    await trio.sleep(BOUND_S)
    told = await words(stage)
    assert told == dict.fromkeys(told, "Ready")
    assert len(things(stage)) == len(told) == len(FORMS) * len(numbers)
    return ended.total()


async def play(kinds):
    scenes = ended = 0
    async with shown(2, streams=3) as stage:
        for kind in kinds:
            for fault in BREAKS:
                scenes += 1
                ended += await break_one(stage, kind, fault, SETS[scenes % 2])
    return scenes, ended


def trial(kinds, figure):
    began = time.monotonic()
    scenes, ended = lived(0, play, kinds)
    figure(
        f"T20: {scenes} scenes, {len(BREAKS)} ways to break the lists of {len(kinds)} kinds: "
        f"0 ended there, {ended} ended and as many made in others within {BOUND_S} s; "
        f"{time.monotonic() - began:.0f} s"
    )


def test_t20_a_group_that_cannot_be_read_ends_nothing_and_the_others_converge(figure):
    trial(("pull", "call", "mixer", "transponder", "recording"), figure)


@pytest.mark.nightly
def test_t20_a_group_that_cannot_be_read_ends_nothing_of_any_kind(figure):
    trial(DECLARED, figure)
