"""`orchestrator plan`: what would be done now, and what is held and why."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli import show
from orchestrator.cli.ask import Answer, fail, request, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.folders import Folders
from orchestrator.cli.when import At, When
from orchestrator.core.action import Phase
from orchestrator.errors import DaemonAbsent, OrchestratorError

CHANGES: Final = 2
ONLY_HELD: Final = 4
SYMBOLS: Final = {"create": "+", "delete": "-", "update": "~", "replace": "-/+", "adopt": "=",
                  "call": "!"}  # fmt: skip
UNDER_WAY: Final = frozenset({Phase.STARTING, Phase.UPDATING, Phase.STOPPING, Phase.BACKOFF})
STUCK: Final = frozenset({Phase.HELD, Phase.PARKED, Phase.UNKNOWN})


@click.command()
@config_option
@click.option("--state", type=click.Path(exists=True, path_type=Path), help="Plan for this state.")
@click.option("--rules", type=click.Path(exists=True, path_type=Path), help="Plan for these rules.")
@click.option(
    "--offline", is_flag=True, help="Ask neither daemon nor nodes: log and documents only."
)
@click.option("--at", "at", type=When(), help="What would have been planned then.")
@click.option(
    "--detailed-exitcode", is_flag=True,
    help="0 settled, 1 error, 2 changes, 4 only held things.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
def plan(
    config: Path | None,
    state: Path | None,
    rules: Path | None,
    at: At | None,
    output: str,
    *,
    offline: bool,
    detailed_exitcode: bool,
) -> None:
    """Show what would be done now, each step with its reason, and what is held and why.

    Asks the daemon; without one, or with --state or --rules, looks at the nodes itself, with
    read-only methods.
    """
    path = find_config(config)
    try:
        answer = _answer(path, Folders(state, rules), at, offline=offline)
    except OrchestratorError as error:
        raise fail(error) from error
    if output == "text":
        show.stale(answer.stale_since)
        show.page("\n".join(_lines(answer.body)))
    else:
        show.value(answer.body, output)
    if detailed_exitcode:
        sys.exit(exit_code(answer.body))


def _answer(path: Path, folders: Folders, at: At | None, *, offline: bool) -> Answer:
    if folders == Folders() and at is None and not offline:
        try:
            return Answer(request(settings(path).control, "GET", "/api/v1/plan"))
        except DaemonAbsent:
            pass
    from orchestrator.cli.preview import planned  # noqa: PLC0415 - heavy, and seldom needed

    return Answer(planned(path, folders, at, offline=offline))


def _lines(plan: dict[str, Any]) -> list[str]:
    lines = [f"as of position {plan['position']}"]
    for action in plan["actions"]:
        marks = " (interrupts)" if action["interrupts"] else ""
        calls = f" by {', '.join(action['calls'])}" if action["calls"] else ""
        lines.append(
            f"{SYMBOLS[action['action']]:>3} {action['resource']} on {action['node']}: "
            f"{action['action']}{calls}, {action['reason']}{marks}"
        )
    for held in plan["held"]:
        until = f" until {held['until']}" if held["until"] else ""
        what = f"{held['action']} held" if held["action"] else "waits"
        lines.append(
            f"  # {held['resource']} on {held['node']}: {what}, {held['reason']}{until}: "
            f"{held['message']}"
        )
    counts = [action["action"] for action in plan["actions"]]
    lines.append(
        f"Plan: {counts.count('create')} to create, {counts.count('update')} to update, "
        f"{counts.count('replace')} to replace, {counts.count('delete')} to delete, "
        f"{counts.count('adopt')} to adopt; {len(plan['held'])} held or waiting."
    )
    return lines


def exit_code(plan: dict[str, Any]) -> int:
    """Return 2 while anything is to be done or under way, 4 where something is held, else 0."""
    phases = {Phase(held["phase"]) for held in plan["held"]}
    if plan["actions"] or phases & UNDER_WAY:
        return CHANGES
    return ONLY_HELD if phases & STUCK else 0
