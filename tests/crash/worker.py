"""A process whose disk fails on demand: it is asked for cases and tries each in a fork of its own.

Started by `faults` with the shim preloaded; one case comes in as a line of JSON, what became of it
goes out as another. The fork tells what was acknowledged through a pipe, so that nothing it says
depends on the disk that fails.
"""

import json
import mmap
import os
import select
import signal
import struct
import sys
import time
import traceback
from pathlib import Path

import trio

from orchestrator.core.document import DocumentRejected
from orchestrator.core.entry import Fact
from orchestrator.errors import LogError, LogRefused
from orchestrator.shell.log.backup import backed_up
from tests.crash.place import Place
from tests.shell.log.desk import LARGE, desk_at, running

DEADLINE_S = 5.0
FIELDS = ("armed", "kinds", "fail_at", "mode", "error", "drops", "count", "fired", "seed")
APPENDS = 6
COPY = "copy"


class Control:
    """What the shim is told, and what it tells."""

    def __init__(self, path):
        with Path(path).open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)

    def __setitem__(self, name, value):
        struct.pack_into("q", self.shared, 8 * FIELDS.index(name), value)

    def __getitem__(self, name):
        return struct.unpack_from("q", self.shared, 8 * FIELDS.index(name))[0]


class Trial:
    """One case, in the fork that it may kill."""

    def __init__(self, case, control, pipe):
        self.case, self.control, self.pipe = case, control, pipe
        self.place = Place(Path(case["folder"]))

    def say(self, **words):
        os.write(self.pipe, json.dumps(words).encode() + b"\n")

    async def append(self, desk, number, size=0):
        event = DocumentRejected(f"{number}.yaml", 1, 2, "x" * size)
        (entry,) = await desk.log.append([Fact(event)])
        self.say(acked=[entry.position, number])

    async def write(self, segment_max=LARGE, pages=0):
        """Append with a failing disk, then once more with one that is well again."""
        async with running(self.place, segment_max) as desk:
            if pages:
                desk.store.store._connected.execute(f"PRAGMA wal_autocheckpoint={pages}")
            self.control["armed"] = 1
            refused = 0
            for number in range(APPENDS):
                try:
                    await self.append(desk, number, number % 3 * 4_000)
                except LogRefused:
                    refused += 1
            self.control["armed"] = 0
            self.say(refused=refused)
            await self.append(desk, APPENDS)

    async def roll(self):
        await self.write(segment_max=1)

    async def checkpoint(self):
        await self.write(pages=2)

    async def open(self):
        """Open what a crash left, with a failing disk."""
        desk = desk_at(self.place)
        self.control["armed"] = 1
        try:
            await desk.log.open()
        finally:
            self.control["armed"] = 0
        desk.store.close()

    async def backup(self):
        """Copy what a crash left to a failing disk."""
        self.control["armed"] = 1
        try:
            backed_up(self.place.folder, self.place.folder.with_name(COPY))
        finally:
            self.control["armed"] = 0

    def run(self):
        try:
            trio.run(getattr(self, self.case["job"]))
        except* LogError as refused:
            self.say(ended=" ".join(type(one).__name__ for one in refused.exceptions))
        except* BaseException:  # noqa: BLE001 - that is what is looked for
            self.say(ended=f"bug: {traceback.format_exc()}")
        else:
            self.say(ended="well")


def tried(case, control):
    """Return what became of a case, in a fork of its own."""
    for name in ("kinds", "fail_at", "mode", "error", "drops", "seed"):
        control[name] = case[name]
    control["armed"] = control["count"] = control["fired"] = 0
    inlet, outlet = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(inlet)
        Trial(case, control, outlet).run()
        os._exit(0)
    os.close(outlet)
    words, is_hung = heard(inlet)
    if is_hung:
        os.kill(pid, signal.SIGKILL)
    os.close(inlet)
    _, status = os.waitpid(pid, 0)
    said = [json.loads(line) for line in words.splitlines()]
    return {
        "acked": [word["acked"] for word in said if "acked" in word],
        "refused": sum(word.get("refused", 0) for word in said),
        "ended": "hung" if is_hung else "".join(word.get("ended", "") for word in said),
        "status": os.waitstatus_to_exitcode(status),
        "operations": control["count"],
        "fired": control["fired"],
    }


def heard(inlet):
    """Return what is said until the fork ends, and whether it did not in time."""
    words, until = b"", time.monotonic() + DEADLINE_S
    while True:
        ready, _, _ = select.select([inlet], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return words, True
        got = os.read(inlet, 65_536)
        if not got:
            return words, False
        words += got


def main():
    control = Control(os.environ["FAULT_CONTROL"])
    for line in sys.stdin:
        print(json.dumps(tried(json.loads(line), control)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
