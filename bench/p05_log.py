"""P5: a log of 50,000 hooks in one segment: how fast it is verified, opened and backed up.

Opening is all that a start waits for but the fold of the world: verification, and decoding.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

import trio

from bench.result import Result, spread
from orchestrator.codec import codec_of
from orchestrator.core.entry import Fact
from orchestrator.core.event import HookReceived
from orchestrator.core.json import freeze
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.backup import backed_up
from orchestrator.shell.log.log import Log
from orchestrator.shell.log.read import verify
from orchestrator.shell.log.sqlite import SqliteStore

ABOUT = __doc__
GOAL = "verified at 100,000/s; a start with a full segment within 1.5 s"
CODEC = codec_of(KINDS)
ENTRIES, BATCH, RUNS = 50_000, 500, 3


def measure():
    """Return entries a second of each, with a log in one segment."""
    rates = {"verify": [], "open": [], "backup": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "log"
        trio.run(_write, folder, ENTRIES)
        size = sum(path.stat().st_size for path in folder.iterdir())
        for number in range(RUNS):
            copy = Path(place) / f"copy-{number}"
            rates["verify"].append(_rate(lambda: verify(folder)))
            rates["open"].append(_rate(lambda: trio.run(_open, folder)))
            rates["backup"].append(_rate(lambda copy=copy: backed_up(folder, copy)))
    rows = (
        ("hooks in the segment", f"{ENTRIES:,}, {size / 2**20:.0f} MiB"),
        ("verified", spread(rates["verify"], "/s")),
        ("opened, all but the fold", spread(rates["open"], "/s")),
        ("backed up and verified", spread(rates["backup"], "/s")),
        ("a start with that segment", f"{ENTRIES / median(rates['open']):.2f} s"),
    )
    is_met = median(rates["verify"]) >= 100_000 and ENTRIES / median(rates["open"]) <= 1.5
    return Result(GOAL, rows, is_met)


def _rate(work):
    began = time.perf_counter()
    work()
    return ENTRIES / (time.perf_counter() - began)


def _log(folder):
    return Log(
        SqliteStore(folder),
        CODEC,
        lambda: time.time_ns() // 1_000_000,
        lambda _: None,
        lambda: CODEC.checkpoint(World()),
    )


async def _open(folder):
    log = _log(folder)
    await log.open()
    log.store.close()


async def _write(folder, entries):
    log = _log(folder)
    await log.open()
    async with trio.open_nursery() as nursery:
        await nursery.start(log.run)
        for start in range(0, entries, BATCH):
            await log.append([_hook(start + number) for number in range(BATCH)])
        log.close()
    log.store.close()


def _hook(number):
    body = {
        "nodeId": "flood@wcs1",
        "appKey": "defaultApp",
        "sessionId": "flood-1",
        "mediaSessionId": f"flood-1-{number}",
        "name": "guest-1-3",
        "published": True,
        "hasVideo": True,
        "hasAudio": True,
        "status": "PUBLISHING",
        "sdp": {"length": 240},
        "mediaProvider": "WebRTC",
        "custom": {"delivery": f"1-{number}"},
    }
    return Fact(HookReceived("wcs1", "StreamStatusEvent", freeze(body)))
