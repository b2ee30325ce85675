"""P1: hooks taken in, whole path to the disk, with 64 connections; and peers doing the same."""

import tempfile
from pathlib import Path
from statistics import median

import yaml

from bench import load
from bench.peers.processes import PYTHON, free_port, ours, running
from bench.result import Result, spread

ABOUT = __doc__
GOAL = "at least 0.50 of our own listener with a null handler, 10 times FastAPI, 4 times Flask"
PATH = "/hooks/wcs1/token/StreamStatusEvent"
RUNS, SECONDS = 5, 3.0


def measure():
    """Return rates of all in one run, one after the other, round by round."""
    rates = {name: [] for name in ("ours", "null", "fastapi", "flask")}
    p99 = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(RUNS + 1):  # the first warms up
            for name, found_so_far in rates.items():
                found = once(name, Path(folder) / f"{name}-{number}")
                if number:
                    found_so_far.append(found["per_s"])
                    p99 += [found["p99_ms"]] if name == "ours" else []
    middle = {name: median(values) for name, values in rates.items()}
    ratios = {name: middle["ours"] / middle[name] for name in ("null", "fastapi", "flask")}
    rows = (
        ("the daemon: token, limits, parse, seal, chain, sync, fold", spread(rates["ours"], "/s")),
        ("waiting, p99", spread(p99, " ms", 1)),
        ("our listener with a null handler", spread(rates["null"], "/s")),
        ("FastAPI, uvicorn, SQLAlchemy, SQLite", spread(rates["fastapi"], "/s")),
        ("Flask, gunicorn (2 workers of 8 threads), sqlite3", spread(rates["flask"], "/s")),
        *((f"ours / {name}", f"{ratio:.2f}") for name, ratio in ratios.items()),
    )
    is_met = ratios["null"] >= 0.5 and ratios["fastapi"] >= 10 and ratios["flask"] >= 4
    return Result(GOAL, rows, is_met)


def once(name, folder):
    """Return what the load found of one of them, started for it."""
    folder.mkdir()
    port = free_port()
    database = {"PEER_DATABASE": str(folder / "peer.sqlite")}
    commands = {
        "ours": (ours(), "-m", "orchestrator", "run", "--config", folder / "orchestrator.yaml"),
        "null": (ours(), "-m", "bench.peers.null_listener", port),
        "fastapi": (
            PYTHON, "-m", "uvicorn", "bench.peers.fastapi_sqlalchemy:app", "--port", port,
            "--log-level", "warning",
        ),
        "flask": (
            PYTHON, "-m", "gunicorn", "bench.peers.flask_sqlite:app", "-b", f"127.0.0.1:{port}",
            "-w", 2, "--threads", 8, "--keep-alive", 60, "--log-level", "warning",
        ),
    }  # fmt: skip
    (folder / "state").mkdir()
    (folder / "state" / "none.yaml").write_text("{}")
    (folder / "orchestrator.yaml").write_text(
        yaml.safe_dump(
            {
                "log": {"path": "log"},
                "control": "control.sock",
                "hooks": {"listen": f"127.0.0.1:{port}"},
                "nodes": {"wcs1": {"retired": True, "hookToken": "token"}},
            }
        )
    )
    with running(commands[name], port, folder, **database):
        found = load.run(port, PATH, 64, SECONDS)
    assert found["good"] == found["answered"], f"{name}: {found}"
    return found
