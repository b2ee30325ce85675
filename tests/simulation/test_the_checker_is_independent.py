"""The judge shares no code with the judged."""

import ast
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parent / "checker").glob("*.py"))
KNOWN = {"bisect", "collections", "dataclasses", "fnmatch", "hashlib", "orjson"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_checker_imports_nothing_but_itself(path):
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names}  # fmt: skip
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {one for one in names if not one.startswith("tests.simulation.checker.")} <= KNOWN | {
        "tests.simulation.checker"
    }
