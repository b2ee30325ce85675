"""What `events` prints for people."""

import pytest
from click.testing import CliRunner

from orchestrator.cli import events

SINCE = "2026-11-21T08:00:00.000Z"


def entry(position, kind, **data):
    return {"position": position, "time": SINCE, "type": kind, "subject": "stream/show",
            "cause": None, "actor": "wcs1", "data": data}  # fmt: skip


@pytest.fixture
def printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orchestrator.yaml").write_text("{}")

    def printed(*told, stale_since=""):
        monkeypatch.setattr(events, "entries", lambda *_: ((one, stale_since) for one in told))
        return CliRunner().invoke(events.events).stdout.splitlines()

    return printed


def test_it_begins_with_how_stale_it_is_even_where_the_first_entry_is_not_shown(printed):
    told = entry(1, "Checkpoint"), entry(2, "HookReceived")
    stale = f"STALE since {SINCE}: no daemon answers; this is what the log tells"
    assert printed(*told, stale_since=SINCE)[0] == stale
    assert len(printed(*told)) == 1


def test_a_client_cannot_steer_the_terminal(printed):
    (line,) = printed(entry(2, "HookReceived", name="a\x1b[2J\x9b2J\u202eb\u2028c é"))
    assert line.endswith(r'{"name": "a\u001b[2J\u009b2J\u202eb\u2028c é"}')
