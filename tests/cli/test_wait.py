"""`wait` says that it is so only when it is so."""

import pytest
from click.testing import CliRunner

from orchestrator.cli import wait
from orchestrator.cli.ask import Refused

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
