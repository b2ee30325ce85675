"""Bugs, planted in the daemon one at a time, to see whether the simulation finds them."""

from contextlib import contextmanager

import pytest

from tests.simulation import bugs_of_deciding, bugs_of_hearing_and_doing, bugs_of_kinds

OF_STUDIOS = {bug.__name__: bug for bug in bugs_of_kinds.BUGS}
"""Bugs that only studios can find."""
BUGS = {
    bug.__name__: bug for bug in (*bugs_of_deciding.BUGS, *bugs_of_hearing_and_doing.BUGS)
} | OF_STUDIOS


@contextmanager
def planted(name):
    """Let the daemon have that bug."""
    with pytest.MonkeyPatch.context() as patch:
        BUGS[name](patch)
        yield
