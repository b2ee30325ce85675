"""The demo comes to its end with what is shipped: it converges, and each fault is repaired."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S = 240  # three faults, each repaired within 45 s or given up by the demo itself


@pytest.mark.slow
def test_the_demo_repairs_all_that_it_breaks():
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "demo"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    watch = threading.Timer(WITHIN_S, process.send_signal, [signal.SIGINT])
    watch.start()
    said = []
    with process:
        try:
            for text in process.stdout:
                said.append(text.rstrip())
                if text.startswith("that was all"):
                    process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0, said[-5:]
        finally:
            watch.cancel()
            process.kill()
    ends = [
        re.split(r" in |: | within ", one)[0] for one in said if re.match("conv|repa|not r", one)
    ]
    assert ends == ["converged", "repaired", "repaired", "repaired"], said[-20:]
    assert said[-1] == "ending; nothing is left running"
