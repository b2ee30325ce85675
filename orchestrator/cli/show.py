"""Printing for people: columns, ages, colours where they are wanted, a pager where it helps."""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import click
import yaml

from orchestrator.cli.ask import now_ms

COLOURS: Final = {
    "Ready": "green", "Finished": "green", "Waiting": "cyan", "Stopped": "cyan",
    "Paused": "cyan", "Starting": "yellow", "Updating": "yellow", "Stopping": "yellow",
    "Backoff": "red", "Parked": "red", "Held": "magenta", "Unknown": "magenta",
}  # fmt: skip


def stale(since: str) -> None:
    """Say first that what follows is as of then, where it is."""
    if since:
        click.echo(f"STALE since {since}: no daemon answers; this is what the log tells")


def value(answer: Any, form: str) -> None:
    """Print an answer as JSON or YAML."""
    if form == "yaml":
        click.echo(yaml.safe_dump(answer, sort_keys=False, allow_unicode=True), nl=False)
    else:
        click.echo(json.dumps(answer, ensure_ascii=False))


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns; an empty cell reads <none>."""
    cells = [[cell or "<none>" for cell in row] for row in rows]
    widths = [
        max(len(row[column]) for row in [list(headers), *cells]) for column in range(len(headers))
    ]
    lines = [_line(headers, widths), *(_line(row, widths) for row in cells)]
    return "\n".join(lines)


def page(text: str) -> None:
    """Print a text, through $PAGER where it is longer than the terminal."""
    height = shutil.get_terminal_size().lines
    if sys.stdout.isatty() and text.count("\n") > height and os.environ.get("PAGER"):
        click.echo_via_pager(text)
    else:
        click.echo(text)


def phase(word: str) -> str:
    """Return a phase in its colour; click drops it where stdout is no terminal."""
    return word if _is_plain() else click.style(word, fg=COLOURS.get(word))


def printable(text: str) -> str:
    """Return a line with what could steer a terminal (C1, bidirectional overrides) escaped."""
    return "".join(mark if mark.isprintable() else json.dumps(mark)[1:-1] for mark in text)


def age(since: str | None) -> str:
    """Return how long ago a time was: 5s, 12m, 3h, 4d."""
    if not since:
        return ""
    seconds = max(0, (now_ms() - int(datetime.fromisoformat(since).timestamp() * 1000)) // 1000)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def span(seconds: float) -> str:
    """Return a time between two entries: 0.12s, 42s, 12m, 3h."""
    if seconds < 10:
        return f"{seconds:.2f}s"
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def pairs(mapping: Mapping[str, Any]) -> str:
    """Return `a=1,b=2`."""
    return ",".join(f"{name}={mapping[name]}" for name in sorted(mapping))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    line = "  ".join(padded).rstrip()
    for word in cells:
        if word in COLOURS and not _is_plain():
            line = line.replace(word, phase(word), 1)
    return line


def _is_plain() -> bool:
    return bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
