"""Daemons started in pairs on one log, again and again; tells each round as a line of JSON.

Everything is imported once and each daemon is a fork, so that a round costs no start of Python and
the two begin within a millisecond: `pair.py CONFIG ROUNDS`.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

from orchestrator.cli.main import orchestrator
from orchestrator.cli.run import run
from orchestrator.shell.log.folder import locked

DEADLINE_S = 10.0


def forked(config, gate):
    """Return the process id of a daemon that starts when the gate is closed."""
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        os.close(gate[1])
        os.read(gate[0], 1)
        silence = os.open(config.with_name("daemons.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        orchestrator(["run", "--config", str(config)])
    except SystemExit as ended:
        code = ended.code
    finally:
        os._exit(code)


def ended(pid):
    """Return the exit code of a process, or None while it runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def is_answering(control):
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(control)) == 0


def started_together(config):
    """Return who won, how the other ended and when, and how long the lock outlived the winner."""
    control, log = config.with_name("control.sock"), config.with_name("log")
    control.unlink(missing_ok=True)
    gate = os.pipe()
    running = {forked(config, gate) for _ in range(2)}
    os.close(gate[0])
    began = time.monotonic()
    os.close(gate[1])
    codes, lost_s = {}, 0.0
    while len(running) > 1 or not is_answering(control):
        assert time.monotonic() - began < DEADLINE_S, (running, codes)
        for pid in list(running):
            code = ended(pid)
            if code is not None:
                running.remove(pid)
                codes[pid], lost_s = code, time.monotonic() - began
        assert running, codes
        time.sleep(0.002)
    (winner,) = running
    os.kill(winner, signal.SIGKILL)
    os.waitpid(winner, 0)
    dead = time.monotonic()
    locked(log).close()
    freed_s = time.monotonic() - dead
    return {"winner": winner, "codes": list(codes.values()), "lost_s": lost_s, "freed_s": freed_s}


def main():
    assert run.name == "run"  # imported before any fork
    config, rounds = Path(sys.argv[1]), int(sys.argv[2])
    for _ in range(rounds):
        print(json.dumps(started_together(config)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
