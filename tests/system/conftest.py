import pytest

from tests.system.system import System

QUICK = {"looks": {"transponders": "1s"}}


@pytest.fixture
def system(tmp_path):
    """A daemon's folder, looking often; nothing runs yet."""
    with System(tmp_path, timing=QUICK) as system:
        yield system


@pytest.fixture
def running(system):
    """The daemon and its node, both up."""
    system.run()
    system.emulate()
    return system


@pytest.fixture
def figure(capsys):
    """Say a figure that a test has measured, past pytest's capture."""

    def say(text):
        with capsys.disabled():
            print(f"\n    {text}", end="")  # noqa: T201 - that is what it is for

    return say
