"""Programs that a command starts and that end with it, however it ends."""

import ctypes
import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from orchestrator.errors import OrchestratorError

END_S: Final = 10.0
SET_PDEATHSIG: Final = 1  # prctl(2)


class ChildEnded(OrchestratorError):
    """A program that has to run has ended by itself."""


class Children:
    """Commands of ours in processes of their own. None outlives this, nor the process itself."""

    def __init__(self) -> None:
        self._running: list[tuple[subprocess.Popen[bytes], str, Path]] = []

    def __enter__(self) -> Self:
        """Begin with none."""
        return self

    def start(self, arguments: list[str], output: Path) -> None:
        """Start `orchestrator` with arguments; what it says goes to a file."""
        command = [sys.executable, "-m", "orchestrator", *arguments]
        with output.open("wb") as file:
            child = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True, preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads yet
            )  # fmt: skip
        self._running.append((child, arguments[0], output))

    def check(self) -> None:
        """Raise ChildEnded when one has ended."""
        for child, name, output in self._running:
            if child.poll() is not None:
                said = output.read_text(errors="replace")[-2000:]
                raise ChildEnded(f"`orchestrator {name}` ended with {child.returncode}:\n{said}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all of them, the last one first."""
        for child, _, _ in reversed(self._running):
            child.send_signal(signal.SIGTERM)
        for child, _, _ in reversed(self._running):
            try:
                child.wait(END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def free_ports(count: int) -> list[int]:
    """Return ports that are free on loopback just now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listening.getsockname()[1]) for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def emulated(port: int, path: str, body: dict[str, Any]) -> None:
    """Tell an emulated node to do something."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        connection.getresponse().read()
    finally:
        connection.close()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGKILL)
