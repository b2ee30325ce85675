"""The option `--config`, the same for all verbs."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

VARIABLE: Final = "ORCHESTRATOR_CONFIG"
HERE: Final = Path("orchestrator.yaml")
SYSTEM: Final = Path("/etc/orchestrator/orchestrator.yaml")


def default_config() -> Path:
    """Return the configuration that is meant where none is named; it need not be there."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return HERE if HERE.exists() else SYSTEM


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command with the option `--config`."""
    option = click.option(
        "--config",
        type=click.Path(path_type=Path),
        default=default_config,
        metavar="FILE",
        help=f"Configuration; by default ${VARIABLE}, ./{HERE} or {SYSTEM}.",
    )
    return option(command)
