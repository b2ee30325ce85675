"""Durations and sizes as people write them, in documents and on the command line."""

import re
from collections.abc import Mapping
from typing import Final

DURATIONS: Final[Mapping[str, int]] = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}
SIZES: Final[Mapping[str, int]] = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_QUANTITY: Final = re.compile(r"([0-9]{1,15})([A-Za-z]*)", re.ASCII)


def parse_duration(text: str) -> int:
    """Return milliseconds from `500ms`, `30s`, `15m`, `2h` or `7d`.

    Raises:
        ValueError: it is none of these; the message says how to write one.
    """
    return _quantity(text, DURATIONS, "a duration as in 500ms, 30s, 15m, 2h or 7d")


def parse_size(text: str) -> int:
    """Return bytes from `64KiB`, `20MiB` or `20GiB`.

    Raises:
        ValueError: it is none of these; the message says how to write one.
    """
    return _quantity(text, SIZES, "a size as in 64KiB, 20MiB or 20GiB")


def _quantity(text: str, units: Mapping[str, int], words: str) -> int:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        message = f"write {words}"
        raise ValueError(message)
    if match[2] not in units:
        message = (
            f"{'this unit is not known' if match[2] else 'the unit is missing'}: write {words}"
        )
        raise ValueError(message)
    return int(match[1]) * units[match[2]]
