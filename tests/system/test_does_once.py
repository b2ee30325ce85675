"""A daemon that is killed while its rules call a node: every hook has its one call, or none.

A call whose intent is in the log and whose outcome is not may have left or not, and never leaves
again.
"""

import http.client
import json
import threading
from collections import Counter

import pytest

from tests.system.system import TOKEN, eventually

RULES = {
    "rules": {
        "echo": {
            "upon": ["StreamEvent"],
            "atMost": "10000/1m",
            "do": [
                {
                    "call": "/data/send",
                    "with": {
                        "sessionId": "${hook.sessionId}",
                        "operationId": "${hook.type}",
                        "payload": {"at": "${event.position}"},
                    },
                }
            ],
        }
    }
}
PER_S = 40


class Poster(threading.Thread):
    """Posts hooks, each of its own type, whoever listens."""

    def __init__(self, system, ended):
        super().__init__(daemon=True)
        self.system, self.ended, self.taken = system, ended, []

    def run(self):
        number = 0
        while not self.ended.wait(1 / PER_S):
            number += 1
            body = json.dumps({"sessionId": "s", "mediaSessionId": "m", "type": f"e{number}"})
            connection = http.client.HTTPConnection("127.0.0.1", self.system.hook_port, timeout=10)
            try:
                connection.request("POST", f"/hooks/wcs1/{TOKEN}/StreamEvent", body)
                if connection.getresponse().status == 200:
                    self.taken.append(f"e{number}")
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()


def kill_while_calling(system, kills, figure):
    system.rule(RULES, {})
    system.emulate(hooks=None)
    system.run()
    ended = threading.Event()
    poster = Poster(system, ended)
    poster.start()
    try:
        for number in range(kills):
            ended.wait(0.1 + 0.6 * (number * 7 % kills) / kills)
            system.kill()
            system.run()
    finally:
        ended.set()
        poster.join(30)
    eventually(lambda: not open_errands(system), 20)
    entries = system.entries("HookReceived", "RuleFired", "ActionStarted", "ActionFinished")
    heard = [one for one in entries if one["type"] == "HookReceived"]
    fired = {one["position"]: one["cause"] for one in entries if one["type"] == "RuleFired"}
    started = {one["position"]: one["cause"] for one in entries if one["type"] == "ActionStarted"}
    ended_well = {one["cause"] for one in entries if one["type"] == "ActionFinished"}
    types = {one["position"]: one["data"]["body"]["type"] for one in heard}
    sent = Counter(
        one["detail"]["body"]["operationId"]
        for one in system.journal()
        if (one["kind"], one["what"]) == ("rest", "/data/send")
    )
    unsure = {
        types[fired[cause]] for position, cause in started.items() if position not in ended_well
    }
    figure(
        f"rules that call: {kills} kills, {len(heard)} hooks, {len(started)} calls begun, "
        f"{len(unsure)} of them with no outcome in the log, {sum(sent.values())} seen by the node, "
        f"{sum(count > 1 for count in sent.values())} of them twice"
    )
    assert set(poster.taken) <= set(types.values())
    assert sorted(fired.values()) == sorted(types)
    assert sorted(started.values()) == sorted(fired)
    assert [one for one in sent if sent[one] > 1] == []
    assert set(types.values()) - set(sent) <= unsure


def open_errands(system):
    """Return the calls that are in the log, and whose intent is not."""
    entries = system.entries("RuleFired", "ActionStarted")
    begun = {one["cause"] for one in entries if one["type"] == "ActionStarted"}
    return [one for one in entries if one["type"] == "RuleFired" and one["position"] not in begun]


@pytest.mark.slow
def test_eight_kills_leave_each_hook_its_one_call(system, figure):
    kill_while_calling(system, 8, figure)


@pytest.mark.nightly
def test_fifty_kills_leave_each_hook_its_one_call(system, figure):
    kill_while_calling(system, 50, figure)


MANY = {
    "rules": {
        "many": {
            "upon": ["StreamEvent"],
            "forEach": "[" + ", ".join(map(str, range(40))) + "]",
            "do": [
                {
                    "call": "/data/send",
                    "with": {"sessionId": "s", "operationId": "n${item}", "payload": {"a": 1}},
                }
            ],
        }
    }
}


def queued(system):
    """Have forty calls wait for a node that takes its time over each."""
    system.configure(nodes=with_limits(system, {"parallel": 1, "perSecond": 20}))
    system.rule(MANY, {})
    system.emulate(hooks=None)
    system.run()
    body = {"sessionId": "s", "mediaSessionId": "m", "type": "go"}
    assert system.hook(body, "StreamEvent")[0] == 200
    eventually(lambda: sent(system), 10)


def with_limits(system, limits):
    return {name: {**node, "limits": limits} for name, node in system.values["nodes"].items()}


def sent(system):
    """Return the operations that the node was told, in order."""
    return [
        one["detail"]["body"]["operationId"]
        for one in system.journal()
        if (one["kind"], one["what"]) == ("rest", "/data/send")
    ]


def test_calls_that_wait_outlive_an_orderly_end(system):
    queued(system)
    assert system.stop()[0] == 0
    before = sent(system)
    assert len(before) < 40
    begun = [one for one in system.entries("ActionStarted") if one["actor"] == "rule:many"]
    assert len(begun) == len(before)
    system.run()
    eventually(lambda: len(sent(system)) == 40, 20)
    assert sorted(sent(system)) == sorted(f"n{number}" for number in range(40))


def test_calls_that_wait_outlive_a_node_that_is_set_up_anew(system):
    queued(system)
    system.configure(nodes=with_limits(system, {"parallel": 2, "perSecond": 20}))
    assert system.command("reload")[0] == 0
    eventually(lambda: len(set(sent(system))) >= 39, 20)
    eventually(lambda: not open_errands(system), 20)
    entries = system.entries("ActionStarted", "ActionFinished", "ActionFailed")
    causes = {one["cause"] for one in entries if one["type"] != "ActionStarted"}
    started = [one["position"] for one in entries if one["type"] == "ActionStarted"]
    assert set(started) <= causes
    assert max(Counter(sent(system)).values()) == 1
    assert system.stop()[0] == 0
