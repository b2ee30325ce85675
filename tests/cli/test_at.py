"""`--at` tells the past from the log, and says so where there is none."""

import pytest
from click.testing import CliRunner

from orchestrator.cli.get import get
from orchestrator.cli.plan import plan
from orchestrator.cli.when import At


@pytest.mark.parametrize("command", [get, plan])
@pytest.mark.parametrize("when", ["1", "5m", "2026-11-21T08:00:00Z"])
def test_without_a_log_there_is_no_past(tmp_path, monkeypatch, command, when):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orchestrator.yaml").write_text("{}")
    result = CliRunner().invoke(command, ["--at", when])
    message = f"Error: there is no log at {tmp_path}/var/log: name its configuration with --config"
    assert (result.exit_code, result.stderr) == (1, f"{message}\n")


def test_position_zero_is_before_everything():
    assert (At(position=0).until, At(position=7).until) == (0, 7)
    assert (At(position=0).until_ms, At(at_ms=5).until_ms) == (2**63 - 1, 5)
    assert At(at_ms=5).until == 2**63 - 1
