"""`orchestrator completion`: what a shell needs to complete the command."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell, e.g. `eval "$(orchestrator completion bash)"`."""
    found = get_completion_class(shell)
    assert found is not None, "click knows all three"
    click.echo(
        found(ctx.find_root().command, {}, "orchestrator", "_ORCHESTRATOR_COMPLETE").source()
    )
