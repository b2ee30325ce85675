"""Seeds and what came of them: run once each, judged, summed up for the report."""

import os
from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path
from time import perf_counter

from attrs import define, field, frozen

from tests.simulation.checker.judge import violations
from tests.simulation.storm import weather
from tests.simulation.studio import STUDIOS

FIXED = (0, 1, 2, 5, 7, 8, 10, 11, 12, 13, 29, 34, 37, 42, 49, 57, 64, 124, 317)
"""Seeds that every run begins with, after those that have failed before."""

FIXED_STUDIOS = tuple(1_000_000 + seed for seed in (0, 2, 7, 13, 14, 15, 30, 31, 34, 52))
"""Studios that every run begins with, likewise."""

FAILED = Path(__file__).parent / "failed_seeds.txt"


@frozen
class Outcome:
    """What came of one seed."""

    seed: int
    found: tuple
    fired: dict
    virtual_s: float
    wall_s: float
    trace: str
    is_crash: bool = False

    def __str__(self):
        lines = "\n  ".join(self.found)
        return f"seed {self.seed}, again by `{command(self.seed)}`:\n  {lines}"


def command(seed, bug=""):
    return f"python -m tests.simulation {seed}" + (f" --bug {bug}" if bug else "")


def failed_before():
    """Return the seeds that have failed once; the file says why."""
    lines = FAILED.read_text().splitlines()
    return tuple(int(line.split()[0]) for line in lines if line and not line.startswith("#"))


def onwards(first):
    """Yield seeds from one on, and after each a studio."""
    for seed in count(first):
        yield seed
        yield STUDIOS + seed


def judged(seed):
    """Run a seed; return what came of it. What ends daemon or judge counts as found."""
    began = perf_counter()
    try:
        trial = weather(seed)
        found = tuple(violations(trial))
    except Exception as error:  # noqa: BLE001 - whatever the daemon or its judge dies of
        return Outcome(seed, (f"it crashed: {_innermost(error)!r}",), {}, 0, 0, "", is_crash=True)
    wall_s = perf_counter() - began
    return Outcome(seed, found, trial.fired, trial.virtual_s, wall_s, trial.trace)


def _innermost(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


weathered = cache(judged)
"""As `judged`, once for each seed."""


@define
class Report:
    """What the summary of a run of the tests says of the simulation."""

    outcomes: dict = field(factory=dict)

    def add(self, outcome):
        self.outcomes[outcome.seed] = outcome

    def fired(self):
        return sum((Counter(one.fired) for one in self.outcomes.values()), Counter())

    def lines(self):
        count, clean = len(self.outcomes), [one for one in self.outcomes.values() if not one.found]
        hours = sum(one.virtual_s for one in self.outcomes.values()) / 3600
        wall_s = sum(one.wall_s for one in self.outcomes.values())
        seeds = sorted(self.outcomes)
        hours_each = hours / count
        yield (
            f"{count} seeds ({seeds[0]} to {seeds[-1]}), {count - len(clean)} of them failing; "
            f"{hours:.0f} virtual hours in {wall_s:.0f} s, {hours * 3600 / wall_s:.0f} times as "
            "fast as life"
        )
        yield (
            f"with 95 % confidence fewer than 3/{len(clean)} = {3 / max(1, len(clean)):.1%} of all "
            f"seeds fail ({hours_each:.1f} hours each)"
        )
        yield ", ".join(f"{what} {times}" for what, times in sorted(self.fired().items()))


REPORT = Report()


def run(outcomes, until_s=float("inf")):
    """Take outcomes until the time is over; return those that are not clean, three at most."""
    began, failing = perf_counter(), []
    for outcome in outcomes:
        REPORT.add(outcome)
        if outcome.found:
            failing.append(outcome)
        if len(failing) == 3 or perf_counter() - began > until_s:
            break
    return failing


def told(failing):
    return "\n" + "\n".join(map(str, failing))


def seconds(name, default):
    return float(os.environ.get(name, default))
