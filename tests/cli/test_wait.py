"""`wait` says that it is so only when it is so."""

import pytest
from click.testing import CliRunner

from orchestrator.cli import wait
from orchestrator.cli.ask import Refused
from orchestrator.errors import DaemonAbsent

READY = {"resource": "transponder/b", "name": "b", "node": "n", "phase": "Ready",
         "reason": "unverified", "settled": True}  # fmt: skip


@pytest.fixture(autouse=True)
def daemon(tmp_path, monkeypatch):
    """Stand in for a daemon that has one resource, `b` on the node `n`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orchestrator.yaml").write_text("{}")

    def answered(_control, _method, _path, query):
        if missing := [name for name in query.get("name", []) if name != "b"]:
            raise Refused(404, f"{', '.join(missing)}: not declared and not ours")
        return [READY] if query.get("node", ["n"]) == ["n"] and "label" not in query else []

    monkeypatch.setattr(wait, "request", answered)


def waited(*arguments):
    result = CliRunner().invoke(wait.wait, [*arguments, "--timeout", "0s"])
    return result.exit_code, result.stderr


def test_gone_means_all_of_them():
    assert waited("a", "--for", "Gone") == (0, "")
    assert waited("a", "b", "--for", "Gone") == (3, "transponder/b: Ready (unverified)\n")


@pytest.mark.parametrize("filters", [["--node", "typo"], ["-l", "role=typo"]])
def test_nothing_is_not_ready(filters):
    message = "Error: nothing is declared that fits: check names, labels and nodes\n"
    assert waited(*filters, "--for", "Ready") == (1, message)


def test_nothing_is_settled_and_gone():
    assert waited("--node", "empty", "--for", "Settled") == (0, "")
    assert waited("--node", "empty", "--for", "Gone") == (0, "")


def test_what_is_so_is_so_at_once():
    assert waited("b", "--for", "Ready") == (0, "")


def test_a_daemon_that_was_just_started_is_waited_for(monkeypatch):
    answers = iter([DaemonAbsent("c", "x"), DaemonAbsent("c", "x"), [READY]])

    def answered(*_):
        answer = next(answers)
        if isinstance(answer, DaemonAbsent):
            raise answer
        return answer

    monkeypatch.setattr(wait, "request", answered)
    monkeypatch.setattr(wait, "EVERY_S", 0)
    result = CliRunner().invoke(wait.wait, ["b", "--for", "Ready"])
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("timeout", ["0s", "1h"])
def test_one_that_was_not_is_not_waited_for_long(monkeypatch, timeout):
    absent = DaemonAbsent("c", "x")

    def answered(*_):
        raise absent

    monkeypatch.setattr(wait, "request", answered)
    monkeypatch.setattr(wait, "START_S", 0)
    result = CliRunner().invoke(wait.wait, ["b", "--for", "Ready", "--timeout", timeout])
    assert (result.exit_code, result.stderr) == (1, f"Error: {absent}\n")
