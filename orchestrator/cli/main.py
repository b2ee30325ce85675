"""The command `orchestrator`. Each verb's file is imported when the verb is used, not before."""

import os
import sys
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from importlib import import_module
from keyword import iskeyword
from typing import Final

import click

VERBS: Final = {
    "run": ("run", "The daemon."),
    "status": ("status", "One screen: nodes, counts by phase, what is not well, held, refused."),
    "validate": ("validate", "Check all documents offline; every fault with its place."),
    "plan": ("plan", "What would be done now, and what is held and why."),
    "get": ("get", "Resources: desired, observed, phase, reason."),
    "why": ("why", "The chain of causes behind a present state or an event."),
    "events": ("events", "The event log."),
    "backtest": ("backtest", "Past events through other rules or state: what would differ."),
    "reload": ("control", "Read the documents again and say whether they were taken."),
    "wait": ("wait", "Wait until it is so."),
    "stop": ("orders", "End now and keep ended."),
    "start": ("orders", "End a stop or a pause."),
    "pause": ("orders", "Hands off: media goes on, nothing is repaired."),
    "resume": ("orders", "End a pause; try at once what is parked."),
    "restart": ("orders", "End and make anew."),
    "adopt": ("orders", "Take over what runs where it is declared."),
    "forget": ("orders", "Let go, and leave alone."),
    "approve": ("control", "Let a held set go on."),
    "call": ("call", "Call one WCS REST method, logged with the actor."),
    "import": ("import_", "Write state YAML for what runs on a node and is not declared."),
    "doctor": ("doctor", "Is a node set up well? What is missing, ready to be typed."),
    "log": ("log", "Check, count, export and back up the log; accept a lost tail."),
    "rules": ("rules", "Try rules on the cases beside them."),
    "schema": ("schema", "JSON Schema of state, rules or configuration, for editors."),
    "emulate": ("emulate", "Run the WCS emulator by itself."),
    "demo": ("demo", "What `make demo` runs."),
    "completion": ("completion", "Completion for bash, zsh or fish."),
}
LATER: Final = frozenset({
    "bundle", "diff", "gaps", "oam", "top",
})  # fmt: skip

UNWRITABLE: Final = frozenset({EDQUOT, EFBIG, EIO, ENOSPC})


class Verbs(click.Group):
    """A group that knows its commands by name, and imports one when it is wanted."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which a day meets them."""
        return list(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command; for `--help`, its one line is enough."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"orchestrator.cli.{VERBS[cmd_name][0]}")
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that the arguments name; say it where one is not in this version."""
        if args and args[0] in LATER:
            raise click.UsageError(f"`{args[0]}` is not in this version.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs and their lines without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wcs-orchestrator", prog_name="orchestrator")
def orchestrator() -> None:
    """Keep Web Call Server nodes as your YAML declares them, and remember everything."""


def main() -> None:
    """Run the command; a closed pipe ends it in silence, and a full disk is told, as it should."""
    try:
        orchestrator()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        click.echo(f"Error: the output is not whole: {error.strerror}", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried
        sys.exit(1)
