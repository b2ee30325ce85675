"""Restarts, stops, hangs; and the journal, from which all of it can be told again."""

import io

import orjson
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.journal import By, Entry, Journal, Kind


async def test_a_restart_loses_everything_and_tells_nobody(autojump_clock, wcs):
    await wcs.publish("a")
    await wcs.push("a")
    await wait_all_tasks_blocked()
    before = len(wcs.backend.hooks)
    wcs.server.restart()
    await trio.sleep(100)
    statuses = [(await wcs.call(f"/{g}/find_all"))[0] for g in ("push", "stream", "connection")]
    assert (statuses, len(wcs.backend.hooks)) == ([404] * 3, before)
    assert [one.what for one in wcs.entries("node")] == ["started", "stopped", "started"]
    assert wcs.effects()[-3:] == [
        ("transponder went", "self"),
        ("stream went", "self"),
        ("connection went", "self"),
    ]


@pytest.mark.parametrize("renews", [False, True])
async def test_the_node_id_outlives_a_restart_unless_the_build_renews_it(
    autojump_clock, start, renews
):
    wcs = await start(renews_node_id=renews)
    before = wcs.server.node.id
    wcs.server.restart()
    assert (wcs.server.node.id != before) is renews
    assert len(before) == len("@127.0.0.1") + 32


async def test_nothing_of_an_old_life_happens_in_the_next(autojump_clock, wcs):
    _, started = await wcs.push()
    await wcs.call("/push/terminate", {"mediaSessionId": started["mediaSessionId"]})
    wcs.server.restart()
    await wcs.push()
    await trio.sleep(10)
    assert (await wcs.call("/push/find_all"))[0] == 200


async def test_a_stopped_node_refuses_until_it_is_started(autojump_clock, wcs):
    wcs.server.stop()
    with pytest.raises(Refused):
        await wcs.call("/push/find_all")
    wcs.server.start()
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_a_node_is_down_for_a_while_when_told_so(autojump_clock, wcs):
    wcs.server.restart(down_s=30)
    await trio.sleep(29)
    with pytest.raises(Refused):
        await wcs.call("/push/find_all")
    await trio.sleep(2)
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_a_node_that_hangs_accepts_and_answers_only_after_it_hangs_no_more(
    autojump_clock, wcs, nursery
):
    answers = []

    async def ask():
        answers.append(await wcs.push())

    wcs.server.hang()
    nursery.start_soon(ask)
    await trio.sleep(3600)
    assert answers == []
    wcs.server.hang(on=False)
    await wait_all_tasks_blocked()
    assert [status for status, _ in answers] == [200]


async def test_a_call_under_way_breaks_when_the_node_goes_down(autojump_clock, wcs):
    wcs.fail(rest_delayed=1)
    wcs.server.node.later(0.001, wcs.server.restart)
    with pytest.raises(Broken):
        await wcs.push()


async def test_whoever_meets_a_hang_is_refused_when_it_ends_in_a_stop(autojump_clock, wcs):
    wcs.server.hang()
    wcs.server.node.send_off(stop_after(wcs, 5))
    with pytest.raises((Broken, Refused)):
        await wcs.push()


def stop_after(wcs, seconds):
    async def stop():
        await trio.sleep(seconds)
        wcs.server.stop()

    return stop


async def test_the_journal_ties_each_effect_to_the_call_that_had_it(autojump_clock, wcs):
    _, started = await wcs.push()
    id_ = started["mediaSessionId"]
    await wcs.call("/push/terminate", {"mediaSessionId": id_})
    await trio.sleep(1)
    told = [
        (one.number, round(one.at_s - 1_700_000_000, 3), one.what, one.object, one.status, one.call)
        for one in wcs.server.node.journal.after()
    ]
    assert told == [
        (1, 0.0, "started", "", 0, 0),
        (2, 0.0, "/push/startup", "", 0, 0),
        (3, 0.0, "transponder came", id_, 0, 2),
        (4, 0.0, "/push/startup", "", 200, 2),
        (5, 0.0, "/push/terminate", "", 0, 0),
        (6, 0.0, "/push/terminate", "", 200, 5),
        (7, 0.2, "transponder went", id_, 0, 5),
    ]
    asked = wcs.entries("rest")[0].detail
    assert asked["body"] == {"streamName": "name", "rtmpUrl": "rtmp://target:1935/live"}


def entry(number):
    return Entry(number, 1.5, "wcs1", Kind.REST, "/push/find", By.REST, detail={"verb": "POST"})


def test_the_journal_keeps_the_newest_and_writes_all_of_them():
    file = io.BytesIO()
    journal = Journal(file, entries_max=2)
    for number in (1, 2, 3):
        assert journal.next_number == number
        journal.add(entry(number))
    assert journal.after() == (entry(2), entry(3))
    assert journal.after(2) == (entry(3),)
    assert journal.after(3) == ()
    assert journal.after(kind=Kind.HOOK) == ()
    assert [orjson.loads(line)["number"] for line in file.getvalue().splitlines()] == [1, 2, 3]
    assert orjson.loads(file.getvalue().splitlines()[0]) == {
        "number": 1,
        "at_s": 1.5,
        "node": "wcs1",
        "kind": "rest",
        "what": "/push/find",
        "by": "rest",
        "object": "",
        "status": 0,
        "call": 0,
        "detail": {"verb": "POST"},
    }


async def test_the_same_seed_gives_the_same_journal(autojump_clock, start, journal):
    journals = []
    for _ in range(2):
        wcs = await start()
        first = journal.next_number
        await wcs.publish("a")
        await wcs.push("a")
        # Hooks leave on tasks of their own, in an order that only the scheduler knows.
        effects = journal.after(first - 1, kind=Kind.EFFECT)
        journals.append([(one.what, one.object) for one in effects])
    assert journals[0] == journals[1]
