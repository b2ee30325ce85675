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
