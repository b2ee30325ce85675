"""Waiting until all that is named is as it shall be."""

from pathlib import Path

import pytest

from orchestrator.cli import wait
from orchestrator.cli.ask import Refused

CONTROL = Path("control")
THERE = {"b"}


@pytest.fixture
def daemon(monkeypatch):
    def request(_control, _method, _path, query):
        missing = [name for name in query["name"] if name not in THERE]
        if missing:
            raise Refused(404, "not declared and not ours")
        return [{"resource": name} for name in query["name"]]

    monkeypatch.setattr(wait, "request", request)


@pytest.mark.parametrize(
    ("names", "left"), [(["a"], []), (["a", "b"], ["b"]), (["b", "a"], ["b"]), (["b"], ["b"])]
)
def test_what_is_left_is_told_although_another_is_gone(daemon, names, left):
    assert [row["resource"] for row in wait._left(CONTROL, {"name": names})] == left
