"""For all tests: peers that may be absent, figures that are told, and tasks in one order.

Peers are programs that are no Python packages; where one is absent its tests skip and say why.
"""

import os
import shutil
from random import Random

import pytest
import trio

SLOW = ("tests/crash/", "tests/faults/", "tests/simulation/", "tests/system/")
"""Folders of tests that start processes or live through hours; coverage needs none of them."""


def pytest_collection_modifyitems(items):
    """Mark what is slow by its folder."""
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


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
def figure(capsys):
    """Say a figure that a test has measured, past pytest's capture."""

    def say(text):
        with capsys.disabled():
            print(f"\n    {text}", end="")  # noqa: T201 - that is what it is for

    return say


@pytest.fixture(autouse=True)
def one_order(monkeypatch):
    """Have trio run tasks in the same order each time, so that what passes once passes always."""
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    monkeypatch.setattr(trio._core._run, "_r", Random(0))
