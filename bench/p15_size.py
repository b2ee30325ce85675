"""P15: what a hook of 1 KB takes on disk, as rows that any SQLite tool can read."""

import tempfile
from pathlib import Path

import trio

from bench.result import Result
from orchestrator.codec import codec_of
from orchestrator.core.entry import Fact
from orchestrator.core.event import HookReceived
from orchestrator.core.json import freeze_object
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.log import Log
from orchestrator.shell.log.sqlite import SqliteStore

ABOUT = __doc__
GOAL = "at most 1.6 KB live; archived 0.2 KB, which comes with the archive"
HOOKS, BODY_BYTES = 20_000, 1_000


def measure():
    """Return bytes a hook in a segment that was closed by a successor."""

    async def write(folder):
        codec = codec_of(KINDS)
        log = Log(
            SqliteStore(folder), codec, lambda: 1_800_000_000_000, lambda _: None,
            lambda: codec.checkpoint(World()),
        )  # fmt: skip
        await log.open()
        async with trio.open_nursery() as nursery:
            await nursery.start(log.run)
            for start in range(0, HOOKS, 500):
                await log.append([Fact(hook(start + n), actor="wcs1") for n in range(500)])
            log.close()
        log.store.close()

    with tempfile.TemporaryDirectory() as folder:
        trio.run(write, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    rows = (("a hook of 1,000 bytes", f"{size / HOOKS:,.0f} bytes"),)
    return Result(GOAL, rows, size / HOOKS <= 1_600)


def hook(number):
    """Return a hook whose body is of that many bytes."""
    body = {"mediaSessionId": f"m-{number:08}", "name": "show", "status": "PENDING"}
    body["info"] = "x" * (BODY_BYTES - len(str(body)) - 12)
    return HookReceived("wcs1", "StreamStatusEvent", freeze_object(body))
