"""Times for people and for JSON: RFC 3339 in UTC with milliseconds, from Unix milliseconds."""

from typing import Final

from orchestrator.core.action import NEVER

DAY_MS: Final = 86_400_000
ERA_DAYS: Final = 146_097  # days in 400 years
EPOCH_DAYS: Final = 719_468  # from 0000-03-01 to 1970-01-01


def rfc3339(at_ms: int) -> str:
    """Return a time as text, such as 2026-11-21T08:00:00.000Z."""
    days, rest_ms = divmod(at_ms, DAY_MS)
    year, month, day = _date(days + EPOCH_DAYS)
    seconds, millis = divmod(rest_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{millis:03d}Z"


def _date(days: int) -> tuple[int, int, int]:
    """Return year, month and day, counting years from March so that leap days come last."""
    era, day_of_era = divmod(days, ERA_DAYS)
    leaps = day_of_era // 1460 - day_of_era // 36_524 + day_of_era // 146_096
    year_of_era = (day_of_era - leaps) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def shown(at_ms: int) -> str | None:
    """Return a time as text, None for one that has not come or never will."""
    return rfc3339(at_ms) if 0 < at_ms < NEVER else None
