"""Who is connected: from connect to the end, within a bound, and never beyond a node's restart."""

from orchestrator.core import ruled
from orchestrator.core.document import RulesLoaded
from orchestrator.core.event import HookAnswered, HookReceived, NodeRestarted
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Admit, Decision
from tests.core.history import NODE, History


def connect(number, node=NODE):
    return HookReceived(node, "connect", Map(sessionId=f"s{number}", login="anna"))


def told(number, status):
    body = Map(sessionId=f"s{number}", status=status)
    return HookReceived(NODE, "ConnectionStatusEvent", body)


def sessions(history, node=NODE):
    return sorted(history.world.connections.get(node, ()))


def test_a_session_is_there_until_it_ends():
    history = History().happen(connect(1), connect(2), connect(3))
    history.happen(told(1, "ESTABLISHED"), told(2, "DISCONNECTED"), told(3, "FAILED"), told(9, "x"))
    assert sessions(history) == ["s1"]
    history.happen(told(1, "FAILED"))
    assert dict(history.world.connections) == {}


def test_one_that_was_refused_never_began():
    history = History().happen(connect(1), connect(2))
    refused = HookAnswered(NODE, "connect", 403, "deny", "connection/s2")
    history.happen(refused, cause=2)
    assert sessions(history) == ["s1"]
    history.happen(refused, cause=77)
    history.happen(HookAnswered(NODE, "connect", 200, "allow", "connection/s1"), cause=1)
    assert sessions(history) == ["s1"]


def test_a_restart_ends_them_all_on_its_node_only():
    history = History().happen(connect(1), connect(2, "wcs2"), NodeRestarted(NODE, "gone"))
    assert (sessions(history), sessions(history, "wcs2")) == ([], ["s2"])


def test_the_longest_there_make_room(monkeypatch):
    monkeypatch.setattr(ruled, "CONNECTIONS_MAX", 8)
    history = History()
    for number in range(9):
        history.happen(connect(number))
    assert sessions(history) == [f"s{number}" for number in range(2, 9)]


def asks(number):
    body = Map(sessionId="s", mediaSessionId=f"m{number}", name="a")
    return HookReceived(NODE, "publishStream", body)


def test_what_asks_to_be_published_is_bounded_and_forgotten_in_time(monkeypatch):
    monkeypatch.setattr(ruled, "ASKING_MAX", 4)
    history = History().happen(asks(1))
    assert dict(history.world.asking) == {}  # no rule is asked about it
    rule = Admit("r", Place("rules/a.yaml", 1, 1), ("publishStream",), Decision.ALLOW)
    history.happen(RulesLoaded((rule,)), asks(1), asks(2))
    history.wait(ruled.ASKED_MS + 1).happen(asks(3), asks(4), asks(5))
    assert sorted(history.world.asking[NODE]) == ["m3", "m4", "m5"]
    history.happen(asks(6), asks(7))
    assert sorted(history.world.asking[NODE]) == ["m4", "m5", "m6", "m7"]
    for number in (4, 5, 6, 7, 8):
        body = Map(mediaSessionId=f"m{number}", status="FAILED")
        history.happen(HookReceived(NODE, "StreamStatusEvent", body))
    assert dict(history.world.asking) == {}
    history.happen(asks(9))
    refused = HookAnswered(NODE, "publishStream", 403, "deny", "stream/a")
    history.happen(refused, cause=3)
    assert sorted(history.world.asking[NODE]) == ["m9"]
    history.happen(refused, cause=history.world.asking[NODE]["m9"].position)
    assert dict(history.world.asking) == {}
