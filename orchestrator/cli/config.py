"""Which configuration a command means: --config, the environment, here, or /etc."""

import os
from pathlib import Path
from typing import Final

import click

VARIABLE: Final = "ORCHESTRATOR_CONFIG"
PLACES: Final = (Path("orchestrator.yaml"), Path("/etc/orchestrator/orchestrator.yaml"))

config_option = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Configuration file  [default: ${VARIABLE}, ./{PLACES[0]}, {PLACES[1]}]",
)


def find_config(given: Path | None) -> Path:
    """Return the configuration file that is meant.

    Raises:
        click.UsageError: there is none; the message says where it was looked for.
    """
    if given is not None:
        return given
    if named := os.environ.get(VARIABLE):
        return Path(named)
    for place in PLACES:
        if place.is_file():
            return place
    looked = ", ".join(str(place) for place in PLACES)
    raise click.UsageError(f"no configuration: name one with --config (looked for {looked})")
