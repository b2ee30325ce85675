"""A daemon that is killed again and again while hooks pour in.

Promise 1: what got 200 is in the log. And of what the daemon did itself nothing is done twice.
"""

import http.client
import json
import sqlite3
import threading
import time
from collections import Counter

import pytest

from orchestrator.core.filter import Filter
from orchestrator.shell.log.read import read_rows
from tests.system.system import TOKEN, URL, eventually

SENDERS = 8
PER_S = 200
TARGETS = 12
ALIVE_S = (0.1, 0.7)


class Sender(threading.Thread):
    """One connection that is kept alive as long as the other end lives."""

    def __init__(self, system, index, ended):
        super().__init__(daemon=True)
        self.system, self.index, self.ended = system, index, ended
        self.taken, self.refused, self.lost = [], Counter(), 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.system.hook_port, timeout=10)
        number = 0
        due = time.monotonic()
        while not self.ended.is_set():
            due = max(due + SENDERS / PER_S, time.monotonic() - 0.2)
            self.ended.wait(max(0.0, due - time.monotonic()))
            delivery = f"{self.index}-{number}"
            number += 1
            try:
                connection.request("POST", f"/hooks/wcs1/{TOKEN}/StreamStatusEvent", hook(delivery))
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.lost += 1
                connection.close()
                continue
            if response.status == 200:
                self.taken.append(delivery)
            else:
                self.refused[response.status] += 1
        connection.close()


def hook(delivery):
    """Return a hook of a guest's stream; it concerns nothing that is declared."""
    return json.dumps(
        {
            "nodeId": "n@127.0.0.1",
            "appKey": "defaultApp",
            "sessionId": f"session-{delivery}",
            "mediaSessionId": f"media-{delivery}",
            "name": f"guest-{delivery}",
            "published": True,
            "status": "UNPUBLISHED",
            "mediaProvider": "WebRTC",
            "custom": {"delivery": delivery},
        }
    )


def deliveries(system):
    """Return how often each delivery stands in the log."""
    found = Counter()
    for path in sorted(system.log.glob("*.sqlite")):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for (body,) in connection.execute("select body from entries where type = 'HookReceived'"):
            found[json.loads(body)["body"].get("custom", {}).get("delivery")] += 1
        connection.close()
    return found


def kill_under_load(system, kills, figure, within_s=3600):
    targets = {f"t{number:02}": ("show", f"{URL}{number:02}") for number in range(TARGETS)}
    system.declare(**targets)
    system.emulate("--publish", "wcs1/show", hooks=None)
    system.run()
    eventually(lambda: len(system.transponders()) == TARGETS, 20)
    ended = threading.Event()
    senders = [Sender(system, index, ended) for index in range(SENDERS)]
    for sender in senders:
        sender.start()
    began = time.monotonic()
    starts = []
    try:
        for number in range(kills):
            if time.monotonic() - began > within_s:
                break
            low, high = ALIVE_S
            ended.wait(low + (high - low) * (number * 7 % kills) / kills)
            # Work under way in the moment of the kill: one target changes, one is lost.
            turning = f"t{number % TARGETS:02}"
            targets[turning] = ("show", f"{URL}{turning}-{number}")
            system.declare(**targets)
            system.pull("transponder/vanish", streamName="show")
            system.kill()
            starting = time.monotonic()
            system.run()
            starts.append(time.monotonic() - starting)
    finally:
        ended.set()
        for sender in senders:
            sender.join(30)
    lasted_s = time.monotonic() - began
    system.wait_transponders(*targets.values(), within_s=20)
    system.wait_phase(**dict.fromkeys(targets, "Ready"))
    assert system.stop()[0] == 0

    taken = [delivery for sender in senders for delivery in sender.taken]
    refused = sum((sender.refused for sender in senders), Counter())
    kept = deliveries(system)
    missing = [delivery for delivery in taken if not kept[delivery]]
    positions = [row.position for row in read_rows(system.log, Filter())]
    code, verified, err = system.command("log", "verify", within_s=120)
    twice, came = system.started_twice()
    starts.sort()
    ready_s = starts[int(len(starts) * 0.99)]
    per_s = len(taken) / (lasted_s - sum(starts))
    figure(
        f"T03: {len(starts)} kills in {lasted_s:.0f} s: {len(taken)} hooks answered 200, "
        f"{per_s:.0f} per second while it was up, {len(missing)} of them missing, "
        f"{sum(s.lost for s in senders)} without an answer, {dict(refused)} refused; "
        f"{len(positions)} positions; {sum(came.values())} starts of transponders, {len(twice)} "
        f"twice; ready again after {starts[len(starts) // 2]:.2f} s, p99 {ready_s:.2f} s"
    )
    assert missing == []
    assert [delivery for delivery in taken if kept[delivery] > 1] == []
    assert positions == list(range(1, len(positions) + 1))
    assert code == 0, err
    assert f"{len(positions)} entries verify" in verified
    assert twice == []
    assert conflicts(system) == []
    assert len(taken) > len(starts) * 10


def conflicts(system):
    """Return the starts that the node refused because an equal transponder was there."""
    return [
        entry["number"]
        for entry in system.journal()
        if (entry["kind"], entry["what"], entry["status"]) == ("answer", "/push/startup", 409)
    ]


@pytest.mark.slow
def test_t03_ten_kills_lose_no_hook_and_start_nothing_twice(system, figure):
    kill_under_load(system, 10, figure)


@pytest.mark.nightly
def test_t03_as_many_of_a_thousand_kills_as_nine_minutes_hold_lose_no_hook(system, figure):
    kill_under_load(system, 1_000, figure, within_s=540)
