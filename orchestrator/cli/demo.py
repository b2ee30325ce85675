"""`orchestrator demo`: a studio on three emulated nodes, with faults, live in the terminal."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli.ask import Refused, request
from orchestrator.cli.children import Children, emulated, free_ports
from orchestrator.cli.when import Duration
from orchestrator.errors import DaemonAbsent, OrchestratorError

NODES: Final = ("wcs1", "wcs2", "edge1")
STREAMS: Final = ("wcs1/guest-anna", "wcs1/guest-ben")
TOKEN: Final = "demo"  # noqa: S105 - the nodes are emulated and the port is on loopback
START_S: Final = 30.0
REPAIR_S: Final = 45.0
PAUSE_S: Final = 3.0
EVERY_S: Final = 0.25

CONFIGURATION: Final = """\
log: {{path: log}}
state: {state}
rules: {rules}
control: control.sock
hooks: {{listen: "127.0.0.1:{hooks}"}}
nodes:
  wcs1: {{url: "http://127.0.0.1:{wcs1}/rest-api", ws: "ws://127.0.0.1:8080", hookToken: {token}}}
  wcs2: {{url: "http://127.0.0.1:{wcs2}/rest-api", hookToken: {token}}}
  edge1: {{url: "http://127.0.0.1:{edge1}/rest-api", hookToken: {token}, labels: {{role: edge}}}}
timing: {{looks: {{mixers: 2s, pulls: 2s, transponders: 5s}}}}
"""


@click.command()
@click.option(
    "--state",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default="state",
    show_default=True,
    help="What to declare.",
)
@click.option("--rules", type=click.Path(path_type=Path), default="rules", show_default=True)
@click.option("--for", "lasting", type=Duration(), help="End by itself after that long.")
def demo(state: Path, rules: Path, lasting: float | None) -> None:
    """Start three emulated nodes and a daemon, break things, and show how they are repaired."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have had the first ignored
        signal.signal(number, signal.default_int_handler)
    end = time.monotonic() + lasting if lasting is not None else float("inf")
    with tempfile.TemporaryDirectory(prefix="orchestrator-demo-") as name:
        try:
            with Children() as children:
                ports = dict(zip((*NODES, "hooks"), free_ports(len(NODES) + 1), strict=True))
                _play(Stage(Path(name), children, ports, end), state, rules)
        except KeyboardInterrupt:
            click.echo("\nending; nothing is left running")
        except OrchestratorError as error:
            raise click.ClickException(f"{error}\n{_journal(Path(name))}") from error


class Stage:
    """Where the demo plays: a folder, the programs that run, and when it ends."""

    def __init__(self, folder: Path, children: Children, ports: dict[str, int], end: float) -> None:
        self.folder = folder
        self.children = children
        self.ports = ports
        self.end = end

    @property
    def control(self) -> Path:
        """Return the daemon's control socket."""
        return self.folder / "control.sock"

    def rows(self) -> list[dict[str, Any]]:
        """Return the resources as the daemon sees them now."""
        rows: list[dict[str, Any]] = request(self.control, "GET", "/api/v1/resources")
        return rows


def _play(stage: Stage, state: Path, rules: Path) -> None:
    config = stage.folder / "orchestrator.yaml"
    config.write_text(
        CONFIGURATION.format(
            state=state.absolute(), rules=rules.absolute(), token=TOKEN, **stage.ports
        )
    )
    click.echo("starting three emulated Web Call Servers and a daemon")
    nodes = [word for name in NODES for word in ("--node", f"{name}={stage.ports[name]}")]
    published = [word for stream in STREAMS for word in ("--publish", stream)]
    hooks = f"http://127.0.0.1:{stage.ports['hooks']}/hooks/{{node}}/{TOKEN}"
    journal = stage.folder / "journal.log"
    stage.children.start(["run", "--config", str(config)], journal)
    _wait_answering(stage)
    stage.children.start(
        ["emulate", *nodes, "--hooks", hooks, "--come-and-go", *published],
        stage.folder / "emulator.log",
    )
    click.echo(f"hooks are taken at {hooks.format(node='NODE')}; the page comes in a later version")
    program = sys.argv[0] if Path(sys.argv[0]).name == "orchestrator" else "orchestrator"
    click.echo(f"try, in another terminal:  {program} get --config {config}")
    with _screen() as draw:
        _wait_converged(stage, draw, time.monotonic(), "converged", len(stage.rows()))
        for text, node, path, body in FAULTS:
            _pause(stage, draw, PAUSE_S)
            ready = _count_ready(stage.rows())
            draw.say(f"fault: {text}")
            emulated(stage.ports[node], path, body)
            began = time.monotonic()
            _wait_noticed(stage, draw, ready)
            _wait_converged(stage, draw, began, "repaired", ready)
        draw.say("that was all; it goes on until Ctrl-C")
        while True:
            _pause(stage, draw, 3600)


FAULTS: Final = (
    (
        "a transponder of the show vanishes, without a word",
        "wcs1",
        "/emulator/object/vanish",
        {"sort": "transponder", "source": "show"},
    ),
    (
        "the mixer of the show breaks down, and with it all that reads the show",
        "wcs1",
        "/emulator/object/vanish",
        {"sort": "mixer"},
    ),
    ("wcs2 restarts and forgets everything", "wcs2", "/emulator/restart", {"down_s": 2}),
)


def _wait_answering(stage: Stage) -> None:
    deadline = time.monotonic() + START_S
    while True:
        stage.children.check()
        try:
            request(stage.control, "GET", "/api/v1/status")
        except DaemonAbsent:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _count_ready(rows: list[dict[str, Any]]) -> int:
    return sum(row["phase"] == "Ready" for row in rows)


def _wait_noticed(stage: Stage, draw: "Drawing", ready: int) -> None:
    """Wait until fewer are Ready than before a fault; a silent one shows with the next look."""
    deadline = time.monotonic() + REPAIR_S
    while time.monotonic() < deadline:
        rows = stage.rows()
        draw.show(rows)
        if _count_ready(rows) < ready:
            return
        _pause(stage, draw, EVERY_S / 5)


def _wait_converged(stage: Stage, draw: "Drawing", began: float, word: str, ready: int) -> None:
    deadline = began + REPAIR_S
    while time.monotonic() < deadline:
        rows = stage.rows()
        draw.show(rows)
        if _count_ready(rows) >= ready and all(row["settled"] for row in rows):
            seconds = time.monotonic() - began
            draw.say(f"{word} in {seconds:.1f} s: {_count_ready(rows)} of {len(rows)} Ready")
            return
        _pause(stage, draw, EVERY_S)
    draw.say(f"not {word} within {REPAIR_S:.0f} s; `orchestrator status` tells why")


def _pause(stage: Stage, draw: "Drawing", seconds: float) -> None:
    until = min(time.monotonic() + seconds, stage.end)
    while time.monotonic() < until:
        time.sleep(min(EVERY_S, max(0.0, until - time.monotonic())))
        stage.children.check()
        with suppress(Refused):
            draw.show(stage.rows())
    if time.monotonic() >= stage.end:
        raise KeyboardInterrupt


class Drawing:
    """What the demo shows: on a terminal a table that changes, elsewhere lines when they change."""

    def __init__(self, live: Any = None) -> None:
        self._live = live
        self._said: list[str] = []
        self._phases: dict[str, str] = {}

    def say(self, text: str) -> None:
        """Add a line to the story."""
        self._said.append(text)
        if self._live is None:
            click.echo(text)

    def show(self, rows: list[dict[str, Any]]) -> None:
        """Show resources as they are now."""
        if self._live is not None:
            self._live.update(_table(rows, self._said))
            return
        for row in rows:
            name = f"{row['resource']} on {row['node']}"
            phase = row["phase"] + (f" ({row['reason']})" if row["phase"] != "Ready" else "")
            if self._phases.get(name) != phase:
                self._phases[name] = phase
                click.echo(f"  {name}: {phase}")


@contextmanager
def _screen() -> Iterator[Drawing]:
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        yield Drawing()
        return
    from rich.live import Live  # noqa: PLC0415 - slow to import, and only for a terminal

    with Live(refresh_per_second=8, screen=False) as live:
        yield Drawing(live)


def _table(rows: list[dict[str, Any]], said: list[str]) -> Any:
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from orchestrator.cli.show import COLOURS, age  # noqa: PLC0415

    table = Table("RESOURCE", "NODE", "PHASE", "REASON", "AGE", box=None, pad_edge=False)
    for row in rows:
        phase = Text(row["phase"], style=COLOURS[row["phase"]])
        table.add_row(row["resource"], row["node"], phase, row["reason"], age(row["since"]))
    return Group(*(Text(line) for line in said[-8:]), Text(""), table)


def _journal(folder: Path) -> str:
    path = folder / "journal.log"
    return "\n".join(path.read_text().splitlines()[-10:]) if path.is_file() else ""
