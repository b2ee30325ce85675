"""WHEN: a position (`1234`), a time (RFC 3339), or a duration back (`15m`, `2h`, `7d`)."""

from contextlib import suppress
from datetime import UTC, datetime

import click
from attrs import frozen

from orchestrator.cli.ask import now_ms
from orchestrator.core.quantity import parse_duration


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
        if said.isascii() and said.isdecimal():
            return At(position=int(said))
        at_ms = _at_ms(said)
        if at_ms is None:
            self.fail(
                f"{said!r} is no position (1234), no time (2026-11-21T08:00:00Z) "
                "and no duration back (15m, 2h, 7d)",
                param,
                ctx,
            )
        return At(at_ms=at_ms)


def _at_ms(said: str) -> int | None:
    """Return the time that a duration back or a time means, None where it is neither."""
    for read in (_back, _time):
        with suppress(ValueError):
            return max(1, read(said))  # nothing happened before 1970
    return None


def _back(said: str) -> int:
    return now_ms() - parse_duration(said)


def _time(said: str) -> int:
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


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
        try:
            return parse_duration(said) / 1000
        except ValueError as error:
            self.fail(f"{said!r} is no duration: {error}", param, ctx)
