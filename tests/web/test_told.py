"""Entries as sentences."""

import pytest

from orchestrator.codec import TAGS
from orchestrator.web.told import TELLERS, told

HOOK = {"name": "show", "status": "FAILED", "info": "x " * 200, "mediaSessionId": "s-1"}
ITEM = {
    "key": "transponder/a",
    "place": {"file": "state/a.yaml", "line": 3},
    "spec": {"streamName": "show", "muted": False, "sound": None},
}


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("HookReceived", {"node": "wcs1", "method": "connect", "body": {}}, "wcs1 posts connect"),
        ("HookReceived", {"node": "wcs1", "method": "x", "body": HOOK},
         "wcs1 posts x stream show is FAILED (" + "x " * 79 + "x…) [s-1]"),
        ("HookReceived", {"node": "wcs1", "method": "x", "body": 7}, "wcs1 posts x"),
        ("HookReceived", {"node": "wcs1", "method": "connect", "body": {}, "duplicateOf": 7},
         "wcs1 posts connect again, as in 7"),
        ("HookAnswered", {"method": "connect", "status": 200, "decision": "forwarded"},
         "the application server answers 200 to connect"),
        ("HookAnswered", {"method": "connect", "status": 403, "decision": "overruled"},
         "the application server says 403 to connect, where a rule decides"),
        ("HookAnswered", {"method": "connect", "decision": "allow", "rule": "r",
                          "place": {"file": "rules/a.yaml", "line": 2}, "error": "no name"},
         "rule r (rules/a.yaml:2) allows connect, since it fails: no name"),
        ("HookAnswered", {"method": "publishStream", "decision": "allow", "rule": "r",
                          "place": None, "overwrite": {"name": "x", "a": [1]}},
         "rule r (None:None) allows publishStream with a [1], name x"),
        ("RulesLoaded", {"items": [{"name": "a"}, {"name": "b"}], "removed": ["c"],
                         "tables": [{"name": "t"}], "tablesRemoved": ["u"]},
         "rules taken: a, b; rules gone: c; tables taken: t; tables gone: u"),
        ("HookAnswered", {"method": "connect", "status": 403, "decision": "deny", "error": "gone"},
         "connect is answered 403 (deny): gone"),
        ("HooksLost", {"node": "wcs1", "count": 3, "sinceMs": 1_000},
         ("3 hooks of wcs1 were answered and not written down, "
          "the first at 1970-01-01T00:00:01.000Z")),
        ("Looked", {"node": "wcs1", "kind": "stream"},
         "a look at the streams of wcs1: as known"),
        ("Looked",
         {"node": "wcs1", "kind": "stream", "appeared": [{"natural": "n", "fields": {"name": "a"}}],
          "changed": [{"natural": "b"}], "vanished": list("cdefg"), "doubted": ["h"]},
         ("a look at the streams of wcs1: appeared: a; changed: b; vanished: c, d, e and 2 more; "
          "doubted: h")),
        ("ActionStarted", {"action": "create", "method": "/m", "node": "wcs1"},
         "create leaves: /m to wcs1"),
        ("ActionStarted", {"action": "delete", "method": "/m", "node": "wcs1", "natural": "n"},
         "delete of n leaves: /m to wcs1"),
        ("ActionFinished", {"action": "create", "method": "/m", "node": "wcs1", "status": 500,
                            "error": "no"}, "wcs1 answers 500 to /m (create): no"),
        ("ActionFinished", {"action": "create", "method": "/m", "node": "wcs1", "status": 200,
                            "made": "m-1"}, "wcs1 answers 200 to /m (create), made m-1"),
        ("ActionFailed", {"action": "create", "error": "/m was not sent", "withdrawn": True},
         "create is withdrawn: /m was not sent"),
        ("ActionFailed", {"action": "create", "method": "/m", "error": "gone", "reached": True},
         "/m (create) got no answer, it may have had its effect: gone"),
        ("ActionFailed", {"action": "create", "method": "/m", "error": "gone", "reached": False},
         "/m (create) got no answer, it never left: gone"),
        ("StateLoaded", {"items": [ITEM]},
         "state/a.yaml:3 declares transponder/a: streamName: show"),
        ("StateLoaded", {"items": [{**ITEM, "enabled": False}]},
         "state/a.yaml:3 declares transponder/a as disabled: streamName: show"),
        ("StateLoaded", {"removed": ["transponder/a"]}, "the line of transponder/a is gone"),
        ("StateLoaded", {"items": [{"key": "x"}], "removed": ["y"]},
         "state declares x and drops y"),
        ("ConfigurationLoaded", {"configuration": {"nodes": {"b": {}, "a": {}}}},
         "configuration with the nodes a, b"),
        ("DocumentRejected", {"file": "f", "line": 1, "column": 2, "message": "bad"},
         "f:1:2 is refused: bad"),
        ("DocumentAccepted", {"file": "f"}, "f is well again"),
        ("Adopted", {"natural": "n"}, "n runs already and is ours from now, without a call"),
        ("Forgotten", {"key": "k/n", "node": "wcs1"}, "k/n on wcs1 is let go"),
        ("Parked", {"attempts": 10, "message": "no"}, "after 10 attempts it is tried slowly: no"),
        ("PlanHeld", {"hold": "h-1", "message": "too much", "members": [1, 2]},
         "2 steps are held under h-1: too much"),
        ("PlanApproved", {"hold": "h-1"}, "the held set h-1 may go on"),
        ("NodeLost", {"node": "wcs1", "message": "no"}, "wcs1 cannot be reached: no"),
        ("NodeFound", {"node": "wcs1"}, "wcs1 answers again"),
        ("NodeRestarted", {"node": "wcs1", "message": "all gone"},
         "wcs1 has restarted: all gone"),
        ("OperatorAsked", {"verb": "reload", "arguments": {}}, "reload"),
        ("OperatorAsked", {"verb": "approve", "arguments": {"hold": "h-1"}, "reason": "fine"},
         "approve h-1 because “fine”"),
        ("DaemonStarted", {"version": "1"}, "the daemon 1 starts"),
        ("DaemonStopped", {"reason": "asked to"}, "the daemon ends: asked to"),
        ("TailLost", {"position": 7}, "acknowledged entries up to 7 are lost"),
        ("ClockStepped", {"byMs": 5000}, "the wall clock was set by 5000 ms"),
        ("Checkpoint", {}, "a segment begins with the whole world"),
        ("FromTheFuture", {"a": 1, "b": ""}, "a: 1"),
        ("FromTheFuture", {}, "FromTheFuture"),
    ],
)  # fmt: skip
def test_each_entry_is_a_sentence(kind, body, said):
    assert told(kind, body, "transponder/a") == said


def test_every_type_has_a_sentence_that_needs_nothing():
    assert set(TELLERS) == set(TAGS)
    assert all(told(kind, {}) for kind in TAGS)
