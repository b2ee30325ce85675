"""The documentation tells the truth about what there is."""

import ast
import re
from pathlib import Path

import pytest

from orchestrator.cli.main import VERBS
from orchestrator.core.action import Phase

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_verb_has_a_row():
    page = (ROOT / "docs/35-commands.md").read_text()
    rows = {
        word for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for word in row.split("`")
    }
    named = {word.split()[0] for word in rows if word.strip(" ,")}
    assert set(VERBS) <= named


def test_every_phase_that_can_be_met_is_explained():
    page = (ROOT / "docs/25-decisions.md").read_text()
    assert [phase.value for phase in Phase if phase.value not in page] == []


def test_every_reason_of_a_verdict_is_explained():
    page = (ROOT / "docs/25-decisions.md").read_text()
    files = ("case", "ending", "verdict")
    code = "".join((ROOT / f"orchestrator/core/{name}.py").read_text() for name in files)
    reasons = set(re.findall(r'Phase\.[A-Z]+, "([a-z-]+)"|phase, "([a-z-]+)"', code))
    words = {word for pair in reasons for word in pair if word}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []


ROOMY = {
    "orchestrator/codec.py": "all forms on disk, and their versions",
    "orchestrator/core/event.py": "the union of facts: one class for each, and nothing else",
    "orchestrator/core/observed.py": "the fold of what was seen, from first sight to the end",
    "orchestrator/core/world.py": "the world and its indices, as one value",
    "orchestrator/daemon/run.py": "the daemon from start to end, read in one go",
    "orchestrator/expression.py": "the one module that knows CEL",
    "orchestrator/shell/documents/resource.py": "one file's resources, from nodes to claims",
    "orchestrator/shell/log/log.py": "one queue, from an append to its commit",
    "orchestrator/shell/secrets.py": "the only place that knows secret values",
    "orchestrator/web/forms.py": "the JSON forms of the contract, side by side",
    "orchestrator/shell/wcs.py": "one client: limits, one call, one reply",
}
"""Files of more than 250 lines, each with the reason why it is no two files."""


def program():
    return {path.relative_to(ROOT).as_posix(): path for path in ROOT.glob("orchestrator/**/*.py")}


def test_no_file_of_the_program_outgrows_its_room():
    sizes = {name: len(path.read_text().splitlines()) for name, path in program().items()}
    assert {name for name, size in sizes.items() if size > 250} == set(ROOMY)
    assert {name: size for name, size in sizes.items() if size > 350} == {}


@pytest.mark.parametrize("name", sorted(program()))
def test_every_function_fits_a_screen(name):
    tree = ast.parse(program()[name].read_text())
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    sizes = {one.name: (one.end_lineno or 0) - one.lineno + 1 for one in functions}
    assert {name: size for name, size in sizes.items() if size > 70} == {}


def test_every_test_that_the_promises_name_is_there():
    page = (ROOT / "docs/45-promises.md").read_text()
    code = "".join(path.read_text() for path in ROOT.glob("tests/**/test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", code))
    assert sorted(set(re.findall(r"`(test_\w+)`", page)) - there) == []
