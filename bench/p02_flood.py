"""P2: a flood of hooks against the real daemon on two emulated nodes, and the rest that follows it.

Each hook is about a stream of a guest that comes and goes: every third asks whether it may be
published, which 50 rules with a table are asked in turn, the others are news. Beside it stand 1,000
declared transponders, of which 40 run. A hook is counted when it is answered 200. Afterwards nobody
sends: no node may get a changing call, and the log may not grow.
"""

import http.client
import json
import sqlite3
import tempfile
import threading
import time

from bench.machine import cpu_s, rss_mib, sync_s
from bench.result import Result
from tests.system.system import TOKEN, System, eventually

NODES = ("wcs1", "wcs2")
RESOURCES = 1_000
PUBLISHED = 20  # of the streams, on each node
SENDERS = 16
RULES = 50
SECONDS, REST_S, RATE = 60, 120, 500
ABOUT = __doc__
GOAL = "all acknowledged and kept, quiet afterwards; p99 at most 10 ms and three syncs"


def measure():
    """Return what the flood and the rest after it did to senders, memory and log."""
    with tempfile.TemporaryDirectory() as folder, System(folder, nodes=NODES) as system:
        system.declare(
            **{
                f"t{number:04}": {
                    "node": NODES[number % 2],
                    "streamName": f"s{number:04}",
                    "rtmpUrl": f"rtmp://target{number}.lan/live",
                }
                for number in range(RESOURCES)
            }
        )
        system.rule(*_rules())
        system.run()
        system.emulate()
        for number in range(2 * PUBLISHED):
            system.publish(f"s{number:04}", NODES[number % 2])
        eventually(lambda: all(len(system.transponders(n)) == PUBLISHED for n in NODES), 60)
        figures = _flood(system, SECONDS, RATE)
        eventually(lambda: _is_quiet(system), 120, 1)
        figures |= _rest(system, REST_S)
        code, said, err = system.command("log", "verify", within_s=300)
        figures["log verify"] = said.split(";")[0].strip() if code == 0 else f"FAILED: {err}"
        size = sum(path.stat().st_size for path in system.log.iterdir())
        figures["log on disk"] = f"{size / 2**20:.0f} MiB"
    sync_ms = sync_s() * 1000
    p99 = float(figures["wait p99"].split()[0])
    rows = tuple((name, str(figure)) for name, figure in figures.items())
    is_met = _is_good(figures, code) and p99 <= 10 + 3 * sync_ms
    return Result(GOAL, (*rows, ("a sync", f"{sync_ms:.2f} ms")), is_met)


class Sender(threading.Thread):
    """One connection that sends on time, whatever the answers take."""

    def __init__(self, system, index, until, per_s):
        super().__init__()
        self.system, self.index, self.until, self.per_s = system, index, until, per_s
        self.waits, self.statuses, self.late = [], {}, 0.0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.system.hook_port, timeout=30)
        due = time.monotonic() + self.index / self.per_s / SENDERS
        number = 0
        while due < self.until:
            now = time.monotonic()
            time.sleep(max(0.0, due - now))
            self.late = max(self.late, now - due)
            node, body = _hook(self.index, number)
            began = time.monotonic()
            method = "publishStream" if number % 3 == 0 else "StreamStatusEvent"
            connection.request("POST", f"/hooks/{node}/{TOKEN}/{method}", body)
            response = connection.getresponse()
            response.read()
            self.waits.append(time.monotonic() - began)
            self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
            number += 1
            due += 1 / self.per_s
        connection.close()


def _rules():
    """Return rules of which none matches what the senders ask, but for the last."""
    rules = {
        f"r{number:02}": {
            "admit": ["publishStream"],
            "where": f'hook.appKey == "app-{number}" && hook.name.startsWith("studio-{number}-")'
            " && streams.exists(one, one.name == hook.name)",
            "decide": "deny",
        }
        for number in range(RULES - 1)
    }
    known = {"where": "hook.name in tables.guests", "decide": "allow", "admit": ["publishStream"]}
    rules["r99"] = known
    guests = {f"guest-{index}-{life}": index for index in range(SENDERS) for life in range(50)}
    return {"rules": rules, "tables": {"guests": {"file": "guests.json"}}}, {"guests.json": guests}


def _hook(index, number):
    """Return node and body of a hook: a short life of a stream that nothing is declared for."""
    life, step = divmod(number, 3)
    node = NODES[index % 2]
    status = ("PENDING", "PUBLISHING", "UNPUBLISHED")[step]
    return node, json.dumps(
        {
            "nodeId": f"flood@{node}",
            "appKey": "defaultApp",
            "sessionId": f"flood-{index}",
            "mediaSessionId": f"flood-{index}-{life}",
            "name": f"guest-{index}-{life % 50}",
            "published": True,
            "hasVideo": True,
            "hasAudio": True,
            "status": status,
            "sdp": "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n" * 8,
            "mediaProvider": "WebRTC",
            "custom": {"delivery": f"{index}-{number}"},
        }
    )


def _flood(system, seconds, rate):
    before = system.position()
    began = time.monotonic()
    senders = [Sender(system, i, began + seconds, rate / SENDERS) for i in range(SENDERS)]
    for sender in senders:
        sender.start()
    memory = []
    while any(sender.is_alive() for sender in senders):
        memory.append((time.monotonic() - began, rss_mib(system.daemon.pid)))
        time.sleep(0.5)
    lasted = time.monotonic() - began
    cpu = cpu_s(system.daemon.pid)
    waits = sorted(wait for sender in senders for wait in sender.waits)
    statuses = {}
    for sender in senders:
        for status, count in sender.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    half = [point for point in memory if point[0] > seconds / 2]
    return {
        "hooks sent": len(waits),
        "answered 200": statuses.get(200, 0),
        "rate": f"{len(waits) / lasted:.0f}/s",
        "positions that it took": system.position() - before,
        "in the log": _kept(system),
        "wait p50": f"{waits[len(waits) // 2] * 1000:.1f} ms",
        "wait p99": f"{waits[int(len(waits) * 0.99)] * 1000:.1f} ms",
        "wait max": f"{waits[-1] * 1000:.0f} ms",
        "senders late at most": f"{max(s.late for s in senders) * 1000:.0f} ms",
        "RSS at begin, middle, end": " / ".join(
            f"{memory[i][1]:.0f}" for i in (0, len(memory) // 2, -1)
        ) + " MiB",
        "RSS slope, whole": f"{_slope(memory) * 60:+.1f} MiB/min",
        "RSS slope, second half": f"{_slope(half) * 60:+.1f} MiB/min",
        "CPU of the daemon since its start": f"{cpu:.0f} s",
    }  # fmt: skip


def _kept(system):
    """Return how many different deliveries the log holds."""
    seen = set()
    for path in sorted(system.log.glob("*.sqlite*")):
        if not path.name.endswith(("-wal", "-shm", "-journal")):
            seen |= _deliveries(path)
    return len(seen)


def _deliveries(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        bodies = connection.execute("select body from entries where type='HookReceived'")
        return {
            found for (body,) in bodies
            if (found := json.loads(body).get("body", {}).get("custom", {}).get("delivery"))
        }  # fmt: skip
    finally:
        connection.close()


def _is_quiet(system):
    before = system.position()
    time.sleep(2)
    return system.position() == before


def _rest(system, seconds):
    positions = system.position()
    marks = {node: _newest(system, node) for node in NODES}
    memory = rss_mib(system.daemon.pid)
    cpu = cpu_s(system.daemon.pid)
    time.sleep(seconds)
    calls = [call for node in NODES for call in system.mutations(node, marks[node])]
    return {
        "at rest: changing calls": len(calls),
        "at rest: positions gained": system.position() - positions,
        "at rest: CPU": f"{(cpu_s(system.daemon.pid) - cpu) / max(seconds, 1) * 100:.1f} %",
        "at rest: RSS before and after": f"{memory:.0f} / {rss_mib(system.daemon.pid):.0f} MiB",
    }


def _newest(system, node):
    entries = system.journal(node)
    return entries[-1]["number"] if entries else 0


def _slope(points):
    """Return the rise per second of the straight line through points."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def _is_good(figures, code):
    return (
        code == 0
        and figures["hooks sent"] == figures["answered 200"] == figures["in the log"]
        and not figures["at rest: changing calls"]
        and not figures["at rest: positions gained"]
    )
