"""Peers: programs that are no Python packages. Where one is absent its tests skip and say why."""

import os
import shutil
from random import Random

import pytest
import trio


def pytest_runtest_setup(item):
    """Skip a test whose peer is absent; in CI, where `make peers` has run, that is a failure."""
    for marker in item.iter_markers("peer"):
        (program,) = marker.args
        if shutil.which(program) is not None:
            continue
        reason = f"{program} is not installed: `make peers` installs it on Debian"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def one_order(monkeypatch):
    """Have trio run tasks in the same order each time: positions are part of what is asserted."""
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    monkeypatch.setattr(trio._core._run, "_r", Random(0))
