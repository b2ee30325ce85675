"""A flood of hooks against the real daemon on two emulated nodes, and the rest that follows it.

Each hook is news of a stream of a guest that comes and goes, beside 1,000 declared transponders of
which 40 run; it is counted when it is answered 200. Afterwards nobody sends: no node may get a
changing call, and the log may not grow.
"""

import argparse
import http.client
import json
import os
import platform
import sqlite3
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

from tests.system.system import TOKEN, System, eventually

NODES = ("wcs1", "wcs2")
RESOURCES = 1_000
PUBLISHED = 20  # of the streams, on each node
SENDERS = 16
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(arguments):
    options = _options(arguments)
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
        system.run()
        system.emulate()
        for number in range(2 * PUBLISHED):
            system.publish(f"s{number:04}", NODES[number % 2])
        eventually(lambda: all(len(system.transponders(n)) == PUBLISHED for n in NODES), 60)
        figures = _flood(system, options.seconds, options.rate)
        eventually(lambda: _is_quiet(system), 120, 1)
        figures |= _rest(system, options.rest)
        code, said, err = system.command("log", "verify", within_s=300)
        figures["log verify"] = said.split(";")[0].strip() if code == 0 else f"FAILED: {err}"
        figures["log on disk"] = (
            f"{sum(p.stat().st_size for p in system.log.iterdir()) / 2**20:.0f} MiB"
        )
        is_good = _is_good(figures, code)
    text = _text(figures, options)
    print(text)
    if options.write:
        RESULTS.write_text(text)
    return 0 if is_good else 1


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m bench flood", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rest", type=float, default=120)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    return parser.parse_args(arguments)


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
            connection.request("POST", f"/hooks/{node}/{TOKEN}/StreamStatusEvent", body)
            response = connection.getresponse()
            response.read()
            self.waits.append(time.monotonic() - began)
            self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
            number += 1
            due += 1 / self.per_s
        connection.close()


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
        memory.append((time.monotonic() - began, _rss_mib(system.daemon.pid)))
        time.sleep(0.5)
    lasted = time.monotonic() - began
    cpu = _cpu_s(system.daemon.pid)
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
    memory = _rss_mib(system.daemon.pid)
    cpu = _cpu_s(system.daemon.pid)
    time.sleep(seconds)
    calls = [call for node in NODES for call in system.mutations(node, marks[node])]
    return {
        "at rest: changing calls": len(calls),
        "at rest: positions gained": system.position() - positions,
        "at rest: CPU": f"{(_cpu_s(system.daemon.pid) - cpu) / max(seconds, 1) * 100:.1f} %",
        "at rest: RSS before and after": f"{memory:.0f} / {_rss_mib(system.daemon.pid):.0f} MiB",
    }


def _newest(system, node):
    entries = system.journal(node)
    return entries[-1]["number"] if entries else 0


def _rss_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def _cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def _text(figures, options):
    machine = (
        f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, "
        f"{platform.python_implementation()} {platform.python_version()}, trio {version('trio')}, "
        f"SQLite {sqlite3.sqlite_version}"
    )
    rows = "\n".join(f"| {name} | {value} |" for name, value in figures.items())
    return (
        "# Measured\n\n"
        "## flood\n\n"
        f"`python -m bench flood --seconds {options.seconds:g} --rest {options.rest:g} "
        f"--rate {options.rate:g}`\n\n"
        f"{RESOURCES} resources on {len(NODES)} emulated nodes, {SENDERS} connections; daemon, "
        f"nodes and senders share the machine.\n\n{machine}.\n\n"
        f"| what | figure |\n| --- | --- |\n{rows}\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
