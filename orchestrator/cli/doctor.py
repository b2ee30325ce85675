"""`orchestrator doctor`: is a node set up well, and what is to be typed where it is not."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import orjson
import trio
from attrs import evolve

from orchestrator.cli import show
from orchestrator.cli.ask import fail, now_ms, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.import_ import check_managed
from orchestrator.cli.methods import Node
from orchestrator.core.filter import Filter
from orchestrator.core.json import JsonObject
from orchestrator.daemon.examining import examined
from orchestrator.daemon.looking import client_of
from orchestrator.errors import OrchestratorError
from orchestrator.shell.log.sqlite import read_rows, segments
from orchestrator.shell.secrets import Vault
from orchestrator.web.calls import CALLS
from orchestrator.web.doctor import findings, told
from orchestrator.web.examined import Examined, Heard, State, heard

LISTS: Final = tuple(
    path for path in CALLS if path.endswith("/find_all") and not path.startswith("/transcoder2/")
)
MARKS: Final = {State.WELL.value: "ok", State.NOTE.value: "--", State.ILL.value: "!!"}
RECENT_MS: Final = 7 * 24 * 60 * 60 * 1000  # of the log's hooks; more of them tell no more


@click.command()
@click.argument("node", type=Node())
@config_option
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
def doctor(node: str, config: Path | None, output: str) -> None:
    """Say whether a NODE is set up well; prints console lines and settings that are missing.

    Asks the node with methods that only read, and the log for its hooks. Exits 0 when all is well,
    1 when something is not.
    """
    try:
        found = settings(find_config(config))
        check_managed(found, node)
        vault = Vault(b"doctor", found.secrets, found.hooks.sealed)
        seen = _examined(found, node, vault)
        shown = [evolve(one, message=vault.redacted(one.message)) for one in findings(seen)]
        answer = told(node, shown)
    except OrchestratorError as error:
        raise fail(error) from error
    if output == "text":
        click.echo("\n".join(_lines(answer)))
    else:
        show.value(answer, output)
    sys.exit(0 if answer["well"] else 1)


def _examined(found: Any, node: str, vault: Vault) -> Examined:
    """Return what the node answers, and what the log holds of it."""
    mine = found.nodes[node]
    seen = Examined(
        node=node,
        url=mine.url,
        now_ms=now_ms(),
        heard=_heard(found.log.path, node),
        username=mine.username,
        public_url=found.hooks.public_url,
        is_signing=bool(mine.hook_secrets),
        recorder=found.configuration.nodes[node].recorder,
    )
    call_ms = found.configuration.timing.call_ms

    async def ask() -> Examined:
        client = client_of(node, mine, call_ms, vault)
        stranger = client_of(node, evolve(mine, username=""), call_ms, vault)
        try:
            return await examined(seen, LISTS, client, stranger)
        finally:
            await client.aclose()
            await stranger.aclose()

    return trio.run(ask)


def _heard(folder: Path, node: str) -> Heard:
    """Return what the log tells of the node's hooks of the last days, else of all."""
    if not folder.is_dir() or not segments(folder):
        return Heard()
    recent = heard(_hooks(folder, Filter(since_ms=now_ms() - RECENT_MS), node))
    return recent if recent.last_ms else heard(_hooks(folder, Filter(), node))


def _hooks(folder: Path, wanted: Filter, node: str) -> Iterator[tuple[int, str, JsonObject]]:
    wanted = evolve(wanted, types=frozenset({"HookReceived"}), node=node)
    for row in read_rows(folder, wanted):
        data = orjson.loads(row.body)
        yield row.at_ms, data["method"], data["body"]


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    for one in answer["findings"]:
        yield f"{MARKS[one['state']]} {one['check']}: {one['message']}"
    if answer["console"]:
        yield "on the node's console (ssh -p 2001 admin@HOST):"
        yield from (f"  {line}" for line in answer["console"])
    if answer["settings"]:
        yield "in its flashphoner.properties:"
        yield from (f"  {line}" for line in answer["settings"])
    yield f"{answer['node']}: {'well' if answer['well'] else 'something is not well'}"
