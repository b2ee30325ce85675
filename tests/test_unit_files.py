"""The units for systemd, judged by systemd's own tools."""

import re
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parent.parent / "systemd"


@pytest.mark.peer("systemd-analyze")
def test_the_service_is_exposed_by_at_most_one_and_a_half():
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(UNITS / "orchestrator.service")],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    (score,) = re.findall(r"exposure level for orchestrator\.service: ([0-9.]+)", said)
    assert float(score) <= 1.5


@pytest.mark.peer("systemd-analyze")
def test_the_units_are_understood(tmp_path):
    for unit in ("orchestrator.service", "orchestrator.socket"):
        text = (UNITS / unit).read_text().replace("/opt/orchestrator/bin/orchestrator", "/bin/true")
        (tmp_path / unit).write_text(text)
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (0, "")
