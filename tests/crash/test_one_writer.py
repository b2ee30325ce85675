"""Of two daemons started together on one log exactly one writes it. (T10)"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from orchestrator.core.filter import Filter
from orchestrator.shell.log.read import read_rows, verify
from tests.system.system import free_ports

ROOT = Path(__file__).parents[2]


def rounds_of(folder, count):
    """Return what became of so many pairs."""
    (folder / "state").mkdir()
    (port,) = free_ports(1)
    values = {
        "log": {"path": "log"},
        "state": "state",
        "control": "control.sock",
        "hooks": {"listen": f"127.0.0.1:{port}"},
    }
    (folder / "orchestrator.yaml").write_text(yaml.safe_dump(values))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("NOTIFY_SOCKET", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.pair", str(folder / "orchestrator.yaml"), str(count)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        timeout=60 + 3 * count,
    )  # fmt: skip
    said = folder / "daemons.txt"
    assert done.returncode == 0, done.stderr + (said.read_text() if said.exists() else "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def pair_up(folder, count, figure):
    rounds = rounds_of(folder, count)
    lost = sorted(one["lost_s"] for one in rounds)
    freed = max(one["freed_s"] for one in rounds)
    rows = list(read_rows(folder / "log", Filter()))
    figure(
        f"T10: {count} pairs, one writer each, the other gone with exit code 5 after "
        f"{lost[len(lost) // 2]:.2f} s, at most {lost[-1]:.2f} s; lock free "
        f"{freed * 1000:.1f} ms after a kill at most; {len(rows)} rows"
    )
    assert [one["codes"] for one in rounds] == [[5]] * count
    writers = [json.loads(row.body)["pid"] for row in rows if row.type == "DaemonStarted"]
    assert writers == [one["winner"] for one in rounds]
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert verify(folder / "log").entries == len(rows)
    assert lost[-1] < 1
    assert freed < 1


def test_t10_of_two_daemons_started_together_exactly_one_writes(tmp_path, figure):
    pair_up(tmp_path, 20, figure)


@pytest.mark.nightly
def test_t10_two_hundred_pairs_have_one_writer_each(tmp_path, figure):
    pair_up(tmp_path, 200, figure)
