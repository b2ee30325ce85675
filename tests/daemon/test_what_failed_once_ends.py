"""How hard it was to make a thing says nothing of its end. (T27)"""

import trio
from attrs import evolve

from tests.stage import staged

STATE = """
defaults: {node: wcs1}
pulls: {host: {uri: rtmp://encoder.lan/live, localStreamName: host}}
transponders: {out: {streamName: host, rtmpUrl: rtmp://target.lan/live}}
"""
IN_ORDER = ["/push/terminate", "/pull/rtmp/terminate"]


def turn(stage, **faults):
    node = stage.servers["wcs1"].node
    node.turn(evolve(node.faults, **faults))


def ends(stage, mark):
    """Return by method when a node was last asked since a mark."""
    return {one.what: one.at_s for one in stage.journal.after(mark, kind="rest")
            if one.what.endswith("/terminate")}  # fmt: skip


async def test_what_failed_once_ends_before_what_it_reads(autojump_clock):
    async with staged() as stage:
        turn(stage, rest_fails=1.0, rest_groups=("/push/startup",))
        stage.write(STATE)
        await stage.start()
        await trio.sleep(60)
        turn(stage, rest_fails=0.0)
        await trio.sleep(3_600)
        assert {phase for phase, _ in (await stage.phases()).values()} == {"Ready"}
        mark = stage.journal.written
        stage.write("{}")
        await stage.load()
        await trio.sleep(5)
        at_s = ends(stage, mark)
        assert (list(at_s), await stage.phases()) == (IN_ORDER, {})
        assert at_s["/push/terminate"] < at_s["/pull/rtmp/terminate"]  # not at the same moment
