"""What `orchestrator call` tells of the REST methods: all of them, or one with its parameters."""

from collections.abc import Iterator, Sequence

import click
from click.shell_completion import CompletionItem

from orchestrator.cli.ask import settings
from orchestrator.cli.config import find_config
from orchestrator.errors import OrchestratorError
from orchestrator.web.calls import CALLS, METHODS
from orchestrator.web.methods.method import Form, Method


def listed() -> str:
    """Return a line for each method; what is in brackets may be left out, [R] only reads."""
    width = max(len(method.path) for method in METHODS)
    return "\n".join(
        f"{method.path:{width}}  {' '.join(_words(method))}".rstrip() for method in METHODS
    )


def _words(method: Method) -> Iterator[str]:
    if method.is_reading:
        yield "[R]"
    for one in method.parameters:
        yield one.name if one.is_required else f"[{one.name}]"
    if method.takes_more:
        yield "[...]"


def write_help(method: Method, formatter: click.HelpFormatter) -> None:
    """Write what a method does, takes and refuses."""
    formatter.write_usage("orchestrator call", f"NODE {method.path} [key=value ...]")
    does = f"{method.summary[:1].upper()}{method.summary[1:]}."
    marks = " It only reads." if method.is_reading else ""
    refused = method.ends_all
    marks += f" Without any parameter it would end {refused}, and is refused." if refused else ""
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(does + marks)
    with formatter.section("Parameters"):
        rows = [
            (one.name, f"{one.form.value}{', required' if one.is_required else ''}")
            for one in method.parameters
        ]
        rows += [("...", "any other field that the node knows")] if method.takes_more else []
        formatter.write_dl(rows or [("none", "")])
    with formatter.section("Errors"):
        rows = [(str(status), method.errors[status]) for status in sorted(method.errors)]
        formatter.write_dl([*rows, ("500", "anything else")] if 500 not in method.errors else rows)


class Node(click.ParamType[str]):
    """The name of a configured node."""

    name = "NODE"

    def shell_complete(
        self, ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the configured nodes that begin so; none where no configuration can be read."""
        try:
            nodes = settings(find_config(ctx.params.get("config"))).nodes
        except (OrchestratorError, click.UsageError):
            return []
        return [CompletionItem(name) for name in sorted(nodes) if name.startswith(incomplete)]


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


class Field(click.ParamType[str]):
    """A parameter of the method that was named before, as key=value."""

    name = "key=value"

    def shell_complete(
        self, ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the parameters that are not given yet, and the values of a flag."""
        method = CALLS.get(ctx.params.get("method") or "")
        if method is None:
            return []
        name, equals, _ = incomplete.partition("=")
        if equals:
            is_flag = method.form_of(name) is Form.FLAG
            words: Sequence[str] = (f"{name}=true", f"{name}=false") if is_flag else ()
        else:
            said = {field.partition("=")[0] for field in ctx.params.get("fields") or ()}
            words = [f"{one.name}=" for one in method.parameters if one.name not in said]
        return [CompletionItem(word, type="plain") for word in words if word.startswith(incomplete)]
