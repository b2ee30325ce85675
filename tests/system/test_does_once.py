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
