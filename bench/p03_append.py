"""P3: appends in groups of 64, with chain, cause, actor and indexes; raw SQLite and a peer."""

import json
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import trio

from bench.peers.processes import PYTHON, ROOT
from bench.result import Result, spread
from orchestrator.codec import codec_of
from orchestrator.core.entry import Fact
from orchestrator.core.event import HookReceived
from orchestrator.core.mapping import Map
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.log import Log
from orchestrator.shell.log.sqlite import SqliteStore

ABOUT = __doc__
GOAL = "at least 0.40 of raw sqlite3 without an index, and twice eventsourcing"
GROUP, GROUPS, RUNS = 64, 200, 5
BODY = {
    "nodeId": "n@10.0.0.1", "appKey": "defaultApp", "sessionId": "/10.0.0.2:1", "info": "x" * 700,
    "mediaSessionId": "m-1", "name": "guest-1", "published": True, "status": "PENDING",
}  # fmt: skip


def measure():
    """Return entries a second of each, round by round."""
    rates = {"ours": [], "raw": [], "eventsourcing": []}
    for number in range(RUNS + 1):
        found = {"ours": ours(), "raw": raw(), "eventsourcing": eventsourcing()}
        for name in rates if number else ():
            rates[name].append(found[name])
    middle = {name: median(values) for name, values in rates.items()}
    to_raw, to_peer = middle["ours"] / middle["raw"], middle["ours"] / middle["eventsourcing"]
    rows = (
        ("our log", spread(rates["ours"], "/s")),
        ("raw sqlite3, WAL, FULL, no index, no chain", spread(rates["raw"], "/s")),
        ("eventsourcing, its SQLite recorder", spread(rates["eventsourcing"], "/s")),
        ("ours / raw", f"{to_raw:.2f}"),
        ("ours / eventsourcing", f"{to_peer:.2f}"),
    )
    return Result(GOAL, rows, to_raw >= 0.4 and to_peer >= 2)


def ours():
    """Append facts as the daemon does, less the fold."""

    async def run(folder):
        codec = codec_of(KINDS)
        log = Log(
            SqliteStore(Path(folder)), codec, lambda: time.time_ns() // 1_000_000,
            lambda _: None, lambda: codec.checkpoint(World()),
        )  # fmt: skip
        await log.open()
        fact = Fact(HookReceived("wcs1", "StreamStatusEvent", Map(BODY)), 1, "wcs1")
        async with trio.open_nursery() as nursery:
            await nursery.start(log.run)
            began = time.perf_counter()
            for _ in range(GROUPS):
                await log.append([fact] * GROUP)
            took = time.perf_counter() - began
            log.close()
        log.store.close()
        return took

    with tempfile.TemporaryDirectory() as folder:
        return GROUP * GROUPS / trio.run(run, folder)


def raw():
    """Insert the same text as plainly as can be."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "raw.sqlite", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE entries (position INTEGER PRIMARY KEY, body TEXT)")
        body = json.dumps(BODY)
        began = time.perf_counter()
        for _ in range(GROUPS):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO entries (body) VALUES (?)", [(body,)] * GROUP)
            connection.execute("COMMIT")
        took = time.perf_counter() - began
        connection.close()
    return GROUP * GROUPS / took


def eventsourcing():
    """Run the peer in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        command = [PYTHON, "-m", "bench.peers.eventsourcing_log", folder, "append", GROUP, GROUPS]
        done = subprocess.run(
            [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return json.loads(done.stdout)["per_s"]
