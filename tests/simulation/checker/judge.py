"""All laws, asked one by one."""

from tests.simulation.checker import (
    calm,
    chains,
    conduct,
    durability,
    others,
    restraint,
    sight,
)
from tests.simulation.checker.story import Story

LAWS = (
    *durability.LAWS,
    *conduct.LAWS,
    *sight.LAWS,
    *restraint.LAWS,
    *others.LAWS,
    *chains.LAWS,
    *calm.LAWS,
)
SHOWN = 5  # violations of one law that are told


def violations(trial):
    """Return what a trial broke, as lines for people; nothing when it was clean."""
    story = Story(trial)
    found = []
    for law in LAWS:
        broken = list(law(story))
        found += [f"{law.__name__}: {one}" for one in broken[:SHOWN]]
    return found
