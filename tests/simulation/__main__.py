"""Run one seed and say what it broke: `python -m tests.simulation SEED [--bug NAME]`."""

import sys
from argparse import ArgumentParser
from contextlib import ExitStack

from tests.simulation.checker.judge import violations
from tests.simulation.planted import BUGS, planted
from tests.simulation.storm import weather


def main():
    """Print the trace and what was broken; exit 1 where something was."""
    parser = ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--bug", choices=sorted(BUGS))
    parser.add_argument("--trace", action="store_true", help="print the hash of the trace only")
    wanted = parser.parse_args()
    with ExitStack() as stack:
        if wanted.bug:
            stack.enter_context(planted(wanted.bug))
        trial = weather(wanted.seed)
    sys.stdout.write(f"{trial.trace}\n")
    if wanted.trace:
        return 0
    found = violations(trial)
    sys.stdout.write("\n".join((*found, "clean" if not found else "broken", "")))
    return 1 if found else 0


sys.exit(main())
