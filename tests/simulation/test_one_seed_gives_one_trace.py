"""The same seed is the same history, twice in one process and under any hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.sky import judged, weathered
from tests.simulation.studio import STUDIOS

ROOT = Path(__file__).parents[2]
SEEDS = (0, STUDIOS)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_seed_gives_one_trace_in_one_process(seed):
    assert judged(seed).trace == weathered(seed).trace


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hash_seed", ["0", "1", "2"])
def test_one_seed_gives_one_trace_under_any_hash_seed(hash_seed, seed):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.simulation", str(seed), "--trace"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == [weathered(seed).trace]
