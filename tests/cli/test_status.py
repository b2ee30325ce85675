"""What `status` shows where no daemon is."""

from orchestrator.cli.status import _screen

STATUS = {
    "version": "", "started": None, "position": 27, "phases": {}, "nodes": [], "log": "",
    "tailLost": 0, "notWell": [], "held": [], "rejected": [], "refusedHooks": [],
}  # fmt: skip


def test_without_a_daemon_nothing_is_said_of_one():
    assert _screen(STATUS) == ["log at position 27", "resources: none"]
