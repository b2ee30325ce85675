"""Every kind in every case: exactly the expected calls, and the phase that people see."""

from contextlib import asynccontextmanager

import pytest
import trio
from attrs import evolve

from orchestrator.emulator.settings import Settings
from tests.daemon.kinds_table import NODES, ROWS
from tests.stage import staged, things_on

HOUR_S = 3_600
WCS = Settings(vod_stream_timeout=0, vod_duration_s=10 * HOUR_S)


def of(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.kind)


every = of(ROWS)
lasting = of([row for row in ROWS if not row.is_once])
once = of([row for row in ROWS if row.is_once])


@asynccontextmanager
async def prepared(row, **faults):
    """Yield a stage on which the streams are published that it needs; nothing is declared."""
    async with staged(node_values=NODES, wcs_settings=WCS) as stage:
        stage.write("{}")
        await stage.start()
        for name in row.streams:
            await stage.servers["wcs1"].client(name).publish(name)
        turn(stage, **faults)
        yield stage


@asynccontextmanager
async def running(row):
    """Yield a stage on which it runs, made by the daemon; calls so far are not counted."""
    async with prepared(row) as stage:
        stage.write(row.state())
        await stage.load()
        await trio.sleep(90)
        assert await seen(stage) == {"thing": "Ready"}
        stage.counted = stage.journal.written
        yield stage


def turn(stage, **faults):
    node = stage.servers["wcs1"].node
    node.turn(evolve(node.faults, **faults))


async def seen(stage):
    return {name: phase for name, (phase, _) in (await stage.phases()).items()}


def calls(stage):
    return stage.mutations(after=stage.counted)


async def changed(stage, text):
    stage.write(text)
    await stage.load()
    await trio.sleep(60)


def objects(stage):
    """Return what there is of the daemon's making."""
    return things_on(stage.servers["wcs1"])


async def vanish(stage):
    (thing,) = objects(stage)
    stage.servers["wcs1"].media.vanish(thing)


async def begin_by_hand(stage, row, fields):
    """Let a stranger make it, and put the streams into it that it mixes."""
    server = stage.servers["wcs1"]
    await server.foreign(row.begin, fields)
    for name in row.streams if row.then else ():
        await server.foreign(row.then[0], {"uri": "mixer://thing", "remoteStreamName": name})
    await trio.sleep(10)


@every
async def test_it_is_made(autojump_clock, row):
    async with prepared(row) as stage:
        stage.write(row.state())
        await stage.load()
        await trio.sleep(60)
        assert (calls(stage), await seen(stage)) == ([row.begin, *row.then], {"thing": "Ready"})
        await trio.sleep(HOUR_S)
        assert calls(stage) == [row.begin, *row.then]


@of([row for row in ROWS if row.in_place])
async def test_it_changes_in_place_where_wcs_can(autojump_clock, row):
    async with running(row) as stage:
        await changed(stage, row.state(row.in_place))
        assert (calls(stage), await seen(stage)) == ([*row.updates], {"thing": "Ready"})


@every
async def test_what_cannot_change_is_replaced(autojump_clock, row):
    async with running(row) as stage:
        await changed(stage, row.state(row.other))
        assert (calls(stage), await seen(stage)) == (
            [row.end, row.begin, *row.then],
            {"thing": "Ready"},
        )


@every
async def test_without_a_line_it_ends(autojump_clock, row):
    async with running(row) as stage:
        await changed(stage, "{}")
        assert (calls(stage), await seen(stage), objects(stage)) == ([row.end], {}, [])


@of([row for row in ROWS if row.foreign])
async def test_what_runs_as_declared_is_adopted_and_let_go(autojump_clock, row):
    async with prepared(row) as stage:
        await begin_by_hand(stage, row, row.foreign)
        stage.write(row.state())
        await stage.load()
        await trio.sleep(60)
        (thing,) = (await stage.ask("GET", "/api/v1/resources"))[1]
        assert (calls(stage), thing["phase"], thing["adopted"]) == ([], "Ready", True)
        await changed(stage, "{}")
        assert (calls(stage), await seen(stage), len(objects(stage))) == ([], {}, 1)


@of([row for row in ROWS if row.strange])
async def test_what_is_foreign_and_differs_is_held(autojump_clock, row):
    async with prepared(row) as stage:
        await begin_by_hand(stage, row, row.strange)
        stage.write(row.state())
        await stage.load()
        await trio.sleep(HOUR_S)
        assert (calls(stage), await seen(stage)) == ([], {"thing": "Held"})


@of([row for row in ROWS if row.strange and not row.in_place and row.has_id])
async def test_what_a_stranger_made_anew_is_not_ours(autojump_clock, row):
    """Drift that cannot be changed in place is another life, made by somebody else."""
    async with running(row) as stage:
        await vanish(stage)
        await stage.servers["wcs1"].foreign(row.begin, row.strange)
        await trio.sleep(HOUR_S)
        assert (calls(stage), await seen(stage)) == ([], {"thing": "Held"})


@lasting
async def test_what_vanished_is_made_again(autojump_clock, row):
    async with running(row) as stage:
        await vanish(stage)
        await trio.sleep(60)
        assert (calls(stage), await seen(stage)) == (
            [row.begin, *row.then],
            {"thing": "Ready"},
        )


@once
async def test_what_is_made_once_is_finished_when_it_ends(autojump_clock, row):
    async with running(row) as stage:
        await vanish(stage)
        await trio.sleep(60)
        assert (calls(stage), await seen(stage)) == ([], {"thing": "Finished"})
        await stage.kill()
        await stage.start()
        await trio.sleep(HOUR_S)
        assert (calls(stage), await seen(stage)) == ([], {"thing": "Finished"})
        await changed(stage, row.state(row.other))
        assert (calls(stage), await seen(stage)) == ([row.begin], {"thing": "Ready"})


@every
async def test_what_is_refused_at_once_is_tried_again_and_parked(autojump_clock, row):
    async with prepared(row, rest_fails=1.0, rest_groups=(row.begin,)) as stage:
        stage.write(row.state())
        await stage.load()
        await trio.sleep(10)
        assert await seen(stage) == {"thing": "Backoff"}
        await trio.sleep(HOUR_S)
        assert await seen(stage) == {"thing": "Parked"}
        assert {*calls(stage)} == {row.begin}
        assert len(calls(stage)) < 30
        turn(stage, rest_fails=0.0)
        stage.counted = stage.journal.written
        await trio.sleep(600)
        assert (calls(stage), await seen(stage)) == (
            [row.begin, *row.then],
            {"thing": "Ready"},
        )


@lasting
async def test_what_is_dropped_later_is_never_parked(autojump_clock, row):
    async with running(row) as stage:
        for _ in range(15):
            await vanish(stage)
            await trio.sleep(60)
        assert await seen(stage) == {"thing": "Ready"}
        assert calls(stage) == [row.begin, *row.then] * 15


@every
async def test_a_node_that_restarts_has_it_made_again_unless_once(autojump_clock, row):
    async with running(row) as stage:
        stage.servers["wcs1"].restart(5)
        await trio.sleep(20)
        for name in row.streams:
            await stage.servers["wcs1"].client(f"{name} again").publish(name)
        await trio.sleep(120)
        expected = ([], "Finished") if row.is_once else ([row.begin, *row.then], "Ready")
        assert (calls(stage), (await seen(stage))["thing"]) == expected


@every
async def test_an_unknown_outcome_is_settled_by_a_look(autojump_clock, row):
    async with prepared(row, rest_lost=1.0, rest_groups=(row.begin,)) as stage:
        stage.write(row.state())
        await stage.load()
        await trio.sleep(60)
        assert (calls(stage), await seen(stage)) == ([row.begin, *row.then], {"thing": "Ready"})
