"""`moved`, `forget`, `protect`, observing and pausing, whatever becomes of the line. (T32)"""

from time import monotonic

from attrs import evolve

from orchestrator.core.configuration import Policy
from tests.daemon.twins import (
    BOTH,
    KINDS,
    NODES,
    PLAIN,
    WORDED,
    calls,
    lines,
    load,
    names_of,
    phases,
    state,
    twins,
)
from tests.simulation.quiet import lived
from tests.stage import things_on

DAY_S = 86_400
ONE = {PLAIN: lines(PLAIN)}
NEW = {"new": lines(WORDED), **ONE}
OTHER = {WORDED: lines(WORDED, is_other=True), **ONE}
READY = {"Ready"}
TARGET = "rtmp://target.lan"
OBSERVED, PAUSED = "observe", "paused"  # as reasons of what is held


async def moved(change):
    async with twins() as stage:
        await load(stage, state(NEW, [(WORDED, "new")]))
        now = {"new": READY, PLAIN: READY}
        match change:
            case "removed":  # the word itself
                await load(stage, state(NEW))
            case "re-added":
                await load(stage, state(BOTH, [("new", WORDED)]))
                now = {WORDED: READY, PLAIN: READY}
            case "renamed":
                newer = {"newer": lines(WORDED), **ONE}
                await load(stage, state(newer, [(WORDED, "new"), ("new", "newer")]))
                now = {"newer": READY, PLAIN: READY}
        assert (calls(stage), await phases(stage)) == ([], now)


async def forgotten(change):
    async with twins() as stage:
        await stage.ask("POST", "/control/v1/forget", {"names": names_of(WORDED)})
        await load(stage, state(NEW if change == "renamed" else ONE))
        now = {PLAIN: READY}
        if change == "renamed":  # as it is declared, so that it is adopted
            now["new"] = READY
        if change == "re-added":
            await load(stage, state(BOTH))
            now[WORDED] = READY
        assert (calls(stage), await phases(stage)) == ([], now)


async def protected(change):
    """Take away, write again, or rename without `moved`, both of each kind."""
    async with twins(state(BOTH, protect=True)) as stage:
        there = things(stage)
        await load(stage, state({}))
        ends = calls(stage)
        assert (len(ends), {path.rpartition("/")[2] for path in ends}) == (
            len(KINDS),
            {"terminate"},
        )
        assert await phases(stage) == {WORDED: {"protected"}}
        kept = things(stage)
        assert (len(kept), kept < there) == (len(KINDS), True)
        if change == "re-added":
            await load(stage, state(BOTH, protect=True))
            assert await phases(stage) == {WORDED: READY, PLAIN: READY}
        if change == "renamed":
            await load(stage, state({"new": lines(WORDED), "others": lines(PLAIN)}))
            assert await phases(stage) == {
                WORDED: {"protected"}, "new": {"target-taken"}, "others": READY
            }  # fmt: skip
        assert kept <= things(stage)


def things(stage):
    """Return what there is, by identity."""
    return {id(one) for one in things_on(stage.servers["wcs1"])}


async def left_alone(change, by):
    """Let documents and both of each kind drift apart for a day, of which nothing is mended."""
    async with twins() as stage:
        if by == OBSERVED:
            stage.node_values = {"wcs1": evolve(NODES["wcs1"], policy=Policy.OBSERVE)}
        else:
            names = names_of(WORDED) + names_of(PLAIN)
            await stage.ask("POST", "/control/v1/pause", {"names": names})
        there, drifts = things(stage), {by}
        now = {WORDED: drifts, PLAIN: READY if by == OBSERVED else drifts}
        match change:
            case "removed":
                await load(stage, state({}), DAY_S)
                now = {WORDED: drifts, PLAIN: drifts}
            case "re-added":  # as something else
                await load(stage, state(ONE), DAY_S / 2)
                await load(stage, state(OTHER), DAY_S / 2)
                assert await addresses(stage) == (f"{TARGET}/kept-other", f"{TARGET}/kept")
            case "renamed":
                await load(stage, state(NEW), DAY_S)
                now["new"] = {"target-taken"}
        assert (calls(stage), things(stage), await phases(stage)) == ([], there, now)


async def addresses(stage):
    """Return where the transponder has to send, and where it does."""
    _, rows = await stage.ask("GET", "/api/v1/resources")
    (row,) = (row for row in rows if row["resource"] == f"transponder/{WORDED}")
    return row["desired"]["rtmpUrl"], row["observed"]["rtmpUrl"]


WORDS = {"moved": moved, "forget": forgotten, "protect": protected}
CHANGES = ("removed", "re-added", "renamed")


def test_t32_what_is_moved_forgotten_or_protected_is_not_touched_and_all_else_goes_on(figure):
    for play in WORDS.values():
        for change in CHANGES:
            lived(0, play, change)
    figure(
        f"T32: {', '.join(WORDS)}, each with the line {', '.join(CHANGES)}: 0 calls for the "
        f"{len(KINDS)} kinds of things concerned; the protected Held, {len(KINDS)} others ended"
    )


def test_t32_what_is_only_watched_or_paused_gets_no_call_for_a_day_and_its_drift_is_told(figure):
    began = monotonic()
    for by in (OBSERVED, PAUSED):
        for change in CHANGES:
            lived(0, left_alone, change, by)
    figure(
        f"T32: observe and paused, each with the lines {', '.join(CHANGES)}: 0 mutating calls for "
        f"{2 * len(KINDS)} things in 24 virtual hours each; {monotonic() - began:.0f} s"
    )
