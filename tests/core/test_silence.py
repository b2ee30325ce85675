"""When to look again, and when a node counts as lost."""

import pytest
from attrs import evolve

from orchestrator.core.action import Look
from orchestrator.core.event import Looked, NodeFound, NodeLost
from orchestrator.core.look import LastLook, all_fresh, due_ms, silence
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import (
    NODE,
    History,
    line,
    published,
    running,
    shown,
)

THINGS = ("wcs1", "transponder")
LINES = tuple(line(name, url=f"rtmp://target.lan/{name}") for name in "abc")


def test_a_node_is_lost_once_no_look_of_any_kind_got_through_for_long_enough():
    history = running(*LINES)
    assert silence(history.world, NODE, KINDS, history.looks, history.now_ms) is None
    history.look_failed("transponder")
    assert history.phases()["a"] == ("Unknown", "look-failed")
    assert silence(history.world, NODE, KINDS, history.looks, history.now_ms + 99_999) is None
    for kind in KINDS.keys() - {"transponder", "stream"}:
        history.look_failed(kind)
    history.wait(1_000).look_failed("stream", "cannot connect")
    history.wait(29_999)
    assert silence(history.world, NODE, KINDS, history.looks, history.now_ms) is None
    history.wait(1)
    lost = silence(history.world, NODE, KINDS, history.looks, history.now_ms)
    assert lost == NodeLost(NODE, "cannot connect")
    history.happen(lost)
    assert history.phases()["a"] == ("Unknown", "node-unreachable")
    assert silence(history.world, NODE, KINDS, history.looks, history.now_ms) is None


def test_what_is_looked_at_rarely_is_not_waited_for():
    history = running(*LINES)
    history.look_failed("stream", "cannot connect").look_failed("transponder", "cannot connect")
    history.wait(29_999)
    assert silence(history.world, NODE, KINDS, history.looks, history.now_ms) is None
    history.wait(1)
    lost = silence(history.world, NODE, KINDS, history.looks, history.now_ms)
    assert lost == NodeLost(NODE, "cannot connect")
    history.look("vod")
    assert silence(history.world, NODE, KINDS, history.looks, history.now_ms) is None
    history.look_failed("vod", "cannot connect")
    lost = silence(history.world, NODE, KINDS, history.looks, history.now_ms)
    assert lost == NodeLost(NODE, "cannot connect")


def test_the_first_look_that_gets_through_finds_the_node():
    history = running(*LINES).happen(NodeLost(NODE, "cannot connect"))
    assert history.look("transponder", *shown(*LINES)) == (
        NodeFound(NODE),
        Looked(NODE, "transponder"),
    )
    assert history.world.lost == EMPTY
    assert history.phases()["a"] == ("Ready", "unverified")


def test_a_node_that_is_found_was_not_looked_at():
    history = running(*LINES).happen(NodeLost(NODE, "x"), NodeFound(NODE))
    assert history.phases()["a"] == ("Unknown", "not-looked")


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (LastLook(), 0),
        (LastLook(position=9, at_ms=100, tried_ms=100), 50_100),
        (LastLook(position=4, at_ms=100, tried_ms=100), 1_100),
        (LastLook(tried_ms=100, failures=1), 1_100),
        (LastLook(tried_ms=100, failures=2), 2_100),
        (LastLook(tried_ms=100, failures=3), 4_100),
        (LastLook(tried_ms=100, failures=99), 5_100),
    ],
)
def test_looks_are_due_in_their_turn_and_at_most_once_a_second(last, due):
    world = evolve(History().configure().world, touched=Map({THINGS: 5}))
    assert due_ms(world, NODE, KINDS["transponder"], last) == due


def test_a_kind_comes_round_more_rarely_where_there_is_nothing_of_it():
    last = LastLook(position=99, at_ms=100, tried_ms=100)
    world = running(*LINES).world
    due = {
        kind: due_ms(world, NODE, KINDS[kind], last) for kind in ("transponder", "stream", "vod")
    }
    assert due == {"transponder": 5_100, "stream": 30_100, "vod": 300_100}


def test_a_burst_is_followed_by_one_look():
    history = running(*LINES).wait(400)
    history.look("transponder", *shown(*LINES))
    history.look("stream", published("s-1"))
    for kind in KINDS.keys() - {"transponder", "stream"}:
        history.look(kind)
    for media in ("s-2", "s-3", "s-4"):
        history.wait(100).publish(media, media)
    assert history.planned().plan.actions == ()
    assert history.planned().plan.next_ms == history.now_ms + 700
    history.wait(700)
    touched = history.world.touched_at(NODE, "transponder")
    assert history.planned().plan.actions == (
        Look(NODE, "stream", "due", touched),
        Look(NODE, "transponder", "due", touched),
    )


def test_a_moment_without_a_daemon_takes_every_look_as_fresh():
    world = running(*LINES).world
    assert all_fresh(world, 7) == dict.fromkeys(world.fresh, LastLook(world.position, 7, 7))
