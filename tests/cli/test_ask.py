"""Asking a daemon: what is told when it does not answer."""

import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

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


def answer(listening, reply):
    """Answer one exchange."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(reply)


def test_too_many_names_at_once_are_told_as_such(tmp_path):
    path, reply = Path(tmp_path) / "control.sock", b"HTTP/1.1 414 No\r\nContent-Length: 2\r\n\r\n{}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        answering = Thread(target=answer, args=(listening, reply))
        answering.start()
        with pytest.raises(Refused, match="name fewer, or choose by --label"):
            request(path, "GET", "/api/v1/resources")
        answering.join()


def test_output_that_cannot_be_written_is_told_in_a_line():
    command = [sys.executable, "-m", "orchestrator", "completion", "bash"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = "Error: the output is not whole: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_nobody_at_all_is_absent(tmp_path):
    with pytest.raises(DaemonAbsent):
        request(Path(tmp_path) / "control.sock", "GET", "/api/v1/status")
