"""`orchestrator import`: state YAML for what runs on a node and is not declared."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import trio

from orchestrator.cli.ask import fail, settings
from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.methods import Node
from orchestrator.cli.preview import as_documented
from orchestrator.cli.secret_files import SecretFiles, source_of
from orchestrator.core.kind import LeftOut
from orchestrator.daemon.importing import Imported, imported
from orchestrator.daemon.looking import client_of
from orchestrator.errors import OrchestratorError
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.written import fields_of, flow, resource

HEAD = """\
# What ran on {node} and was declared nowhere, written by `orchestrator import`.
# Loaded as it is, all of it is adopted without a call; when its lines go again, before the daemon
# had to start or change anything, it is let go and runs on.
"""
SECRETS = """\
# Its secrets are in {folder}. In orchestrator.yaml, `secrets` names that folder:
#   secrets: {{{name}: {{folder: {path}}}}}
"""
UNLISTED = "# {kind}: the node does not list {what}: write them before one is made anew.\n"
NEVER_LISTED = {
    "recording": "fileTemplate and rotation",
    "transponder": "rtmpTransponderFullUrl and rtmpFlashVersion",
    "mixer": "levels and labels of inputs",
    "call": "sipDomain, sipPassword and the like",
}


@click.command("import")
@click.argument("node", type=Node())
@config_option
@click.option(
    "--write", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write to a new file instead of stdout.",
)  # fmt: skip
@click.option(
    "--secrets-out", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="Where keys and passwords in addresses go, a file each (0600).",
)  # fmt: skip
def import_(node: str, config: Path | None, file: Path | None, folder: Path | None) -> None:
    """Write state YAML for what runs on a NODE and is not declared.

    Asks the node itself, with methods that only read. Load the file, and `orchestrator plan` has
    nothing to do: all is adopted as it is. What cannot be declared is named in comments.
    """
    path = find_config(config)
    try:
        found = settings(path)
        check_managed(found, node)
        rows, seal = _rows(found, node)
        secrets = SecretFiles(*source_of(found.secrets, folder, path.parent), seal)
        text = document(node, rows, secrets)
        if secrets.values and folder is None:
            raise click.ClickException(
                f"{len(secrets.values)} of these have keys or passwords in their addresses: give "
                "--secrets-out FOLDER, where each goes into a file of its own"
            )
        if file is not None and file.exists():
            raise click.ClickException(f"{file} is there already: name a new file, or remove it")
        secrets.write()
        if file is not None:
            file.write_text(text, encoding="utf-8")
    except OrchestratorError as error:
        raise fail(error) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    if file is None:
        click.echo(text, nl=False)
    left_out = sum(isinstance(row.found, LeftOut) for row in rows)
    click.echo(f"{len(rows) - left_out} resources, {left_out} left out", err=True)


def check_managed(found: Any, node: str) -> None:
    """Refuse a node that is not configured, or retired."""
    known = found.configuration.nodes
    if node not in known or known[node].retired:
        names = ", ".join(sorted(name for name in known if not known[name].retired)) or "none"
        raise click.ClickException(f"{node}: no such node (configured: {names})")


def _rows(found: Any, node: str) -> tuple[tuple[Imported, ...], Any]:
    """Return what is a stranger's there, and what seals."""
    preview, vault = as_documented(found)
    call_ms = found.configuration.timing.call_ms

    async def look() -> tuple[Imported, ...]:
        client = client_of(node, found.nodes[node], call_ms, vault)
        try:
            return await imported(preview, client, node, vault)
        finally:
            await client.aclose()

    return trio.run(look), vault.seal


def document(node: str, rows: Sequence[Imported], secrets: SecretFiles) -> str:
    """Return the state file; values that nobody may see go to `secrets`."""
    parts = []
    for kind in KINDS.values():
        of_kind = [row for row in rows if row.kind == kind.name]
        declared = [row for row in of_kind if not isinstance(row.found, LeftOut)]
        if declared:
            remark = NEVER_LISTED.get(kind.name)
            head = UNLISTED.format(kind=kind.plural, what=remark) if remark else ""
            lines = [_resource(row, secrets) for row in declared]
            parts.append(f"{head}{kind.plural}:\n" + "\n".join(lines) + "\n")
    left_out = [
        f"#   {row.kind} {row.name}: {row.found.reason}\n"
        for row in rows
        if isinstance(row.found, LeftOut)
    ]
    head = HEAD.format(node=node)
    if secrets.values:
        path, name = flow(str(secrets.folder)), secrets.name
        head += SECRETS.format(folder=secrets.folder, name=name, path=path)
    head += f"defaults: {{node: {flow(node)}}}\n"
    tail = ["# Left out:\n" + "".join(left_out)] if left_out else []
    return "\n".join([head, *parts, *tail])


def _resource(row: Imported, secrets: SecretFiles) -> str:
    assert not isinstance(row.found, LeftOut)
    fields, shown = secrets.kept(f"{row.kind}-{row.name}", fields_of(row.found.spec))
    return resource(row.name, fields, shown)
