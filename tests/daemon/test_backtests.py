"""Past events through other documents: just what would have been otherwise is shown."""

import time
from collections import Counter
from itertools import islice

import pytest
import trio
from attrs import evolve

from orchestrator.core.filter import Filter
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.daemon.backtesting import backtest_of
from orchestrator.daemon.load import difference, difference_of_rules
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.rules import read_rules
from tests.daemon.ruled import publish, ruled, tell
from tests.stage import CODEC

RULES = """rules:
  archive:
    each: stream
    where: stream.published && stream.name.startsWith("studio-")
    linger: 4s
    ensure:
      transponders:
        "archive-${stream.name}": {streamName: "${stream.name}", rtmpUrl: rtmp://archive.lan/live}
  no-robots:
    admit: [publishStream]
    where: hook.name.startsWith("robot-")
    decide: deny
  again:
    upon: [StreamEvent]
    where: hook.type == "frozen"
    do: [{restart: transponder/line}]
"""


async def entries(stage):
    rows = await stage.log.read(Filter(), 1_000_000)
    return [CODEC.decode(row) for row in rows]


async def compared(stage, folder, text=RULES, *, state=None):
    """Return what would have been otherwise under other rules, or state, from the log's begin."""
    first, *rest = await entries(stage)
    world = project(World(), first, KINDS)
    (folder / "a.yaml").write_text(text)
    settings = evolve(stage.settings(), rules=(folder,))
    loaded = [difference_of_rules(world, read_rules(settings, stage.vault, KINDS, {}))]
    if state is not None:
        loaded = [difference(world, (stage.read("state/x.yaml", state),))]
    test = backtest_of(world, loaded, CODEC, stage.vault, KINDS)
    test.run(rest)
    return test


def told(those):
    """Return differences without their positions: change, resource, and both sides in short."""
    return [(one.change, one.resource, short(one.before), short(one.after)) for one in those]


def short(side):
    if side is None:
        return None
    for name in ("rtmpUrl", "decision", "verb"):
        if name in side:
            return side[name]
    return side


async def lively(stage):
    """Let some things happen of which rules have something to say."""
    stage.transponder("line", "studio-a", "rtmp://line.lan/live")
    await stage.load()
    client = await publish(stage, "studio-a")
    await publish(stage, "robot-1", settle_s=1)
    await publish(stage, "guest", settle_s=1)
    await tell(stage, "StreamEvent", {"type": "frozen"})
    await trio.sleep(3)
    await stage.kill()
    await stage.start()
    client.drop()
    await trio.sleep(20)
    await publish(stage, "studio-a", settle_s=20)
    await publish(stage, "studio-b", settle_s=20)


async def test_unchanged_rules_make_no_difference(put, tmp_path, autojump_clock):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        test = await compared(stage, put(RULES))
        assert (test.decisions, test.actions) == ([], [])
        assert test.past.world.wanted == stage.memory.world.wanted
        kinds = {type(entry.event).__name__ for entry in await entries(stage)}
        assert {"Ensured", "HookAnswered", "RuleFired", "Looked", "ActionFinished"} <= kinds


async def test_a_changed_address_is_shown_each_time_that_it_would_have_been_used(
    put, autojump_clock
):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        test = await compared(stage, put(RULES), RULES.replace("archive.lan", "other.lan"))
        old, new = "rtmp://archive.lan/live", "rtmp://other.lan/live"
        assert test.decisions == []
        assert told(test.actions) == [
            ("changed", "transponder/archive-studio-a", old, new),
            ("changed", "transponder/archive-studio-a", old, new),
            ("changed", "transponder/archive-studio-b", old, new),
        ]
        (first, *_) = test.actions
        hooks = [one for one in await entries(stage) if one.position == first.at]
        assert [getattr(one.event, "method", "") for one in hooks] == ["StreamStatusEvent"]


async def test_a_narrower_rule_removes_and_a_wider_one_adds(put, autojump_clock):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        url = "rtmp://archive.lan/live"
        test = await compared(stage, put(RULES), RULES.replace('"studio-")', '"studio-b")'))
        a = "transponder/archive-studio-a"
        assert told(test.actions) == [("removed", a, url, None), ("removed", a, url, None)]
        test = await compared(
            stage, put(RULES), RULES.replace('&& stream.name.startsWith("studio-")', "")
        )
        assert told(test.actions) == [
            ("added", "transponder/archive-guest", None, url),
        ]


async def test_decisions_that_would_be_others_are_shown(put, autojump_clock):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        test = await compared(stage, put(RULES), RULES.replace('"robot-"', '"guest"'))
        assert told(test.decisions) == [
            ("removed", "stream/robot-1", "deny", None),
            ("added", "stream/guest", None, "deny"),
        ]
        renamed = RULES.replace("decide: deny", 'overwrite: {name: "x-${hook.name}"}')
        test = await compared(stage, put(RULES), renamed)
        (found,) = test.decisions
        assert (found.change, found.before["decision"]) == ("changed", "deny")
        assert found.after == {
            "decision": "allow", "rule": "no-robots", "overwrite": {"name": "x-robot-1"},
        }  # fmt: skip
        assert test.actions == []


async def test_what_rules_would_do_otherwise_is_shown(put, autojump_clock):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        test = await compared(stage, put(RULES), RULES.replace("restart:", "pause:"))
        assert told(test.actions) == [
            ("removed", "transponder/line", "restart", None),
            ("added", "transponder/line", None, "pause"),
        ]


async def test_other_state_is_shown_once_the_streams_that_it_reads_are_there(put, autojump_clock):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        state = """transponders:
  line: {node: wcs1, streamName: studio-a, rtmpUrl: rtmp://line.lan/two}
  more: {node: wcs1, streamName: guest, rtmpUrl: rtmp://more.lan/live}
  never: {node: wcs1, streamName: nobody, rtmpUrl: rtmp://more.lan/live}
"""
        test = await compared(stage, put(RULES), state=state)
        one, two, more = (
            f"rtmp://{end}" for end in ("line.lan/live", "line.lan/two", "more.lan/live")
        )
        assert told(test.actions) == [
            ("changed", "transponder/line", one, two),
            ("added", "transponder/more", None, more),
            ("changed", "transponder/line", one, two),
        ]
        assert test.decisions == []


async def test_a_backtest_may_begin_anywhere(put, autojump_clock):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        found = await entries(stage)
        for begin in range(1, len(found), 7):
            world = World()
            for entry in islice(found, begin):
                world = project(world, entry, KINDS)
            settings = evolve(stage.settings(), rules=(put(RULES),))
            loaded = [difference_of_rules(world, read_rules(settings, stage.vault, KINDS, {}))]
            test = backtest_of(world, loaded, CODEC, stage.vault, KINDS)
            test.run(found[begin:])
            assert (begin, test.decisions, test.actions) == (begin, [], [])


@pytest.mark.nightly
async def test_a_hundred_thousand_entries(put, autojump_clock, figure):
    async with ruled(put(RULES)) as stage:
        await lively(stage)
        denied = 0
        for number in range(51_000):
            name = f"{'robot' if number % 10 == 0 else 'guest'}-{number}"
            body = {"mediaSessionId": f"m{number}", "name": name, "sessionId": "s", "n": number}
            status = 403 if number % 10 == 0 else 200
            await tell(stage, "publishStream", body, status=status)
            denied += status == 403
            if number % 10:
                await tell(stage, "StreamStatusEvent", {**body, "status": "FAILED"})
            if number % 1_000 == 0:
                await publish(stage, f"studio-{number}", settle_s=2)
        found = await entries(stage)
        began = time.monotonic()
        test = await compared(stage, put(RULES), RULES)
        lasted_s = time.monotonic() - began
        assert (test.decisions, test.actions) == ([], [])
        figure(f"backtest: {len(found)} entries, no difference, in {lasted_s:.0f} s")
        assert len(found) > 100_000
        test = await compared(stage, put(RULES), RULES.replace('"robot-"', '"guest-1000"'))
        changes = Counter((one.change, short(one.after)) for one in test.decisions)
        assert changes == {("removed", None): denied + 1, ("added", "deny"): 9}
        assert test.actions == []
        test = await compared(stage, put(RULES), RULES.replace("archive.lan", "other.lan"))
        assert test.decisions == []
        names = Counter(one.resource for one in test.actions if one.change == "changed")
        due = {f"transponder/archive-studio-{number}": 1 for number in range(0, 51_000, 1_000)}
        due |= {"transponder/archive-studio-a": 2, "transponder/archive-studio-b": 1}
        assert (names, len(test.actions)) == (due, sum(due.values()))
