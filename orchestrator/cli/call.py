"""`orchestrator call`: one WCS REST method, logged with the actor."""

import json
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli import methods, show
from orchestrator.cli.ask import change, fail
from orchestrator.cli.config import config_option, find_config
from orchestrator.errors import OrchestratorError
from orchestrator.web.calls import CALLS, misuse
from orchestrator.web.methods.method import Form, Method

SNAPSHOT: Final = "/stream/snapshot"
TEXTUAL: Final = frozenset({Form.TEXT, None})


class Call(click.Command):
    """A command whose `--help` behind a METHOD tells of that method."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep which method is named before options like --help are obeyed."""
        ctx.meta["orchestrator.method"] = next((one for one in args if one in CALLS), "")
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the method that is named, else that of the command."""
        if path := ctx.meta["orchestrator.method"]:
            methods.write_help(CALLS[path], formatter)
        else:
            super().format_help(ctx, formatter)


def _list(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        show.page(methods.listed())
        ctx.exit()


@click.command(cls=Call)
@click.argument("node", type=methods.Node())
@click.argument("method", type=methods.RestMethod())
@click.argument("fields", nargs=-1, metavar="[key=value ...]", type=methods.Field())
@config_option
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list,
    help="List all methods with their parameters; [R] only reads.",
)  # fmt: skip
@click.option("--json", "body", help="The whole body, as a JSON object.")
@click.option("--reason", default="", help="Why; kept in the log.")
@click.option(
    "--output", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help=f"Write the picture of {SNAPSHOT} to a file.",
)  # fmt: skip
@click.option("-o", "form", type=click.Choice(["json", "yaml"]), default="json")
def call(
    node: str,
    method: str,
    fields: Sequence[str],
    config: Path | None,
    body: str | None,
    reason: str,
    file: Path | None,
    form: str,
) -> None:
    """Call one REST METHOD of a NODE, e.g. `orchestrator call wcs1 /push/find_all`.

    `orchestrator call NODE METHOD --help` tells what a method takes, `--list` all methods.
    """
    if file is not None and method != SNAPSHOT:
        raise click.UsageError(f"--output is for {SNAPSHOT}; the form of the answer is -o")
    content = body_of(method, fields, body)
    if why := misuse(method, content):
        raise click.ClickException(why)
    asked = {"node": node, "method": method, "body": content, "reason": reason}
    try:
        answer = change(find_config(config), "call", asked)
    except OrchestratorError as error:
        raise fail(error) from error
    if file is not None:
        _write_picture(answer["reply"], file)
    elif answer["reply"] not in (None, ""):
        show.value(answer["reply"], form)


def _write_picture(reply: Any, file: Path) -> None:
    try:
        picture = b64decode(reply["data"], validate=True)
    except (TypeError, KeyError, ValueError) as error:
        raise click.ClickException(f"{SNAPSHOT} answered no picture") from error
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"{file}: {len(picture)} bytes", err=True)


def body_of(path: str, fields: Sequence[str], body: str | None = None) -> dict[str, Any]:
    """Return the body that arguments mean: each value in the form that the method wants it in."""
    if body is not None and fields:
        raise click.UsageError("give either key=value or --json, not both")
    if body is not None:
        try:
            content = json.loads(body)
        except ValueError as error:
            raise click.UsageError(f"--json is not JSON: {error}") from error
        if not isinstance(content, dict):
            raise click.UsageError("--json is no object")
        return content
    content = {}
    for said in fields:
        name, equals, value = said.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{said!r} is not key=value")
        if name in content:
            raise click.UsageError(f"{name} is given twice")
        content[name] = _value(value, CALLS.get(path), name)
    return content


def _value(said: str, method: Method | None, name: str) -> Any:
    """Return what a text means where a text is not what is wanted: JSON, or words with commas."""
    form = method.form_of(name) if method is not None else None
    if form in TEXTUAL:
        return said
    if form is Form.LIST and not said.startswith("["):
        return said.split(",")
    if form is Form.TEXTS and not said.startswith("["):
        return said
    try:
        return json.loads(said)
    except ValueError:
        return said
