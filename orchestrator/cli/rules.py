"""`orchestrator rules`: try rules before they decide about anybody."""

import re
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

import click
from attrs import frozen

from orchestrator.cli.config import config_option, find_config
from orchestrator.cli.validate import placeholders
from orchestrator.codec import dumps
from orchestrator.core.configuration import Configuration
from orchestrator.core.json import Json
from orchestrator.core.resource import Place
from orchestrator.daemon.rehearsing import Outcome, Theatre
from orchestrator.errors import DocumentError
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.cases import read_cases
from orchestrator.shell.documents.configuration import read_configuration
from orchestrator.shell.documents.rules import read_rules
from orchestrator.shell.secrets import REFERENCE, Vault
from orchestrator.shell.settings import LogSettings, Settings

KEY: Final = b"rules test"  # these seals are compared with each other and shown to nobody
FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@frozen
class Report:
    """What came of all cases, and the rules that had a say in none of them."""

    outcomes: tuple[Outcome, ...]
    untried: tuple[str, ...]
    rules: int
    others: int = 0

    @property
    def failed(self) -> int:
        """Return how many cases came out otherwise than they should."""
        return sum(bool(one.complaint) for one in self.outcomes)


@click.group()
def rules() -> None:
    """Try rules on the cases beside them."""


@rules.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@config_option
@click.option("--run", "pattern", default="", help="Only cases whose name matches this regex.")
@click.option("--coverage", is_flag=True, help="Fail when a rule decides in no case.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write a report for CI there.")
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def test(
    context: click.Context,
    folder: Path | None,
    config: Path | None,
    *,
    pattern: str,
    coverage: bool,
    junit: Path | None,
    output: str,
) -> None:
    """Try every case of every *.test.yaml below DIR, or the folders of rules; exit 1 if one fails.

    The cases of NAME.test.yaml are asked of the rules in NAME.yaml beside it; where there is no
    such file, of all rules together. No daemon and no node is needed.
    """
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise click.BadParameter(f"no regular expression: {error}", param_hint="--run") from None
    try:
        settings = read_configuration(find_config(config)) if folder is None else _alone(folder)
        report = report_of(settings, wanted)
    except DocumentError as error:
        raise click.ClickException(str(error)) from None
    if junit is not None:
        _write(junit, junit_of(report))
    if output == "json":
        click.echo(dumps(_json(report)))
    else:
        _print(report)
    has_gap = coverage and bool(report.untried)
    context.exit(1 if report.failed or has_gap or not report.outcomes else 0)


def report_of(settings: Settings, pattern: re.Pattern[str]) -> Report:
    """Return what comes of the cases whose names match.

    Raises:
        DocumentError: a rule file or a file of cases is faulty, or a folder cannot be read.
    """
    vault = Vault(KEY, settings.secrets, settings.hooks.sealed)
    resolve = placeholders(settings) if settings.secrets else _any_secret
    files = read_rules(settings, vault, KINDS, {}, resolve)
    if faults := tuple(fault for file in files for fault in file.faults):
        raise DocumentError(faults)
    folders = [folder for folder in settings.rules if folder.exists()]
    cases = read_cases(folders, Path(settings.place.file).parent)
    wanted = [case for case in cases if pattern.search(case.name)]
    theatre = Theatre(files, settings.configuration, vault, KINDS, resolve)
    outcomes = theatre.rehearse(wanted)
    names = {rule.name for file in files for rule in file.rules}
    untried = tuple(sorted(names - {rule for one in outcomes for rule in one.rules}))
    return Report(outcomes, untried, len(names), len(cases) - len(wanted))


def junit_of(report: Report) -> bytes:
    """Return a report in the form that CI servers read."""
    suite = Element(
        "testsuite", name="rules", tests=str(len(report.outcomes)), failures=str(report.failed)
    )
    for one in report.outcomes:
        place = one.case.place
        case = SubElement(
            suite,
            "testcase",
            classname=place.file,
            name=_printable(one.case.name),
            line=str(place.line),
        )
        if one.complaint:
            SubElement(case, "failure", message=_printable(one.complaint))
    return bytes(tostring(suite, encoding="utf-8", xml_declaration=True))


def _printable(text: str) -> str:
    """Return a text that XML can hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _any_secret(text: str) -> str:
    """Return a text with words in the place of secrets, which nobody has listed here."""
    return REFERENCE.sub("secret", text)


def _alone(folder: Path) -> Settings:
    """Return settings with nothing but a folder of rules."""
    here = Path.cwd()
    place = Place(str(here / "orchestrator.yaml"), 1, 1)
    return Settings(place, LogSettings(here), here, Configuration(), rules=(folder.absolute(),))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None


def _print(report: Report) -> None:
    for one in report.outcomes:
        place, name = one.case.place, one.case.name
        said = f": {one.complaint}" if one.complaint else ""
        click.echo(f"{'FAIL' if said else 'ok  '}  {place.file}:{place.line}: {name}{said}")
    if not report.outcomes:
        hint = "none matches --run" if report.others else "write them into NAME.test.yaml"
        click.echo(f"no case: {hint}", err=True)
    tried = report.rules - len(report.untried)
    counts = f"{len(report.outcomes)} cases, {report.failed} failed"
    click.echo(f"{counts}; {tried} of {report.rules} rules decided in one")
    if report.untried:
        click.echo(f"not tried: {', '.join(report.untried)}")


def _json(report: Report) -> Json:
    return {
        "cases": [
            {
                "name": one.case.name,
                "file": one.case.place.file,
                "line": one.case.place.line,
                "rule": next(iter(one.rules), None),
                "ok": not one.complaint,
                "message": one.complaint,
            }
            for one in report.outcomes
        ],
        "failed": report.failed,
        "untried": list(report.untried),
    }
