"""Which resources an order means, and which orders are refused."""

import json

import pytest

from orchestrator.core.event import OperatorAsked
from orchestrator.core.mapping import Map
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.orders import Ordered, ordered
from tests.core.history import URL, begun, line, listed, running

NEWS = Map({"show": "news"})


def stage():
    """Return a history with two lines of one label, `a` and `b`, both running."""
    history = begun(line("a", labels=NEWS), line("b", url=f"{URL}2", labels=NEWS))
    for name in ("a", "b"):
        history.act(name, made=f"m-{name}")
    return history


def order(history, verb, *names, **more):
    """Carry out an order; return what it is for, or the refusal."""
    body = {"names": list(names), **more}
    found = ordered(verb, body, history.world, KINDS, history.now_ms)
    if isinstance(found, Ordered):
        history.happen(OperatorAsked(found.verb, found.arguments), *found.events)
        return found.resources
    return found.status, json.loads(found.body)["error"]


def test_what_is_named_twice_is_meant_once():
    resources = order(stage(), "restart", "b", "a", "transponder/a", labels=["show=news"])
    assert resources == ("transponder/b", "transponder/a")


def test_a_pause_does_not_take_the_place_of_a_stop():
    history = stage()
    order(history, "stop", "a", forMs=60_000)
    message = "transponder/a is stopped and stays so: `orchestrator start transponder/a` ends that"
    assert order(history, "pause", "b", "a") == (409, f"{message} first")
    assert order(history, "pause", labels=["show=news"]) == ("transponder/b",)
    history.wait(60_000)
    assert order(history, "pause", "a") == ("transponder/a",)


@pytest.mark.parametrize("verb", ["stop", "start", "pause", "resume", "restart"])
def test_only_adopt_ends_a_letting_go(verb):
    history = stage()
    order(history, "forget", "a", "b")
    message = "transponder/a was let go: `orchestrator adopt transponder/a` takes it back first"
    assert order(history, verb, "a") == (409, message)
    assert order(history, verb, labels=["show=news"]) == (409, message)
    assert order(history, "forget", "a") == ("transponder/a",)
    assert order(history, "adopt", "a") == ("transponder/a",)
    assert order(history, verb, "a") == ("transponder/a",)


def test_what_a_stranger_runs_is_restarted_only_when_it_is_adopted():
    history = begun(line("a", labels=NEWS, muted=True))
    history.look("transponder", listed("m-1"))
    message = "transponder/a: what runs there is a stranger's: `orchestrator adopt transponder/a`"
    assert order(history, "restart", "a") == (409, f"{message} first")
    assert order(history, "adopt", "a") == ("transponder/a",)
    assert order(history, "restart", "a") == ("transponder/a",)


def test_a_label_passes_over_what_an_order_cannot_be_for():
    history = begun(
        line("a", labels=NEWS, muted=True),
        line("b", url=f"{URL}2", labels=NEWS),
        line("c", url=f"{URL}3", labels=NEWS, enabled=False),
    )
    history.look("transponder", listed("m-1"))
    assert order(history, "restart", labels=["show=news"]) == ("transponder/b",)
    assert order(history, "adopt", labels=["show=news"]) == ("transponder/a",)
    message = "transponder/c is not wanted anywhere: declare or enable it"
    assert order(history, "restart", "c") == (409, message)


def test_what_has_lost_its_line_can_neither_be_restarted_nor_adopted():
    history = running(line("a", protect=True)).load(removed=("a",))
    message = "transponder/a is not wanted anywhere: declare or enable it"
    assert order(history, "restart", "a") == (409, message)
    message = "transponder/a: nothing is there that could be adopted"
    assert order(history, "adopt", "a") == (409, message)


def test_thousands_of_names_are_found_in_one_pass():
    names = [f"t{number}" for number in range(3_000)]
    history = begun(*(line(name, url=f"{URL}/{name}") for name in names))
    assert order(history, "restart", *names) == tuple(f"transponder/{name}" for name in names)


def test_a_time_that_nobody_sees_end_is_refused():
    message = "stop: `for` is 36500d at most; leave it out"
    assert order(stage(), "stop", "a", forMs=36_500 * 86_400_000 + 1) == (400, message)
