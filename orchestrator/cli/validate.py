"""`orchestrator validate`: everything that is wrong in the documents, without a daemon."""

from pathlib import Path
from typing import Final

import click
from attrs import evolve, field, frozen

from orchestrator.cli.config import config_option, find_config
from orchestrator.codec import dumps
from orchestrator.core.json import Json
from orchestrator.errors import DocumentError, Fault, SecretMissing
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.cases import read_cases
from orchestrator.shell.documents.configuration import read_configuration
from orchestrator.shell.documents.doubled import RulesRead
from orchestrator.shell.documents.resource import Resolve
from orchestrator.shell.documents.rules import read_rules
from orchestrator.shell.documents.state import FileRead, StateReader
from orchestrator.shell.secrets import REFERENCE, Vault
from orchestrator.shell.settings import Settings

KEY: Final = b"validate"  # these seals are compared with each other and shown to nobody


@frozen
class Report:
    """What was found; faults and warnings name files as the caller would open them."""

    files: int = 1
    resources: int = 0
    rules: int = 0
    faults: tuple[Fault, ...] = field(default=())
    warnings: tuple[Fault, ...] = field(default=())

    @property
    def summary(self) -> str:
        """Return it in one line."""
        parts = [_counted(self.files, "file"), _counted(self.resources, "resource")]
        parts += [_counted(self.rules, "rule")] if self.rules else []
        found = [_counted(len(self.faults), "fault"), _counted(len(self.warnings), "warning")]
        return f"{', '.join(parts)}: {', '.join(found)}"


@click.command()
@config_option
@click.option("--secrets", is_flag=True, help="Read the secrets, too, and say which cannot be.")
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def validate(context: click.Context, config: Path | None, *, secrets: bool, output: str) -> None:
    """Check all documents offline, rules too; say each fault as FILE:LINE:COLUMN: message."""
    report = report_of(find_config(config), with_secrets=secrets)
    if output == "json":
        click.echo(dumps(_json(report)))
    else:
        for fault in report.faults:
            click.echo(str(fault), err=True)
        for warning in report.warnings:
            text = f"warning: {warning.message}"
            click.echo(str(evolve(warning, message=text)), err=True)
        click.echo(report.summary)
    context.exit(1 if report.faults else 0)


command = validate


def report_of(config: Path, *, with_secrets: bool) -> Report:
    """Return what is wrong with a configuration and the state and rules that it names."""
    try:
        settings = read_configuration(config)
    except DocumentError as error:
        return Report(faults=error.faults)
    vault = Vault(KEY, settings.secrets)
    resolve = None if with_secrets else placeholders(settings)
    reader = StateReader(resolve)
    files = reader.read(settings, vault, KINDS, declared={})
    ruled = read_rules(settings, vault, KINDS, {}, resolve)
    read: tuple[FileRead | RulesRead, ...] = (*files, *ruled)
    cases = _faults_of_cases(settings)
    missing = _unreadable(settings, vault, str(config)) if with_secrets else ()
    base = config.absolute().parent
    return Report(
        files=1 + len(files) + len(ruled),
        resources=sum(len(file.resources) for file in files),
        rules=sum(len(file.rules) for file in ruled),
        faults=(
            *missing,
            *(_here(fault, base) for fault in cases),
            *(_here(fault, base) for file in read for fault in file.faults),
        ),
        warnings=tuple(_here(warning, base) for file in read for warning in file.warnings),
    )


def _faults_of_cases(settings: Settings) -> tuple[Fault, ...]:
    """Return what is wrong in the cases beside the rules."""
    folders = [folder for folder in settings.rules if folder.is_dir()]
    try:
        read_cases(folders, Path(settings.place.file).parent)
    except DocumentError as error:
        return error.faults
    return ()


def placeholders(settings: Settings) -> Resolve:
    """Return what puts names in place of secrets, so that texts keep their form.

    A text that is nothing but a secret may be a whole address, so it becomes one.
    """

    def resolve(text: str) -> str:
        for found in REFERENCE.finditer(text):
            if found[1].partition("/")[0] not in settings.secrets:
                raise SecretMissing(found[1], "it is not listed under `secrets:`")
        whole = "rtmp://secret.invalid/" if text.startswith("${secret.") else ""
        return whole + REFERENCE.sub(lambda found: found[1].replace("/", "-"), text)

    return resolve


def _unreadable(settings: Settings, vault: Vault, file: str) -> tuple[Fault, ...]:
    """Return the secrets of nodes that cannot be read."""
    faults = []
    for name, node in sorted(settings.nodes.items()):
        for text in (node.password, *node.hook_tokens, *node.hook_secrets):
            try:
                vault.resolved(text)
            except SecretMissing as missing:
                faults.append(Fault(file, 1, 1, f"node {name}: {missing}"))
    return tuple(faults)


def _here(fault: Fault, base: Path) -> Fault:
    """Return a fault whose file is named from the working directory, where it is below it."""
    path, here = base / fault.file, Path.cwd()
    return evolve(fault, file=str(path.relative_to(here) if path.is_relative_to(here) else path))


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _json(report: Report) -> Json:
    return {
        "files": report.files,
        "resources": report.resources,
        "rules": report.rules,
        "faults": [_fault(fault) for fault in report.faults],
        "warnings": [_fault(warning) for warning in report.warnings],
    }


def _fault(fault: Fault) -> Json:
    return {
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
    }
