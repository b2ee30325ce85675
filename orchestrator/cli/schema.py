"""`orchestrator schema`: JSON Schema of documents, for editors."""

import click
import orjson

from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.schema import Document
from orchestrator.shell.documents.schema import schema as schema_of


@click.command()
@click.argument("document", type=click.Choice(["state", "configuration", "rules"]))
def schema(document: Document) -> None:
    """Print the JSON Schema of a sort of documents, for editors."""
    body = schema_of(document, KINDS)
    click.echo(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())


command = schema
