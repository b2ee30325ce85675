"""P4: folding a whole log into the world: scan, decode and project; and a peer's replay."""

import json
import sqlite3
import subprocess
import tempfile
import time
from itertools import chain
from pathlib import Path
from statistics import median

import orjson
import trio

from bench.histories import EPOCH_MS, events, hook
from bench.peers.processes import PYTHON, ROOT
from bench.result import Result, spread
from orchestrator.codec import codec_of
from orchestrator.core.entry import Fact
from orchestrator.core.filter import Filter
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.log import Log, at_once
from orchestrator.shell.log.sqlite import SqliteStore, read_rows

ABOUT = __doc__
GOAL = "at least 0.35 of scan and orjson, and three times eventsourcing's replay"
ENTRIES, RUNS = 200_000, 3  # a million takes five times as long and gives the same ratios


def measure():
    """Return entries a second of each way to read the same log."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        rates = {"fold": [], "scan": []}
        for _ in range(RUNS):
            rates["scan"].append(ENTRIES / scan(Path(folder)))
            rates["fold"].append(ENTRIES / fold(Path(folder)))
    peer = [replayed() for _ in range(RUNS)]
    to_scan = median(rates["fold"]) / median(rates["scan"])
    to_peer = median(rates["fold"]) / median(peer)
    rows = (
        (f"full replay of {ENTRIES:,} mixed entries into the world", spread(rates["fold"], "/s")),
        ("scan and orjson of the same rows", spread(rates["scan"], "/s")),
        ("eventsourcing: select, map and fold by a function", spread(peer, "/s")),
        ("ours / scan and orjson", f"{to_scan:.2f}"),
        ("ours / eventsourcing", f"{to_peer:.2f}"),
    )
    return Result(GOAL, rows, to_scan >= 0.35 and to_peer >= 3)


def mixed():
    """Yield a thousand resources, then lives of streams."""
    lives = (
        hook(number % 1_000, status, number // 1_000 + 1)
        for number in range(ENTRIES)
        for status in ("PENDING", "PUBLISHING", "UNPUBLISHED")
    )
    return chain(events(1_000, 40), lives)


def write(folder):
    """Make the log, in one process and without waiting for anybody."""

    async def run():
        codec = codec_of(KINDS)
        log = Log(
            SqliteStore(folder, 4 * 2**30), codec, lambda: EPOCH_MS, lambda _: None,
            lambda: codec.checkpoint(World()), at_once,
        )  # fmt: skip
        await log.open()
        async with trio.open_nursery() as nursery:
            await nursery.start(log.run)
            source = mixed()
            for _ in range(0, ENTRIES, 500):
                await log.append([Fact(next(source)) for _ in range(500)])
            log.close()
        log.store.close()

    trio.run(run)


def scan(folder):
    """Read each row's body as JSON and nothing more."""
    (path,) = [one for one in folder.iterdir() if one.suffix == ".sqlite"]
    connection = sqlite3.connect(path)
    began = time.perf_counter()
    for (text,) in connection.execute("SELECT body FROM entries ORDER BY position"):
        orjson.loads(text)
    took = time.perf_counter() - began
    connection.close()
    return took


def fold(folder):
    """Read the whole log into the world."""
    codec, world = codec_of(KINDS), World()
    began = time.perf_counter()
    for row in read_rows(folder, Filter()):
        world = project(world, codec.decode(row), KINDS)
    return time.perf_counter() - began


def replayed():
    """Run the peer in its own environment, with a fifth of the entries."""
    with tempfile.TemporaryDirectory() as folder:
        command = [PYTHON, "-m", "bench.peers.eventsourcing_log", folder, "replay", 500, 80]
        done = subprocess.run(
            [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return json.loads(done.stdout)["per_s"]
