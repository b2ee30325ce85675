"""`orchestrator call`: one WCS REST method, logged with the actor."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from orchestrator.cli import show
from orchestrator.cli.ask import change, fail
from orchestrator.cli.config import config_option, find_config
from orchestrator.errors import OrchestratorError
from orchestrator.web.calls import CALLS, Method, misuse


class RestMethod(click.ParamType[str]):
    """A path such as /push/find_all."""

    name = "METHOD"

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the methods that begin so."""
        return [
            CompletionItem(path, help=CALLS[path].summary)
            for path in sorted(CALLS)
            if path.startswith(incomplete)
        ]


def _methods() -> str:
    lines = [_method(CALLS[path]) for path in sorted(CALLS)]
    return "\b\nMethods ([R] only reads):\n" + "\n".join(lines)


def _method(method: Method) -> str:
    names = [p.name if p.is_required else f"[{p.name}]" for p in method.parameters]
    mark = " [R]" if method.is_reading else ""
    errors = f" ({method.errors})" if method.errors else ""
    return f"  {method.path} {' '.join(names)}{mark}\n      {method.summary}{errors}"


@click.command(epilog=_methods())
@click.argument("node")
@click.argument("method", type=RestMethod())
@click.argument("fields", nargs=-1, metavar="[key=value ...]")
@config_option
@click.option("--json", "body", help="The whole body, as a JSON object.")
@click.option("--reason", default="", help="Why; kept in the log.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), default="json")
def call(
    node: str,
    method: str,
    fields: Sequence[str],
    config: Path | None,
    body: str | None,
    reason: str,
    output: str,
) -> None:
    """Call one REST METHOD of a NODE, e.g. `orchestrator call wcs1 /push/find_all`."""
    content = _body(fields, body)
    if why := misuse(method, content):
        raise click.ClickException(why)
    asked = {"node": node, "method": method, "body": content, "reason": reason}
    try:
        answer = change(find_config(config), "call", asked)
    except OrchestratorError as error:
        raise fail(error) from error
    if answer["reply"] not in (None, ""):
        show.value(answer["reply"], output)


def _body(fields: Sequence[str], body: str | None) -> dict[str, Any]:
    """Return the body that arguments mean; a value that is JSON counts as such."""
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
        content[name] = _value(value)
    return content


def _value(said: str) -> Any:
    if said in ("true", "false") or said[:1] in ("[", "{"):
        try:
            return json.loads(said)
        except ValueError:
            return said
    return said
