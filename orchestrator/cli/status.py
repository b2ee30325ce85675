"""`orchestrator status`: one screen, and an exit code that says whether all is well."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli import show
from orchestrator.cli.ask import fail, read
from orchestrator.cli.config import config_option, find_config
from orchestrator.errors import DaemonAbsent, OrchestratorError

NOT_WELL: Final = 1
NOT_RUNNING: Final = 3
SHOWN: Final = 20  # rows of a kind: more belong to `get`


@click.command()
@config_option
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
def status(config: Path | None, output: str) -> None:
    """Show the daemon, its nodes, counts by phase, and what is not well.

    Exits 0 when all is well, 1 when something is not, 3 when the daemon is not running.
    """
    try:
        answer = read(find_config(config), "/api/v1/status")
    except DaemonAbsent as absent:
        click.echo(str(absent), err=True)
        sys.exit(NOT_RUNNING)
    except OrchestratorError as error:
        raise fail(error) from error
    if output == "text":
        show.stale(answer.stale_since)
        click.echo("\n".join(_screen(answer.body)))
    else:
        show.value(answer.body, output)
    if answer.stale_since:
        sys.exit(NOT_RUNNING)
    sys.exit(0 if answer.body["well"] else NOT_WELL)


def _screen(status: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} {show.phase(name)}" for name, count in status["phases"].items())
    alive = f"orchestrator {status['version']}, up {show.age(status['started'])}, "
    lines = [
        f"{alive if status['version'] else ''}log at position {status['position']}",
        f"resources: {counts or 'none'}",
    ]
    for node in status["nodes"]:
        note = f": {node['message']}" if node["message"] else ""
        looked = f", looked {show.age(node['lastLook'])} ago" if node["lastLook"] else ""
        watch = ", observed only" if node["policy"] == "observe" else ""
        lines.append(f"node {node['node']}: {node['state']}{looked}{watch}{note}")
        if node.get("missedHooks"):
            lines.append(
                f"  {node['missedHooks']} of its hooks never came: looks found what they told"
            )
        if node.get("silentSince"):
            since = show.age(node["silentSince"])
            lines.append(
                f"  ITS HOOKS ARE SILENT for {since}: run `orchestrator doctor {node['node']}`"
            )
    if status["log"]:
        lines.append(f"LOG CANNOT BE WRITTEN: {status['log']}")
    if status["tailLost"]:
        lines.append(
            f"the log has lost its tail up to position {status['tailLost']}: nothing is changed "
            "until `orchestrator log accept --reason …`"
        )
    lines += _listed("not well", [_ill(row) for row in status["notWell"]])
    lines += _listed("held", [f"{h['hold']}: {h['message']}" for h in status["held"]])
    lines += _listed(
        "faulty files", [f"{r['file']}:{r['line']}:{r['column']}: {r['message']}"
                         for r in status["rejected"]]
    )  # fmt: skip
    lines += _listed(
        "refused hooks", [f"{r['count']} × {r['node'] or '(unknown node)'} from {r['peer']}: "
                          f"{r['reason']}" for r in status["refusedHooks"]]
    )  # fmt: skip
    lines += _listed(
        "denied by rules", [f"{r['count']} × {r['rule']}" for r in status.get("denied", ())]
    )
    lines += _listed(
        "clashes", [f"{c['resource']} on {c['node']} of rule {c['rule']}: {c['message']}"
                    for c in status.get("clashes", ())]
    )  # fmt: skip
    lines += _listed(
        "failing rules",
        [f"{r['rule']} for {_some(r)}: {r['message']}" for r in status.get("failingRules", ())],
    )
    return lines


def _some(row: dict[str, Any]) -> str:
    more = f" and {row['count'] - 1} more" if row["count"] > 1 else ""
    return f"{row['first']}{more}"


def _ill(row: dict[str, Any]) -> str:
    phase = f"{show.phase(row['phase'])} ({row['reason']})"
    return f"{row['resource']} on {row['node']}: {phase} {row['message']}"


def _listed(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    more = [f"  … and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return [f"{title}:", *(f"  {row}" for row in rows[:SHOWN]), *more]
