"""What a run needs of its process: a silent journal, a seeded scheduler, and virtual time."""

from contextlib import contextmanager
from logging import CRITICAL

import structlog
import trio
from trio.testing import MockClock


@contextmanager
def silent():
    """Keep the daemon's journal to itself."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def seeded(seed):
    """Let trio's own scheduler draw from the seed, so that a seed is a history."""
    run = trio._core._run
    before = run._ALLOW_DETERMINISTIC_SCHEDULING
    run._ALLOW_DETERMINISTIC_SCHEDULING = True
    run._r.seed(seed)
    try:
        yield
    finally:
        run._ALLOW_DETERMINISTIC_SCHEDULING = before


def lived(seed, scene, *arguments):
    """Run a scene in virtual time, a history that follows from the seed; return what it returns."""
    with silent(), seeded(seed):
        return trio.run(scene, *arguments, clock=MockClock(autojump_threshold=0))
