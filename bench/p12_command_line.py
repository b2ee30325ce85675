"""P12: how long commands take as processes, with 1,000 resources; beside `python -c pass`."""

import subprocess
import sys
import tempfile
import time
from statistics import median

from bench.result import Result, spread
from tests.system.system import System, eventually

ABOUT = __doc__
GOAL = "--help 0.15 s; get and why 0.5 s; plan --offline 0.6 s"
RESOURCES, RUNS = 1_000, 7
GOALS = {"--help": 0.15, "get": 0.5, "why": 0.5, "plan --offline": 0.6}


def measure():
    """Return seconds of each command, which all ask a daemon that runs, but for the plan."""
    with tempfile.TemporaryDirectory() as folder, System(folder) as system:
        system.declare(
            **{f"t{n:04}": (f"s{n % 100}", f"rtmp://h.lan/{n}") for n in range(RESOURCES)}
        )
        system.run()
        system.emulate()
        eventually(lambda: set(system.phases().values()) == {"Waiting"}, 60, 0.5)
        config = ("--config", str(system.config))
        commands = {
            "python -c pass": (sys.executable, "-c", "pass"),
            "--help": (sys.executable, "-m", "orchestrator", "--help"),
            "get": (sys.executable, "-m", "orchestrator", "get", *config),
            "why": (sys.executable, "-m", "orchestrator", "why", "t0001", *config),
            "plan --offline": (sys.executable, "-m", "orchestrator", "plan", "--offline", *config),
        }
        times = {name: [] for name in commands}
        for number in range(RUNS + 1):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(
                    command, cwd=folder, env=system.environment, check=True,
                    stdout=subprocess.DEVNULL,
                )  # fmt: skip
                times[name] += [time.perf_counter() - began] if number else []
    rows = tuple((name, spread(values, " s", 3)) for name, values in times.items())
    return Result(GOAL, rows, all(median(times[name]) <= most for name, most in GOALS.items()))
