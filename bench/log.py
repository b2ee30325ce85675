"""A log of 50,000 hooks in one segment: how fast it is verified, opened and backed up.

Opening is all that a start waits for but the fold of the world: verification, and decoding.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import trio

from orchestrator.codec import codec_of
from orchestrator.core.event import Fact, HookReceived
from orchestrator.core.json import freeze
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.backup import backed_up
from orchestrator.shell.log.log import Log
from orchestrator.shell.log.read import verify
from orchestrator.shell.log.sqlite import SqliteStore

CODEC = codec_of(KINDS)
BATCH = 500


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m bench log", description=__doc__)
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "log"
        trio.run(_write, folder, options.entries)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{options.entries} hooks, {size / 2**20:.0f} MiB")
        for number in range(options.times):
            _say("verify", options.entries, lambda: verify(folder))
            _say("open", options.entries, lambda: trio.run(_open, folder))
            copy = Path(place) / f"copy-{number}"
            _say("backup", options.entries, lambda copy=copy: backed_up(folder, copy))
    return 0


def _say(name, entries, work):
    began = time.perf_counter()
    work()
    lasted = time.perf_counter() - began
    print(f"{name:<8} {lasted:6.2f} s {entries / lasted:>9.0f} entries/s")


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
