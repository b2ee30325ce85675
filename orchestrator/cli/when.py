"""WHEN: a position (`1234`), a time (RFC 3339), or a duration back (`15m`, `2h`, `7d`)."""

import re
from datetime import UTC, datetime
from typing import Final

import click
from attrs import frozen

from orchestrator.cli.ask import now_ms

UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION: Final = re.compile(r"(?:\d+(?:ms|[smhd]))+")
PART: Final = re.compile(r"(\d+)(ms|[smhd])")


@frozen
class At:
    """A position in the log, or a time in Unix milliseconds; the other is 0."""

    position: int = 0
    at_ms: int = 0

    @property
    def until(self) -> int:
        """Return the last position that belongs to it; 0 is before everything."""
        return self.position if self.position or not self.at_ms else 2**63 - 1

    @property
    def until_ms(self) -> int:
        """Return the last time that belongs to it."""
        return self.at_ms or 2**63 - 1


class When(click.ParamType[At]):
    """Reads WHEN; a duration counts back from now."""

    name = "WHEN"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> At:
        """Return the moment that a text means."""
        if isinstance(value, At):
            return value
        said = str(value)
        if said.isdecimal():
            return At(position=int(said))
        if DURATION.fullmatch(said):
            return At(at_ms=now_ms() - duration_ms(said))
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            self.fail(
                f"{said!r} is no position (1234), no time (2026-11-21T08:00:00Z) "
                "and no duration back (15m, 2h, 7d)",
                param,
                ctx,
            )
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return At(at_ms=int(moment.timestamp() * 1000))


def duration_ms(said: str) -> int:
    """Return a duration that `DURATION` matches, in milliseconds."""
    return sum(int(number) * UNITS[unit] for number, unit in PART.findall(said))


class Duration(click.ParamType[float]):
    """Reads a duration such as 30s; gives seconds."""

    name = "DURATION"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        if isinstance(value, float):
            return value
        said = str(value)
        if not DURATION.fullmatch(said):
            self.fail(f"{said!r} is no duration: write 30s, 5m or 1h30m", param, ctx)
        return duration_ms(said) / 1000
