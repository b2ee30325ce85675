"""A real daemon against real emulated nodes: processes, sockets and files, in one folder.

Nothing sleeps for long: whatever is waited for is polled with a deadline. Everything that was
started is ended by its process id.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
TOKEN = "token-of-hooks"
EVERY_S = 0.05
END_S = 15.0
URL = "rtmp://target.lan/live"
READING = ("/find", "/find_all", "/stream/snapshot")


class Late(AssertionError):
    """Something did not come about in time."""


def eventually(question, within_s=5.0, every_s=EVERY_S):
    """Return the first answer that is true, and how long it took to come."""
    began = time.monotonic()
    while True:
        answer = question()
        if answer:
            return answer, time.monotonic() - began
        if time.monotonic() - began > within_s:
            raise Late(f"not within {within_s} s; the last answer was {answer!r}")
        time.sleep(every_s)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


class System:
    """One daemon, its nodes, its documents and its log."""

    def __init__(self, folder, nodes=("wcs1",), **configuration):
        self.folder = Path(folder)
        self.config = self.folder / "orchestrator.yaml"
        self.state = self.folder / "state"
        self.log = self.folder / "log"
        self.control = self.folder / "control.sock"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.environment.pop("NOTIFY_SOCKET", None)
        self.node_names = tuple(nodes)
        self.hook_port, *ports = free_ports(len(nodes) + 1)
        self.ports = dict(zip(nodes, ports, strict=True))
        self.processes = []
        self.daemon = None
        self.outputs = []
        self.heard = []
        self.values = {
            "log": {"path": "log"},
            "state": "state",
            "control": "control.sock",
            "watch": False,
            "hooks": {"listen": f"127.0.0.1:{self.hook_port}"},
            "nodes": {
                name: {"url": f"http://127.0.0.1:{port}/rest-api", "hookToken": TOKEN}
                for name, port in self.ports.items()
            },
        } | configuration
        self.state.mkdir(exist_ok=True)
        self.configure()
        self.declare()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            finally:
                for pipe in (process.stdout, process.stderr):
                    if pipe is not None:
                        pipe.close()

    # Documents.

    def configure(self, **values):
        """Write orchestrator.yaml, with some keys changed."""
        self.values |= values
        self.config.write_text(yaml.safe_dump(self.values, sort_keys=False))

    def rule(self, rules, tables):
        """Write a file of rules, and the tables that it names."""
        folder = self.folder / "rules"
        folder.mkdir(exist_ok=True)
        (folder / "rules.yaml").write_text(yaml.safe_dump(rules, sort_keys=False))
        for name, table in tables.items():
            (folder / name).write_text(json.dumps(table))

    def declare(self, file="main.yaml", /, **transponders):
        """Write a state file: name = (stream, address) or name = {field: value}."""
        lines = {}
        for name, said in transponders.items():
            fields = said if isinstance(said, dict) else {"streamName": said[0], "rtmpUrl": said[1]}
            lines[name] = {"node": self.node_names[0], **fields}
        body = {"transponders": lines} if lines else {}
        (self.state / file).write_text(yaml.safe_dump(body, sort_keys=False))

    # Processes.

    def begin(self, *arguments, program=("-m", "orchestrator"), environment=None, **more):
        """Start a command and leave it running; what it says goes to a file."""
        output = self.folder / f"{arguments[0]}-{len(self.outputs)}.txt"
        self.outputs.append(output)
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *program, *arguments],
                cwd=self.folder, env=self.environment | (environment or {}),
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, **more,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def emulate(self, *arguments, hooks=None, environment=None):
        """Start the nodes; they send their hooks to the daemon, or with "" none."""
        nodes = [word for name, port in self.ports.items() for word in ("--node", f"{name}={port}")]
        if hooks is None:
            hooks = f"http://127.0.0.1:{self.hook_port}/hooks/{{node}}/{TOKEN}"
        process = self.begin(
            "emulate", *nodes, "--hooks", hooks, "--journal", "emulated.jsonl", *arguments,
            environment=environment,
        )  # fmt: skip
        for name in self.node_names:
            eventually(lambda name=name: self.is_up(name), 15)
        return process

    def is_up(self, node):
        try:
            return self.ask_node(node, "GET", "/emulator/objects") is not None
        except OSError:
            return False

    def run(self, *arguments, is_waited=True, **more):
        """Start the daemon and wait until it answers."""
        self.daemon = self.begin("run", "--config", str(self.config), *arguments, **more)
        if is_waited:
            self.wait_answering()
        return self.daemon

    def wait_answering(self, within_s=20.0):
        def is_answering():
            assert self.daemon.poll() is None, f"{self.daemon.returncode}: {self.said()}"
            try:
                return self.ask("GET", "/api/v1/status")[0] == 200
            except OSError:
                return False

        return eventually(is_answering, within_s, 0.02)

    def kill(self):
        """End the daemon as a power cut would."""
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait(END_S)

    def stop(self):
        """End the daemon as systemd would; return its exit code and how long it took."""
        began = time.monotonic()
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(END_S), time.monotonic() - began

    def said(self):
        """Return all that was said by what is still running or has ended."""
        return "".join(path.read_text(errors="replace") for path in self.outputs)

    def command(self, *arguments, within_s=60, environment=None):
        """Run a command to its end; return exit code, stdout and stderr."""
        verb, *rest = arguments
        at = ["--config", str(self.config)]
        place = [verb, rest[0], *at, *rest[1:]] if verb == "log" else [verb, *at, *rest]
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", *place],
            cwd=self.folder, env=self.environment | (environment or {}), check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s,
        )  # fmt: skip
        self.heard.append(f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done.returncode, done.stdout, done.stderr

    # The daemon's sockets.

    def ask(self, method, path, body=None):
        """Return status and JSON of an answer on the control socket."""
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(10)
            raw.connect(str(self.control))
            connection = http.client.HTTPConnection("control")
            connection.sock = raw
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            payload = response.read()
        if response.headers.get_content_type() == "application/jsonl":
            return response.status, [json.loads(line) for line in payload.splitlines()]
        return response.status, json.loads(payload)

    def phases(self):
        """Return name → phase of all resources."""
        return {row["name"]: row["phase"] for row in self.ask("GET", "/api/v1/resources")[1]}

    def wait_phase(self, within_s=15.0, **phases):
        return eventually(lambda: {n: self.phases().get(n) for n in phases} == phases, within_s)

    def position(self):
        return self.ask("GET", "/api/v1/status")[1]["position"]

    def hook(self, body, method="StreamStatusEvent", node="wcs1", token=TOKEN):
        """Post one hook; return status and raw answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.hook_port, timeout=10)
        try:
            connection.request("POST", f"/hooks/{node}/{token}/{method}", json.dumps(body))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def entries(self, *types):
        """Return all entries of the log, oldest first; of some types if they are given."""
        chosen = [word for name in types for word in ("--type", name)]
        code, out, err = self.command("events", "--all", "-o", "json", *chosen)
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()]

    # The nodes' strings.

    def ask_node(self, node, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[node], timeout=10)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            payload = response.read()
        finally:
            connection.close()
        return json.loads(payload) if payload else None

    def pull(self, what, node=None, **fields):
        """Have something happen on a node."""
        return self.ask_node(node or self.node_names[0], "POST", f"/emulator/{what}", fields)

    def publish(self, name, node=None):
        said = self.pull("publish", node, name=name)
        assert said.get("status") == "PUBLISHING", said

    def journal(self, node=None, after=0):
        """Return what a node wrote down itself."""
        node = node or self.node_names[0]
        entries = self.ask_node(node, "GET", f"/emulator/journal?after={after}")
        return [entry for entry in entries if entry["node"] == node]

    def transponders(self, node=None):
        """Return (stream, address) of what really runs."""
        objects = self.ask_node(node or self.node_names[0], "GET", "/emulator/objects")
        found = objects["transponders"].values()
        return sorted((one["source"], one["rtmpUrl"]) for one in found)

    def wait_transponders(self, *wanted, within_s=5.0, node=None):
        return eventually(lambda: self.transponders(node) == sorted(wanted), within_s)

    def mutations(self, node=None, after=0):
        """Return the calls of the daemon that change something."""
        return [
            entry["what"]
            for entry in self.journal(node, after)
            if (entry["kind"], entry["by"]) == ("rest", "rest")
            and not entry["what"].endswith(READING)
        ]

    def started_twice(self, node=None):
        """Return what came while an equal one was there, and how often each came."""
        alive, twice, came = {}, [], Counter()
        for entry in self.journal(node):
            match entry["what"]:
                case "transponder came":
                    target = entry["detail"]["source"], entry["detail"]["rtmpUrl"]
                    if target in alive.values():
                        twice.append(target)
                    alive[entry["object"]] = target
                    came[target] += 1
                case "transponder went":
                    alive.pop(entry["object"], None)
                case _:
                    pass
        return twice, came
