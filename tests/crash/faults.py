"""The disk that fails on demand, as tests use it: build it, ask for cases, judge what came of them.

A case is a job (`worker.Trial`) and the number of the operation that fails in it.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import trio

from orchestrator.errors import LogError
from orchestrator.shell.log.read import verify
from orchestrator.shell.log.segment import segments
from tests.crash.place import reopened
from tests.crash.worker import COPY

ROOT = Path(__file__).parents[2]
WRITE, TRUNCATE, SYNC, READ, NAME = 1, 2, 4, 8, 16
CHANGES = WRITE | TRUNCATE | SYNC | NAME
MODES = {"once": 0, "from now on": 1, "crash": 2}


def built(folder):
    """Return the shim, compiled."""
    shim = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return shim


class Faulty:
    """A process with a failing disk, and a log for it to start from."""

    def __init__(self, shim, folder, origin):
        self.origin, self.folder = origin, folder / "disk"
        self.known = acknowledged(origin)
        control = folder / "control"
        control.write_bytes(bytes(4096))
        self.folder.mkdir()
        self.environment = {
            **os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": str(ROOT),
            "FAULT_FOLDER": str(self.folder), "FAULT_CONTROL": str(control),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker"], cwd=ROOT, env=self.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def tried(self, job, fail_at, mode="once", kinds=CHANGES, error=errno.EIO, drops=0, seed=0):
        """Return what became of a job whose operation number `fail_at` fails."""
        folder = self.folder / "log"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder.with_name(COPY), ignore_errors=True)
        shutil.copytree(self.origin, folder)
        case = {
            "job": job, "folder": str(folder), "fail_at": fail_at, "mode": MODES[mode],
            "kinds": kinds, "error": error, "drops": drops, "seed": seed,
        }  # fmt: skip
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def judged(self, told):
        """See that the log holds all that was ever acknowledged, whole and in order."""
        rows = trio.run(reopened, self.folder / "log")
        positions = [row.position for row in rows]
        assert positions == list(range(1, len(rows) + 1))
        assert rows[: len(self.known)] == self.known
        subjects = {row.position: row.subject for row in rows}
        for position, number in told["acked"]:
            assert subjects.get(position) == f"document/{number}.yaml"
        copy = self.folder / COPY
        if told["ended"] == "well" and copy.is_dir():
            assert trio.run(reopened, copy) == self.known
        elif told["status"] == 0:
            assert not copy.is_dir() or not any(copy.iterdir())
        elif copy.is_dir() and segments(copy):
            try:
                verify(copy)
            except LogError:
                return  # half of a copy is no log
            assert trio.run(reopened, copy) == self.known

    def swept(self, job, ends, stride=1, seed=0, **how):
        """Let one operation after the other fail until the job has no more; return the number."""
        for cases, fail_at in enumerate(range(1 + seed % stride, 10_000, stride)):
            told = self.tried(job, fail_at, seed=seed + fail_at, **how)
            where = (job, fail_at, seed, how, told)
            assert told["ended"] in (ends if told["fired"] else {"well"}), where
            try:
                self.judged(told)
            except Exception as error:
                raise AssertionError(where) from error
            if not told["fired"]:
                return cases
        raise AssertionError(f"{job} does not end")


def acknowledged(folder):
    """Return the rows of a log, read from a copy."""
    copy = folder.with_name(f"{folder.name}-read")
    shutil.copytree(folder, copy)
    rows = trio.run(reopened, copy)
    shutil.rmtree(copy)
    return rows
