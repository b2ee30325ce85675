"""The emulator is an independent witness: it shares no code with what it judges."""

import ast
from pathlib import Path

import orchestrator.emulator

FOLDER = Path(orchestrator.emulator.__file__).parent


def imported(path):
    """Return the names of all modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield f"{node.module}.{node.names[0].name}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_imports_nothing_else_of_the_project():
    names = {name for path in FOLDER.glob("*.py") for name in imported(path)}
    ours = {name for name in names if name.startswith("orchestrator")}
    assert {name for name in ours if not name.startswith("orchestrator.emulator")} == set()


def test_only_one_file_knows_real_sockets_and_httpx():
    knows = {p.name for p in FOLDER.glob("*.py") if {"httpx", "h11"} & set(imported(p))}
    assert knows == {"sockets.py"}
