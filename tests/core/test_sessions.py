"""Who is connected: from connect to the end, within a bound, and never beyond a node's restart."""

from orchestrator.core import ruled
from orchestrator.core.event import HookAnswered, HookReceived, NodeRestarted
from orchestrator.core.mapping import Map
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
