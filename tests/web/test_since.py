"""Since when a resource is as it is: an order, an end and a loss each have their own time."""

from orchestrator.core.event import Forgotten, NodeLost, OperatorAsked
from orchestrator.core.mapping import Map
from tests.core.history import NODE, URL, key, line, listed, published, running
from tests.web.asking import asked


def told(history):
    """Return the phase of `a` and since when, in seconds since its history began."""
    _, (row,) = asked(history, "/api/v1/resources", "name=a")
    minutes, seconds = row["since"].removeprefix("1970-01-01T00:").removesuffix("Z").split(":")
    return row["phase"], int(minutes) * 60 + float(seconds) - 1000


def order(history, verb, **more):
    return history.happen(OperatorAsked(verb, Map({"resources": ("transponder/a",), **more})))


def test_what_is_paused_is_so_since_the_order_whatever_happens_to_it():
    history = order(running(line("a")).wait(9_000), "pause").wait(5_000)
    assert told(history) == ("Paused", 10)
    history.look("transponder")
    assert told(history) == ("Paused", 10)


def test_what_is_stopped_is_so_since_it_ended():
    history = order(running(line("a")).wait(9_000), "stop").wait(1_000)
    history.look("transponder", listed("m-a"))
    assert told(history) == ("Stopping", 10)
    history.act("a")
    history.wait(2_000).look("transponder")
    assert told(history) == ("Stopped", 13)


def test_what_was_let_go_is_held_since_then():
    history = running(line("a")).wait(9_000)
    history.happen(Forgotten(NODE, key("a"), "rtmp_show " + URL, "m-a"))
    assert told(history) == ("Held", 10)


def test_what_waits_for_a_stream_does_so_since_the_stream_went():
    history = running(line("a")).wait(9_000).unpublish().wait(4_000)
    history.look("transponder")
    assert told(history) == ("Waiting", 14)
    history.publish("s-2").wait(1_000).unpublish("s-2").wait(1_000)
    assert told(history) == ("Waiting", 15)


def test_what_cannot_be_seen_is_unknown_since_its_node_was_lost():
    history = running(line("a")).wait(9_000).happen(NodeLost(NODE, "no answer"))
    assert told(history) == ("Unknown", 10)


def test_what_is_adopted_again_after_a_letting_go_is_ready_since_then():
    history = running(line("a")).wait(9_000)
    history.happen(Forgotten(NODE, key("a"), "rtmp_show " + URL, "m-a")).wait(1_000)
    order(history, "adopt").wait(1_000)
    history.load(line("a", url=f"{URL}9"))
    history.look("stream", published("s-1"))
    history.look("transponder", listed("m-a"))
    history.act("a", made="m-9")
    history.wait(1_000).look("transponder", listed("m-a"), listed("m-9", url=f"{URL}9"))
    assert told(history) == ("Ready", 13)
