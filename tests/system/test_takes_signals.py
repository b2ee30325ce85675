"""What systemd and administrators tell the daemon, and what it tells them."""

import http.client
import json
import signal
import socket
import ssl
import time
from pathlib import Path

import pytest
import trustme

from tests.system.system import TOKEN, URL, System, eventually

END_S = 6
HOOK = {"nodeId": "n", "appKey": "defaultApp", "sessionId": "s", "name": "x", "status": "FAILED"}


class Manager:
    """The datagram socket of a service manager."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)
        self.heard = []

    def lines(self):
        """Return all lines that have come so far."""
        while True:
            try:
                self.heard += self.socket.recv(65_536).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def wait(self, line, within_s=5):
        return eventually(lambda: line in self.lines(), within_s)

    def close(self):
        self.socket.close()


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.close()


def post(connection):
    body = json.dumps(HOOK)
    connection.request("POST", f"/hooks/wcs1/{TOKEN}/StreamStatusEvent", body)
    response = connection.getresponse()
    response.read()
    return response.status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_time_and_says_so_last(running, figure, number):
    running.declare(youtube=("show", URL))
    running.command("reload")
    running.publish("show")
    running.wait_transponders(("show", URL))
    idle = http.client.HTTPConnection("127.0.0.1", running.hook_port)
    assert post(idle) == 200
    began = time.monotonic()
    running.daemon.send_signal(number)
    assert running.daemon.wait(15) == 0
    took_s = time.monotonic() - began
    idle.close()
    figure(f"{signal.Signals(number).name} to the end: {took_s:.2f} s")
    assert took_s < END_S
    assert running.entries()[-1]["type"] == "DaemonStopped"
    # What runs is not the daemon's life, and a start does not touch it.
    assert running.transponders() == [("show", URL)]
    running.run()
    running.wait_phase(youtube="Ready")
    assert running.mutations() == ["/push/startup"]


def test_it_ends_in_time_although_a_node_hangs(running):
    running.declare(youtube=("show", URL))
    running.command("reload")
    running.publish("show")
    running.wait_phase(youtube="Ready")
    running.pull("faults", rest_hangs=1, rest_groups=["/push/terminate"])
    running.declare(youtube=("show", f"{URL}2"))
    running.command("reload")
    eventually(lambda: running.mutations()[-1] == "/push/terminate")
    code, took_s = running.stop()
    assert code == 0
    assert took_s < END_S
    assert running.entries()[-1]["type"] == "DaemonStopped"


def test_a_hangup_reads_the_documents_again(running):
    running.declare(youtube=("show", URL))
    running.daemon.send_signal(signal.SIGHUP)
    running.wait_phase(youtube="Waiting")
    running.config.write_text("nodes: 5\n")
    running.daemon.send_signal(signal.SIGHUP)
    eventually(lambda: "orchestrator.yaml:1:" in running.said())
    assert running.phases() == {"youtube": "Waiting"}


def test_a_hangup_during_the_start_does_not_end_it(system):
    for _ in range(3):
        system.run(is_waited=False)
        eventually(lambda: catches(system.daemon.pid, signal.SIGHUP), 15, 0.001)
        for _ in range(5):
            system.daemon.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        system.wait_answering()
        assert system.stop()[0] == 0, system.said()


def catches(pid, number):
    """Return whether a process has a handler for a signal, from proc(5)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return int(line.split()[1], 16) & 1 << (number - 1)
    return 0


def test_changed_files_are_read_without_being_told(tmp_path, figure):
    with System(tmp_path, watch=True) as system:
        system.run()
        system.emulate()
        for name in ("one", "two"):
            system.declare(f"{name}.yaml", **{name: ("show", f"{URL}{name}")})
            _, took_s = eventually(lambda name=name: name in system.phases())
            figure(f"from the changed file to the resource: {took_s:.1f} s")
        (system.state / "two.yaml").unlink()
        eventually(lambda: "two" not in system.phases())


def test_systemd_hears_of_everything(system, manager):
    environment = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000000"}
    system.run(environment=environment)
    manager.wait("READY=1")
    manager.wait("WATCHDOG=1")
    assert any(line.startswith("STATUS=") for line in manager.lines())
    manager.heard.clear()
    system.declare(youtube=("show", URL))
    system.daemon.send_signal(signal.SIGHUP)
    manager.wait("READY=1")
    heard = manager.lines()
    assert heard.index("RELOADING=1") < heard.index("READY=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in heard)
    # The node is not there at all: the daemon waits for it, and lives.
    manager.heard.clear()
    manager.wait("WATCHDOG=1")
    assert system.stop()[0] == 0
    assert "STOPPING=1" in manager.lines()


def test_a_socket_that_is_handed_over_is_used_and_outlives_the_daemon(system):
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    # LISTEN_PID is the process itself, so a small program sets it and becomes the daemon.
    become = (
        "import os, sys; os.environ['LISTEN_PID'] = str(os.getpid()); "
        f"os.dup2({listening.fileno()}, 3, inheritable=True); "
        "os.execv(sys.executable, [sys.executable, '-m', 'orchestrator', *sys.argv[1:]])"
    )
    environment = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "hooks"}

    def run():
        system.daemon = system.begin(
            "run", "--config", str(system.config), program=["-c", become],
            environment=environment, pass_fds=(listening.fileno(),),
        )  # fmt: skip
        system.wait_answering()

    run()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    assert post(connection) == 200
    connection.close()
    with pytest.raises(OSError, match="refused"):
        system.hook(HOOK)
    assert system.stop()[0] == 0
    waiting = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    waiting.connect()
    run()
    assert post(waiting) == 200
    waiting.close()
    assert system.stop()[0] == 0
    listening.close()
    assert len(system.entries("HookReceived")) == 2


def test_hooks_come_in_by_a_unix_socket(tmp_path):
    path = tmp_path / "hooks.sock"
    with System(tmp_path, hooks={"listen": f"unix:{path}"}) as system:
        system.run()
        for _ in range(2):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.settimeout(10)
                raw.connect(str(path))
                connection = http.client.HTTPConnection("hooks")
                connection.sock = raw
                assert post(connection) == 200
            # One that was killed leaves its socket behind; the next takes its place.
            system.kill()
            system.run()
        assert len(system.entries("HookReceived")) == 2


def test_hooks_come_in_by_tls_and_a_renewed_certificate_is_taken(tmp_path):
    authority = trustme.CA()
    certificate, key = tmp_path / "hooks.pem", tmp_path / "hooks.key"

    def issue():
        leaf = authority.issue_cert("localhost")
        leaf.cert_chain_pems[0].write_to_path(str(certificate))
        leaf.private_key_pem.write_to_path(str(key))

    issue()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with System(tmp_path) as system:
        tls = {"certificate": "hooks.pem", "key": "hooks.key"}
        system.configure(hooks={"listen": f"127.0.0.1:{system.hook_port}", "tls": tls})
        system.run()
        serials = []
        for _ in range(2):
            connection = http.client.HTTPSConnection(
                "localhost", system.hook_port, context=context, timeout=10
            )
            connection.connect()
            serials.append(connection.sock.getpeercert()["serialNumber"])
            assert post(connection) == 200
            connection.close()
            issue()
            assert system.command("reload")[0] == 0
        assert serials[0] != serials[1]
        with pytest.raises((OSError, http.client.HTTPException)):
            system.hook(HOOK)
        assert len(system.entries("HookReceived")) == 2


def test_a_certificate_that_is_half_written_is_named_and_not_taken(tmp_path):
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    leaf.cert_chain_pems[0].write_to_path(str(tmp_path / "hooks.pem"))
    leaf.private_key_pem.write_to_path(str(tmp_path / "hooks.key"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with System(tmp_path) as system:
        tls = {"certificate": "hooks.pem", "key": "hooks.key"}
        system.configure(hooks={"listen": f"127.0.0.1:{system.hook_port}", "tls": tls})
        system.run()
        (tmp_path / "hooks.key").write_text("half a key")
        code, _, stderr = system.command("reload")
        assert code == 1
        assert f"{tmp_path}/hooks.pem with {tmp_path}/hooks.key:1:1: " in stderr
        system.daemon.send_signal(signal.SIGHUP)
        system.command("reload")
        connection = http.client.HTTPSConnection(
            "localhost", system.hook_port, context=context, timeout=10
        )
        assert post(connection) == 200
        connection.close()


def test_an_authority_that_is_not_there_stops_its_node_and_no_other(tmp_path):
    with System(tmp_path, ("wcs1", "wcs2")) as system:
        system.run()
        nodes = {**system.values["nodes"]}
        nodes["wcs1"] = {**nodes["wcs1"], "tls": {"ca": "nowhere.pem"}}
        system.configure(nodes=nodes)
        assert system.command("reload")[0] == 0
        code, stdout, _ = system.command("get", "-o", "json")
        assert (code, stdout) == (0, "[]\n")
        reason = f"its tls.ca {tmp_path}/nowhere.pem cannot be taken: No such file or directory"
        eventually(lambda: reason in system.command("status")[1], within_s=15)
