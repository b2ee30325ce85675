"""Times as text are those that the standard library writes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.web.times import rfc3339

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_MS = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH).total_seconds()) * 1000 + 999


def by_the_library(at_ms):
    text = (EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


@given(st.integers(0, END_MS))
@example(0)
@example(951_782_400_000)  # 29 February 2000
@example(END_MS)
def test_any_millisecond_reads_as_the_library_writes_it(at_ms):
    assert rfc3339(at_ms) == by_the_library(at_ms)


@pytest.mark.parametrize("year", [1970, 1972, 1999, 2000, 2100, 2400, 9999])
def test_every_day_of_a_year_reads_as_the_library_writes_it(year):
    first = int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * 1000
    days = [first + 86_400_000 * day for day in range(365)]
    assert [rfc3339(day) for day in days] == [by_the_library(day) for day in days]
