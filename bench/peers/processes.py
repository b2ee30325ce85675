"""Starting peers and waiting for them; each ends with the block that started it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"


def free_port():
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def ours():
    """Return the interpreter that has the project."""
    return sys.executable


@contextmanager
def running(command, port, folder, **environment):
    """Run a server until the block ends; it answers when the block begins."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with (Path(folder) / f"peer-{port}.log").open("w") as out:
        process = subprocess.Popen(
            [str(word) for word in command], env=environment, cwd=folder, stdout=out, stderr=out
        )
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"peer did not start: {command}") from None
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)
