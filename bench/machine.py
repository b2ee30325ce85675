"""The machine that measures are taken on: what it is, and how long its disk takes to sync."""

import os
import platform
import sqlite3
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median


def described():
    """Return a line that tells machine and versions."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"CPython {platform.python_version()}, trio {version('trio')}, "
        f"SQLite {sqlite3.sqlite_version}; one sync of 4 KiB takes {sync_s() * 1000:.2f} ms"
    )


def sync_s(rounds=200):
    """Return the median time that an appended page takes to be on disk."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        descriptor = os.open(Path(folder) / "sync", os.O_WRONLY | os.O_CREAT)
        for _ in range(rounds):
            began = time.perf_counter()
            os.write(descriptor, b"x" * 4096)
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - began)
        os.close(descriptor)
    return median(times)


def rss_mib(pid):
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid):
    """Return the processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
