"""What the daemon says to people: an event name and key-values, one line each.

structlog gives the words, this file the way out: native fields to journald, else lines with a
priority where systemd reads stderr, else lines for a terminal. Knows no secret: whoever has one
does not say it. Nothing here waits, and a journal that cannot take a line is no reason to stop.
"""

import json
import logging
import os
import re
import socket
import struct
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

JOURNALD: Final = Path("/run/systemd/journal/socket")

VALUE_MAX_BYTES: Final = 2048  # a body is told by its ends; the log has the whole of it
_CUT: Final = " … "
_NAME_MAX: Final = 64  # journald drops fields with longer names
_PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_COLOURS: Final = {"debug": "2", "warning": "33", "error": "31", "critical": "1;31"}
_OURS: Final = frozenset({"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "EVENT"})

Write = Callable[[str, Mapping[str, str]], None]
"""Takes a level and the cut values by name, the event's name among them as `event`."""


def configure(
    level: str = "info", *, identifier: str = "orchestrator", journald: Path = JOURNALD
) -> None:
    """Make structlog say everything from `level` on, the way that fits where stderr leads."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _Out(_way_out(identifier, journald, sys.stderr)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _way_out(identifier: str, journald: Path, stderr: TextIO) -> Write:
    if not _is_journal(stderr):
        return _TerminalLines(stderr)
    lines = _PriorityLines(stderr)
    return _Journald(journald, identifier, lines) if journald.is_socket() else lines


def _is_journal(stderr: TextIO) -> bool:
    """Return whether systemd reads our stderr, by the file that JOURNAL_STREAM names."""
    try:
        status = os.fstat(stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class _Out:
    """The last of the processors: cuts the values and writes them."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def __call__(self, _logger: Any, _name: str, said: MutableMapping[str, Any]) -> str:
        level = str(said.pop("level", "info"))
        self._write(level, {name: cut(str(value)) for name, value in said.items()})
        return ""


def cut(text: str) -> str:
    """Return at most 2 KiB of a text: its beginning, and its end, the point of a traceback."""
    data = text.encode(errors="backslashreplace")
    if len(data) <= VALUE_MAX_BYTES:
        return data.decode()
    half = (VALUE_MAX_BYTES - len(_CUT.encode())) // 2
    return data[:half].decode(errors="ignore") + _CUT + data[-half:].decode(errors="ignore")


def line(values: Mapping[str, str]) -> str:
    """Return `event key=value …`, one line; what could mislead a reader or a terminal is quoted."""
    rest = [f"{name}={_quoted(value)}" for name, value in values.items() if name != "event"]
    event = values.get("event", "")
    return " ".join([event if event.isprintable() else _quoted(event), *rest])


def _quoted(value: str) -> str:
    if value and value.isprintable() and not any(c in ' "=' for c in value):
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _priority(level: str) -> int:
    return _PRIORITIES.get(level, _PRIORITIES["info"])


class _TerminalLines:
    """Lines for people, with the time of day, and colours if stderr is a terminal."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr
        self._has_colours = stderr.isatty() and "NO_COLOR" not in os.environ

    def __call__(self, level: str, values: Mapping[str, str]) -> None:
        clock = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
        text = f"{clock} {level:<8} {line(values)}"
        if self._has_colours and level in _COLOURS:
            text = f"\033[{_COLOURS[level]}m{text}\033[0m"
        _print(self._stderr, text)


class _PriorityLines:
    """Lines as systemd reads them from stderr: sd-daemon(3)."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr

    def __call__(self, level: str, values: Mapping[str, str]) -> None:
        _print(self._stderr, f"<{_priority(level)}>{line(values)}")


def _print(stderr: TextIO, text: str) -> None:
    try:
        stderr.write(text + "\n")
        stderr.flush()
    except (OSError, ValueError):
        return  # nobody reads it any more


class _Journald:
    """Native fields to journald, one datagram an event; what it does not take goes to stderr."""

    def __init__(self, path: Path, identifier: str, otherwise: Write) -> None:
        self._path = str(path)
        self._identifier = identifier
        self._otherwise = otherwise

    def __call__(self, level: str, values: Mapping[str, str]) -> None:
        fields = {
            "MESSAGE": line(values),
            "PRIORITY": str(_priority(level)),
            "SYSLOG_IDENTIFIER": self._identifier,
            "EVENT": values.get("event", ""),
        }
        fields |= {field_name(name): value for name, value in values.items() if name != "event"}
        data = b"".join(_field(name, value) for name, value in fields.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as raw:
            raw.setblocking(False)
            try:
                raw.sendto(data, self._path)
            except OSError:
                self._otherwise(level, values)


def field_name(name: str) -> str:
    """Return a key as journald takes it: upper-case letters, digits and `_`, a letter first."""
    safe = re.sub(r"[^A-Z0-9_]", "_", name.upper()).lstrip("_0123456789") or "FIELD"
    safe = safe[:_NAME_MAX]
    return f"X_{safe}"[:_NAME_MAX] if safe in _OURS else safe


def _field(name: str, value: str) -> bytes:
    """Return one field of systemd's native protocol; a value with line breaks tells its length."""
    data = value.encode()
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
