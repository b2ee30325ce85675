"""`orchestrator emulate`: nodes that are none, on real ports, until interrupted."""

import signal
from typing import Any

import click
import orjson
import trio

from orchestrator.emulator.emulation import Emulated
from orchestrator.emulator.emulation import emulate as emulate_nodes
from orchestrator.emulator.faults import Faults
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.settings import Generation, Settings
from orchestrator.emulator.switches import switched

GUESTS = 3
"""How many publishers come and go on each node."""


class Pair(click.ParamType[tuple[str, str]]):
    """Two texts with a mark between them."""

    def __init__(self, mark: str, name: str) -> None:
        self.mark = mark
        self.name = name

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both texts; neither may be empty."""
        if isinstance(value, tuple):
            return value
        first, mark, second = str(value).partition(self.mark)
        if not (first and mark and second):
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return first, second


class NodeAt(Pair):
    """A node and its port."""

    def __init__(self) -> None:
        super().__init__("=", "NAME=PORT")

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return name and port; the port must be one."""
        name, port = super().convert(value, param, ctx)
        if not port.isdecimal() or int(port) > 65535:
            self.fail(f"{port!r} is no port", param, ctx)
        return name, port


class Switch(Pair):
    """A switch of the emulator and what it is turned to, as JSON or as plain text."""

    def __init__(self, known: Settings | Faults) -> None:
        super().__init__("=", "NAME=VALUE")
        self.known = known

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Return name and value; both must be good for a switch of this sort."""
        name, text = super().convert(value, param, ctx)
        words = ""
        for read in (orjson.loads, str):
            try:
                to = read(text)
                switched(self.known, {name: to})
            except (ValueError, TypeError) as error:
                words = str(error)
            else:
                return name, to
        raise click.BadParameter(words, ctx, param)


@click.command()
@click.option("--node", "nodes", type=NodeAt(), multiple=True, help="A node and its port.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="The address to bind.")
@click.option("--hooks", default="", help="Where hooks go; {node} stands for the node.")
@click.option("--user", "users", type=Pair(":", "NAME:PASSWORD"), multiple=True, help="Who may.")
@click.option(
    "--publish",
    "published",
    type=Pair("/", "NODE/NAME"),
    multiple=True,
    help="A publisher that is there from the start and comes back.",
)
@click.option("--come-and-go", is_flag=True, help="Add publishers that come and go.")
@click.option("--seed", default=0, show_default=True, help="What chance is drawn from.")
@click.option(
    "--generation",
    type=click.Choice([one.value for one in Generation]),
    default=Settings().generation.value,
    show_default=True,
    help="Which builds the bodies look like.",
)
@click.option("--journal", type=click.Path(dir_okay=False), help="A file for what happened.")
@click.option("--prefix", default=Settings().prefix, show_default=True, help="Of transponders.")
@click.option(
    "--set", "turned", type=Switch(Settings()), multiple=True, help="How the build behaves."
)
@click.option("--fault", "faults", type=Switch(Faults()), multiple=True, help="What goes wrong.")
@click.option("--tls-certificate", type=click.Path(exists=True), default=None)
@click.option("--tls-key", type=click.Path(exists=True), default=None)
def emulate(
    nodes: tuple[tuple[str, str], ...],
    listen: str,
    hooks: str,
    users: tuple[tuple[str, str], ...],
    published: tuple[tuple[str, str], ...],
    come_and_go: bool,
    seed: int,
    generation: str,
    journal: str | None,
    prefix: str,
    turned: tuple[tuple[str, Any], ...],
    faults: tuple[tuple[str, Any], ...],
    tls_certificate: str | None,
    tls_key: str | None,
) -> None:
    """Emulate Web Call Servers, for a demo or a trial without a licence."""
    nodes = nodes or (("wcs1", "8081"),)
    names = [name for name, _ in nodes]
    strangers = [node for node, _ in published if node not in names]
    if strangers:
        raise click.BadParameter(f"there is no node {strangers[0]}", param_hint="--publish")
    settings = Settings(generation=Generation(generation), prefix=prefix, users=dict(users))
    settings = switched(settings, dict(turned))
    options = [
        NodeOptions(
            name=name,
            address=listen,
            port=int(port),
            seed=seed + index,
            settings=settings,
            faults=switched(Faults(), dict(faults)),
            applications=applications_at(hooks.replace("{node}", name)) if hooks else (),
            publishers=tuple(stream for node, stream in published if node == name),
            come_and_go=GUESTS if come_and_go else 0,
            tls_certificate=tls_certificate or "",
            tls_key=tls_key or "",
        )
        for index, (name, port) in enumerate(nodes)
    ]
    failures: list[str] = []
    try:
        trio.run(until_told, options, journal)
    except* OSError as group:
        failures.extend(str(error) for error in leaves(group))
    if failures:
        raise click.ClickException("; ".join(failures))


def leaves(group: BaseExceptionGroup[OSError]) -> list[BaseException]:
    """Return the errors of a group of groups."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found.extend(leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found


async def until_told(options: list[NodeOptions], journal: str | None) -> None:
    """Run the nodes until SIGINT or SIGTERM."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            ready: list[Emulated] = await nursery.start(emulate_nodes, options, journal)
            for one in ready:
                click.echo(f"emulated node {one.server.node.name} on {one.url}/rest-api")
            async for _ in signals:
                break
            nursery.cancel_scope.cancel()
