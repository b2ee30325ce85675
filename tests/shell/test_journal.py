"""What people read, and what journald gets."""

import io
import logging
import os
import socket
import struct
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.shell import journal


@pytest.fixture(autouse=True)
def _unconfigured(monkeypatch):
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    yield
    structlog.reset_defaults()


@pytest.fixture
def stderr(tmp_path):
    """Give a file to be put in the place of stderr."""
    with (tmp_path / "stderr").open("w+") as file:
        yield file


@pytest.fixture
def configure(stderr, monkeypatch):
    """Give `journal.configure`, with stderr in place: pytest puts its own there before a test."""

    def replaced(**options):
        monkeypatch.setattr(sys, "stderr", stderr)
        journal.configure(**options)

    return replaced


def said(file) -> str:
    file.seek(0)
    return file.read()


def under_systemd(monkeypatch, file):
    status = os.fstat(file.fileno())
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")


def test_people_read_lines(configure, stderr):
    configure()
    structlog.get_logger().info("action_started", node="wcs1", why="a rule\nof mine", n=1)
    structlog.get_logger().debug("not_told")
    assert said(stderr)[9:] == 'info     action_started node=wcs1 why="a rule\\nof mine" n=1\n'


def test_a_terminal_gets_colours(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    journal.configure()
    structlog.get_logger().warning("held", key="a\033[2J")
    shown = terminal.getvalue()
    assert (shown[:5], shown[14:]) == ("\033[33m", 'warning  held key="a\\u001b[2J"\033[0m\n')


def test_systemd_reads_priorities_from_stderr(configure, stderr, monkeypatch, tmp_path):
    under_systemd(monkeypatch, stderr)
    configure(journald=tmp_path / "none")
    for level in ("info", "warning", "error", "critical"):
        structlog.get_logger().log(logging.getLevelNamesMapping()[level.upper()], "event", a="b")
    assert said(stderr) == "".join(f"<{n}>event a=b\n" for n in (6, 4, 3, 2))


@pytest.fixture
def journald(tmp_path):
    """Give the socket on which journald would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as raw:
        raw.bind(f"{tmp_path}/journald")
        raw.setblocking(False)
        yield raw


def test_journald_gets_fields(configure, stderr, monkeypatch, journald, tmp_path):
    under_systemd(monkeypatch, stderr)
    configure(journald=tmp_path / "journald")
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(node="wcs1"):
        log.warning("held", message="two\nlines", **{"9-why": "é"})
    assert (
        journald.recv(65536)
        == (
            'MESSAGE=held message="two\\nlines" 9-why=é node=wcs1\n'
            "PRIORITY=4\nSYSLOG_IDENTIFIER=orchestrator\nEVENT=held\n"
        ).encode()
        + b"X_MESSAGE\n"
        + struct.pack("<Q", 9)
        + b"two\nlines\n"
        + ("WHY=é\nNODE=wcs1\n").encode()
    )
    assert said(stderr) == ""


def test_what_journald_does_not_take_goes_to_stderr(
    configure, stderr, monkeypatch, journald, tmp_path
):
    under_systemd(monkeypatch, stderr)
    configure(journald=tmp_path / "journald")
    (tmp_path / "journald").unlink()
    structlog.get_logger().info("event")
    assert said(stderr) == "<6>event\n"
    assert journald.fileno() > 0


def test_a_traceback_keeps_its_end(configure, stderr):
    configure()
    try:
        float("x" * 5000 + "the point")
    except ValueError:
        structlog.get_logger().exception("crashed")
    assert "Traceback" in said(stderr)
    assert "xthe point" in said(stderr)


def test_a_closed_stderr_stops_nobody(configure, stderr):
    configure()
    stderr.close()
    structlog.get_logger().info("event")


@given(st.text())
def test_a_value_is_at_most_two_kibibytes(text):
    long = text * 100
    assert len(journal.cut(long).encode()) <= journal.VALUE_MAX_BYTES
    if len(text.encode(errors="backslashreplace")) <= journal.VALUE_MAX_BYTES:
        assert journal.cut(text) == text.encode(errors="backslashreplace").decode()


@given(st.text(), st.text())
def test_an_event_is_one_line(event, value):
    text = journal.line({"event": event, "key": value})
    assert text.isprintable()
    assert len(text.splitlines()) <= 1


@given(st.text())
def test_a_field_has_a_name_that_journald_takes(name):
    field = journal.field_name(name)
    assert field[0].isalpha()
    assert field.isascii()
    assert field.upper() == field
    assert len(field) <= 64
    assert field not in {"MESSAGE", "PRIORITY"}
