"""WHEN and durations, as they are typed."""

import click
import pytest

from orchestrator.cli import when
from orchestrator.cli.when import At, Duration, When

NOW_MS = 1_800_000_000_000


def reads(kind, said):
    return kind.convert(said, None, None)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("1234", At(position=1234)),
        ("15m", At(at_ms=NOW_MS - 900_000)),
        ("7d", At(at_ms=NOW_MS - 604_800_000)),
        ("2026-11-21T08:00:00.250Z", At(at_ms=1_795_248_000_250)),
        ("2026-11-21T08:00:00", At(at_ms=1_795_248_000_000)),
        ("2026-11-21T09:00:00+01:00", At(at_ms=1_795_248_000_000)),
    ],
)
def test_a_moment_is_a_position_a_time_or_a_duration_back(said, moment, monkeypatch):
    monkeypatch.setattr(when, "now_ms", lambda: NOW_MS)
    assert reads(When(), said) == moment


@pytest.mark.parametrize("said", ["", "yesterday", "5", "15 m", "1h30m", "٣s"])
def test_what_is_no_duration_is_said_to_be_none(said):
    with pytest.raises(click.BadParameter, match="is no duration: "):
        reads(Duration(), said)


@pytest.mark.parametrize("said", ["", "yesterday", "15 m", "-1"])
def test_what_is_no_moment_is_said_to_be_none(said):
    with pytest.raises(click.BadParameter, match="is no position"):
        reads(When(), said)


def test_durations_are_those_of_the_documents():
    assert [reads(Duration(), said) for said in ("500ms", "90s", "2h")] == [0.5, 90.0, 7200.0]
