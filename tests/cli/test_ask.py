"""Asking a daemon: what is told when it does not answer."""

import socket
from pathlib import Path

import pytest

from orchestrator.cli import ask
from orchestrator.cli.ask import Refused, request
from orchestrator.errors import DaemonAbsent


def test_a_daemon_that_does_not_answer_in_time_is_not_told_as_absent(tmp_path, monkeypatch):
    monkeypatch.setattr(ask, "TIMEOUT_S", 0.05)
    path = Path(tmp_path) / "control.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        with pytest.raises(Refused, match="it may still be done"):
            request(path, "POST", "/control/v1/stop", body={})


def test_nobody_at_all_is_absent(tmp_path):
    with pytest.raises(DaemonAbsent):
        request(Path(tmp_path) / "control.sock", "GET", "/api/v1/status")
