"""A plan follows from world, looks and time alone: byte for byte, in any order. (T23)

Three processes with a hash seed each plan the same cases, two of them with everything shuffled
whose order means nothing. In each of them clocks, dice, files and sockets are out of reach while it
plans (`purity`); and what planning imports has none of them.
"""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDERS = ("0", "1", "2")
HARMLESS = {
    "attrs", "collections", "enum", "functools", "hashlib", "immutables", "ipaddress", "re",
    "types", "typing", "zlib",
}  # fmt: skip


def planned(order, first, last):
    """Return seed, number of plans and their digest, line by line, as one process has them."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.purity", order, str(first), str(last)],
        env={**os.environ, "PYTHONHASHSEED": order, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def trial(seeds, figure):
    began = time.monotonic()
    straight, *others = [planned(order, seeds.start, seeds.stop) for order in ORDERS]
    for shuffled in others:
        assert shuffled == straight
    count = sum(int(one.split()[1]) for one in straight)
    assert len(straight) == len(seeds)
    figure(
        f"T23: {count} plans of {len(seeds)} histories with every kind, byte-equal under "
        f"{len(ORDERS)} hash seeds and {len(others)} shuffled orders, with nothing outside in "
        f"reach; {time.monotonic() - began:.0f} s"
    )


def test_t23_equal_inputs_give_byte_equal_plans_in_any_order_under_any_hash_seed(figure):
    trial(range(7), figure)


@pytest.mark.nightly
def test_t23_equal_inputs_give_byte_equal_plans_all_night(figure):
    trial(range(7, 75), figure)


def test_t23_what_planning_imports_knows_no_clock_no_dice_and_no_io():
    outside, seen, left = set(), set(), ["orchestrator.core.plan", "orchestrator.kinds.catalogue"]
    while left:
        name = left.pop()
        path = ROOT / f"{name.replace('.', '/')}.py"
        if name in seen or not path.exists():
            continue
        seen.add(name)
        imported = imports_of(path)
        left += [one for one in imported if one.startswith("orchestrator.")]
        outside |= {one.partition(".")[0] for one in imported} - {"orchestrator"}
    assert len(seen) > 30
    assert outside == HARMLESS


def imports_of(path):
    """Return the full names of what a module may import."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {one.name for one in names}
            case ast.ImportFrom(module=module, names=names):
                found |= {module, *(f"{module}.{one.name}" for one in names)}
    return found
