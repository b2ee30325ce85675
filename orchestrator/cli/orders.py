"""Verbs for resources: stop, start, pause, resume, restart, adopt, forget."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli import show
from orchestrator.cli.ask import change, fail
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.get import singular
from orchestrator.cli.when import Duration
from orchestrator.errors import OrchestratorError

ASK_ABOVE: Final = 20

HELP: Final = {
    "stop": "End what is named now, and keep it ended until `start`.",
    "start": "End a stop or a pause.",
    "pause": "Keep hands off: media goes on and nothing is repaired; also node/NAME.",
    "resume": "End a pause, and try at once what is parked; also node/NAME.",
    "restart": "End what is named and make it anew.",
    "adopt": "Take over what runs where it is declared, though it differs or was forgotten.",
    "forget": "Let go: it runs on, and is left alone until `adopt`.",
}
EXAMPLE: Final = {
    "stop": "orchestrator stop youtube --for 2h --reason 'rehearsal'",
    "start": "orchestrator start youtube",
    "pause": "orchestrator pause node/wcs1 --reason 'update'",
    "resume": "orchestrator resume node/wcs1",
    "restart": "orchestrator restart -l show=news",
    "adopt": "orchestrator adopt transponder/youtube",
    "forget": "orchestrator forget recording/archive",
}


def _command(verb: str) -> click.Command:
    @click.argument("names", nargs=-1, metavar="[KIND/]NAME ...")
    @config_option
    @click.option("-l", "--label", multiple=True, metavar="LABEL=VALUE", help="All with it.")
    @click.option("--reason", default="", help="Why; kept in the log.")
    @click.option("--dry-run", is_flag=True, help="Say what it is for, and do nothing.")
    @click.option("--yes", is_flag=True, help=f"Do not ask, even above {ASK_ABOVE}.")
    @click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
    def run(
        names: Sequence[str],
        config: Path | None,
        label: Sequence[str],
        reason: str,
        output: str,
        *,
        dry_run: bool,
        yes: bool,
        duration: float | None = None,
    ) -> None:
        if not names and not label:
            raise click.UsageError(f"name what to {verb}: [KIND/]NAME or -l LABEL=VALUE")
        for one in label:
            if "=" not in one:
                raise click.UsageError(f"{one!r} is no LABEL=VALUE")
        if duration == 0:
            raise click.UsageError(f"--for 0s is no time; without --for, {verb} has no end")
        body: dict[str, Any] = {
            "names": [singular(name) for name in names],
            "labels": list(label),
            "reason": reason,
            "forMs": int((duration or 0) * 1000),
        }
        path = find_config(config)
        try:
            answer = change(path, verb, body | {"dryRun": True})
            if not dry_run:
                _confirm(verb, answer["resources"], yes=yes)
                answer = change(path, verb, body)
        except OrchestratorError as error:
            raise fail(error) from error
        _print(verb, answer, output, is_dry=dry_run)

    if verb in ("stop", "pause"):
        run = click.option("--for", "duration", type=Duration(), help="How long.")(run)
    run.__doc__ = f"{HELP[verb]}\n\n    Example: {EXAMPLE[verb]}"
    decorate: Callable[[Any], click.Command] = click.command(verb)
    return decorate(run)


def _confirm(verb: str, resources: Sequence[str], *, yes: bool) -> None:
    if len(resources) > ASK_ABOVE and not yes and sys.stdin.isatty():
        click.confirm(f"{verb} {len(resources)} resources?", abort=True)


def _print(verb: str, answer: dict[str, Any], output: str, *, is_dry: bool) -> None:
    if output != "text":
        show.value(answer, output)
        return
    until = f" until {answer['until']}" if answer["until"] else ""
    mark = " (dry run)" if is_dry else ""
    for name in answer["resources"]:
        click.echo(f"{name}: {verb} asked{until}{mark}")


stop = _command("stop")
start = _command("start")
pause = _command("pause")
resume = _command("resume")
restart = _command("restart")
adopt = _command("adopt")
forget = _command("forget")
