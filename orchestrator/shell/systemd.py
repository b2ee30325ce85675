"""What systemd tells us and what we tell it: sockets, credentials, readiness, the watchdog.

Plain sockets and environment variables, as sd_notify(3), sd_listen_fds(3) and systemd.exec(5) have
them. Without systemd every function here does nothing, or says that there is nothing. Does not
know why we are ready or stop.
"""

import math
import os
import socket
import time
from pathlib import Path
from typing import Final

_LISTEN_FDS_START: Final = 3
_UNNAMED: Final = "unknown"  # what sd_listen_fds_with_names(3) calls a socket without a name
_STATUS_MAX: Final = 1024  # characters; `systemctl status` shows one line


def ready(status: str = "") -> None:
    """Tell that the start, or a reload, is over."""
    _notify("READY=1", *_status(status))


def status(text: str) -> None:
    """Show one line in `systemctl status`."""
    _notify(*_status(text))


def reloading() -> None:
    """Tell that a reload has begun; `ready` ends it."""
    _notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping(status: str = "") -> None:
    """Tell that the end has begun."""
    _notify("STOPPING=1", *_status(status))


def alive() -> None:
    """Tell the watchdog that work goes on; to be called from the work, not from a timer."""
    _notify("WATCHDOG=1")


def main_process(pid: int) -> None:
    """Tell which process is the service from now on."""
    _notify(f"MAINPID={pid}")


def watchdog_s() -> float:
    """Return how often to call `alive`: half of what systemd waits for; infinity if it does not."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    pid = os.environ.get("WATCHDOG_PID", "")
    if not _is_number(usec) or int(usec) == 0 or pid not in ("", str(os.getpid())):
        return math.inf
    return int(usec) / 1_000_000 / 2


def inherited() -> dict[str, list[socket.socket]]:
    """Return the sockets handed over, by the name that their unit gives them.

    Their variables are taken from the environment, so that no child takes them for its own; a
    second call returns nothing.
    """
    pid = os.environ.pop("LISTEN_PID", "")
    count = os.environ.pop("LISTEN_FDS", "")
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not _is_number(count):
        return {}
    sockets: dict[str, list[socket.socket]] = {}
    for index in range(int(count)):
        raw = socket.socket(fileno=_LISTEN_FDS_START + index)
        raw.set_inheritable(False)
        raw.setblocking(False)
        name = names[index] if index < len(names) else ""
        sockets.setdefault(name or _UNNAMED, []).append(raw)
    return sockets


def credential(name: str) -> Path | None:
    """Return where a credential of the service can be read; None when it has none of that name."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder or "/" in name or name in ("", ".", ".."):
        return None
    path = Path(folder, name)
    return path if path.is_file() else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _status(text: str) -> tuple[str, ...]:
    """Return the line that shows a text; a line break in it cannot begin a line of its own."""
    line = " ".join(text.split())[:_STATUS_MAX]
    return (f"STATUS={line}",) if line else ()


def _notify(*lines: str) -> None:
    """Send lines to systemd, if it wants any.

    A manager that does not listen, as during its own restart, is no reason for us to fail.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not lines or address[:1] not in ("/", "@"):
        return
    if address.startswith("@"):  # the abstract name space
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as raw:
        raw.setblocking(False)  # the work loop does not wait for the manager
        try:
            raw.sendto("\n".join(lines).encode(), address)
        except OSError:
            return
