"""The same seed is the same history, twice in one process and under any hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.sky import judged, weathered

ROOT = Path(__file__).parents[2]
SEED = 0


def test_one_seed_gives_one_trace_in_one_process():
    assert judged(SEED).trace == weathered(SEED).trace


@pytest.mark.parametrize("hash_seed", ["0", "1", "2"])
def test_one_seed_gives_one_trace_under_any_hash_seed(hash_seed):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.simulation", str(SEED), "--trace"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == [weathered(SEED).trace]
