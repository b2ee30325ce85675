"""What is said to systemd, and heard from it."""

import math
import os
import socket
import subprocess
import sys

import pytest

from orchestrator.shell import systemd


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
    """Give the socket on which systemd would listen."""
    name = f"{tmp_path}/notify"
    shown = name if request.param == "path" else f"@wcs-orchestrator-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as raw:
        raw.bind(name if request.param == "path" else "\0" + shown[1:])
        raw.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", shown)
        yield raw


def test_systemd_is_told(manager, monkeypatch):
    monkeypatch.setattr(systemd.time, "monotonic_ns", lambda: 5_000_000)
    systemd.ready("watching 3 nodes")
    systemd.reloading()
    systemd.status("two\nREADY=1")
    systemd.alive()
    systemd.main_process(7)
    systemd.stopping()
    assert [manager.recv(4096) for _ in range(6)] == [
        b"READY=1\nSTATUS=watching 3 nodes",
        b"RELOADING=1\nMONOTONIC_USEC=5000",
        b"STATUS=two READY=1",
        b"WATCHDOG=1",
        b"MAINPID=7",
        b"STOPPING=1",
    ]


@pytest.mark.parametrize("address", [None, "", "vsock:2:1", "/nobody/there"])
def test_without_a_manager_nothing_happens(monkeypatch, address):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.ready()


@pytest.mark.parametrize(
    ("usec", "pid", "every_s"),
    [
        (None, None, math.inf),
        ("30000000", None, 15.0),
        ("30000000", str(os.getpid()), 15.0),
        ("30000000", "1", math.inf),
        ("0", None, math.inf),
        ("soon", None, math.inf),
    ],
)
def test_the_watchdog_wants_a_sign_at_half_its_time(monkeypatch, usec, pid, every_s):
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert systemd.watchdog_s() == every_s


HEIR = """
import os, sys
for place, fd in enumerate(sys.argv[2:], 3):
    os.dup2(int(fd), place)
os.environ["LISTEN_PID"] = sys.argv[1] or str(os.getpid())
from orchestrator.shell import systemd
sockets = systemd.inherited()
print({n: [(s.getsockname(), os.get_inheritable(s.fileno()), s.getblocking()) for s in ss]
       for n, ss in sockets.items()})
print(systemd.inherited(), [name for name in os.environ if name.startswith("LISTEN_")])
"""


def hand_over(tmp_path, *, names: str | None, pid: str = "") -> list[str]:
    """Return what a process prints that begins with two sockets in the places 3 and 4."""
    environment = dict(os.environ, LISTEN_FDS="2", PYTHONPATH=os.pathsep.join(sys.path))
    if names is not None:
        environment["LISTEN_FDNAMES"] = names
    a, b = (socket.socket(socket.AF_UNIX) for _ in "ab")
    with a, b:
        for raw, name in ((a, "a"), (b, "b")):
            raw.bind(f"{tmp_path}/{name}")
            raw.listen()
        places = [os.dup(raw.fileno()) for raw in (a, b)]  # surely not 3 and 4
        done = subprocess.run(
            [sys.executable, "-c", HEIR, pid, *map(str, places)],
            env=environment,
            pass_fds=places,
            capture_output=True,
            text=True,
            check=True,
        )
        for place in places:
            os.close(place)
    return done.stdout.splitlines()


def test_sockets_are_handed_over_by_name(tmp_path):
    a, b = (f"{tmp_path}/{name}" for name in "ab")
    assert hand_over(tmp_path, names="hooks:web") == [
        str({"hooks": [(a, False, False)], "web": [(b, False, False)]}),
        "{} []",
    ]


def test_sockets_without_a_name_are_unknown(tmp_path):
    a, b = (f"{tmp_path}/{name}" for name in "ab")
    assert hand_over(tmp_path, names=None) == [
        str({"unknown": [(a, False, False), (b, False, False)]}),
        "{} []",
    ]


def test_sockets_of_another_process_are_left_alone(tmp_path):
    assert hand_over(tmp_path, names=None, pid="1") == ["{}", "{} []"]


def test_credentials_are_files_of_their_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert systemd.credential("key") is None
    (tmp_path / "key").write_text("canary")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert systemd.credential("key") == tmp_path / "key"
    assert [systemd.credential(name) for name in ("other", "", "..", "../key")] == [None] * 4
