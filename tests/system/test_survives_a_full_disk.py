"""A daemon whose disk is full: it says so, does nothing, and goes on by itself. (T05)

The disk fails by the library of `tests.crash`, preloaded into the daemon and switched on and off
while it runs.
"""

import errno
import json

import pytest

from tests.crash.faults import CHANGES, MODES, built
from tests.crash.worker import Control
from tests.system.system import URL, eventually
from tests.system.test_survives_kills import hook

pytestmark = [pytest.mark.peer("gcc"), pytest.mark.slow]


def test_t05_a_full_disk_is_told_with_503_and_nothing_is_done_until_it_has_space(
    system, figure, tmp_path
):
    control = begin(system, tmp_path)
    system.declare(one=("show", f"{URL}-1"))
    assert system.command("reload")[0] == 0
    eventually(lambda: [one for one in system.entries("Looked") if f"{URL}-1" in str(one)], 15)
    assert post(system, "before") == 200
    fill(control)
    calls = len(system.mutations())
    system.declare(one=("show", f"{URL}-1"), two=("show", f"{URL}-2"))
    refused = [post(system, f"full-{number}") for number in range(20)]
    code, _, err = system.command("reload")
    system.pull("transponder/vanish", streamName="show")  # a reason to act that no reload needs
    refused += [post(system, f"still-{number}") for number in range(20)]
    assert set(refused) == {503}
    assert (code, "the log cannot be written" in err) == (1, True)
    assert len(system.mutations()) == calls
    assert control["fired"] > 0

    control["armed"] = 0
    _, taken_s = eventually(lambda: post(system, "after") == 200, 5)
    assert system.command("reload")[0] == 0
    _, acted_s = system.wait_transponders(("show", f"{URL}-1"), ("show", f"{URL}-2"), within_s=5)
    assert system.stop()[0] == 0
    assert system.command("log", "verify")[0] == 0
    figure(
        f"T05: {len(refused)} hooks refused with 503, 0 changing calls; with space again hooks "
        f"were taken after {taken_s:.2f} s and both transponders ran {acted_s:.1f} s later"
    )


def test_hooks_that_a_full_disk_cost_are_owned_up_to_once_it_has_space(system, tmp_path):
    system.configure(hooks={**system.values["hooks"], "whenLogFails": "answer"})
    control = begin(system, tmp_path)
    assert post(system, "before") == 200
    fill(control)
    assert [post(system, f"full-{number}") for number in range(20)] == [200] * 20
    assert system.ask("GET", "/api/v1/status")[1]["hooks"]["lost"] == 20
    control["armed"] = 0
    lost, _ = eventually(lambda: [one["data"]["count"] for one in system.entries("HooksLost")], 10)
    assert lost == [20]
    assert system.stop()[0] == 0
    assert system.command("log", "verify")[0] == 0


def begin(system, tmp_path):
    """Start a node and a daemon whose disk can be filled; return what fills it."""
    path = tmp_path / "control"
    path.write_bytes(bytes(4096))
    system.emulate("--publish", "wcs1/show")
    system.run(
        environment={
            "LD_PRELOAD": str(built(tmp_path)),
            "FAULT_FOLDER": str(system.log),
            "FAULT_CONTROL": str(path),
        }
    )
    return Control(path)


def fill(control):
    """Have every change of the log's files fail from now on."""
    control["mode"], control["error"] = MODES["from now on"], errno.ENOSPC
    control["kinds"] = CHANGES
    control["fail_at"] = control["armed"] = 1


def post(system, delivery):
    return system.hook(json.loads(hook(delivery)))[0]
