"""Durations and sizes as people write them."""

import pytest

from orchestrator.core.quantity import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "value"),
    [("500ms", 500), ("30s", 30_000), ("15m", 900_000), ("2h", 7_200_000), ("7d", 604_800_000)],
)
def test_reads_durations(text, value):
    assert parse_duration(text) == value


@pytest.mark.parametrize(("text", "value"), [("1B", 1), ("64KiB", 65_536), ("20GiB", 20 * 2**30)])
def test_reads_sizes(text, value):
    assert parse_size(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "write a duration"), ("-5s", "write a duration"), ("5", "the unit is missing"),
     ("5S", "this unit is not known"), ("٣s", "write a duration")],
)  # fmt: skip
def test_says_how_a_quantity_is_written(text, words):
    with pytest.raises(ValueError, match=words):
        parse_duration(text)
