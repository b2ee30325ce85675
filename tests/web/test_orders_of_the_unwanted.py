"""What verbs mean in a world, where the daemon's tests do not go."""

import json

from orchestrator.core.http import Reply
from orchestrator.core.mapping import EMPTY
from orchestrator.core.order import Verb
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.orders import Ordered, ordered
from tests.core.history import History, key, line, running


def asked(history, verb, *names, **more):
    return ordered(verb, {"names": list(names), **more}, history.world, KINDS, history.now_ms)


def test_what_is_disabled_cannot_be_restarted():
    found = asked(History().configure().load(line("a", enabled=False)), "restart", "a")
    assert isinstance(found, Reply)
    assert json.loads(found.body) == {
        "error": "transponder/a is not wanted anywhere: declare or enable it"
    }


def test_what_has_no_line_is_let_go_and_not_taken_back():
    history = running(line("a", protect=True)).load(removed=("a",))
    found = asked(history, "forget", "a")
    assert isinstance(found, Ordered)
    assert json.loads(asked(history, "adopt", "a").body)["error"].startswith("transponder/a: noth")
    history.happen(*found.events)
    assert (history.world.orders, history.world.owned) == (EMPTY, EMPTY)


def test_what_is_forgotten_and_gone_is_taken_back_without_an_event():
    history = running(line("a"))
    history.happen(*asked(history, "forget", "a").events)
    assert history.world.orders[key("a")].verb is Verb.FORGET
    history.wait(6_000).looked()
    found = asked(history, "adopt", "a")
    assert (found.resources, found.events) == (("transponder/a",), ())
