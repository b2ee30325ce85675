"""The verbs of operators as they are typed: against a real daemon and an emulated node."""

import json
import subprocess
import sys

from tests.system.system import URL, eventually


def lines(path):
    """Return the whole lines of a file that is being written."""
    return path.read_text().split("\n")[:-1]


def is_told(path, verb):
    """Return whether a follower has printed that somebody asked for a verb."""
    found = [json.loads(line) for line in lines(path)]
    return any(one["subject"] == f"operator/{verb}" for one in found)


def test_orders_and_their_causes_are_told(running, tmp_path):
    running.declare(youtube=("show", URL), radio=("show", f"{URL}2"))
    assert running.command("reload")[0] == 0
    following = tmp_path / "followed.jsonl"
    with following.open("w") as out:
        arguments = [
            "events", "--config", str(running.config), "--follow", "--since", "1", "-o", "json"
        ]  # fmt: skip
        follower = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments],
            stdout=out, env=running.environment, cwd=running.folder,
        )  # fmt: skip
    try:
        running.publish("show")
        running.wait_phase(youtube="Ready", radio="Ready")
        code, said, _ = running.command("stop", "youtube", "--for", "1h", "--reason", "rehearsal")
        assert (code, said.startswith("transponder/youtube: stop asked until ")) == (0, True)
        running.wait_phase(youtube="Stopped")
        assert running.transponders() == [("show", f"{URL}2")]
        code, said, _ = running.command("why", "youtube")
        assert code == 0
        assert "stop transponder/youtube because “rehearsal”" in said
        assert said.splitlines()[-1].startswith("now: transponder/youtube on wcs1 is Stopped")
        code, said, _ = running.command("why", "youtube", "-o", "json")
        chain = json.loads(said)
        assert {"position", "time", "type", "subject", "text", "rule"} <= set(chain[0])
        assert [entry["position"] for entry in chain] == sorted(
            entry["position"] for entry in chain
        )
        assert running.command("start", "youtube")[0] == 0
        running.wait_phase(youtube="Ready", radio="Ready")
        assert (
            running.command("get", "--chain", "youtube")[1]
            .splitlines()[1]
            .startswith("stream/show")
        )
        asked = ("reload", "stop", "start")
        eventually(lambda: all(is_told(following, verb) for verb in asked), 30)
    finally:
        follower.terminate()
        follower.wait(10)
    positions = [json.loads(line)["position"] for line in lines(following)]
    assert positions == list(range(positions[0], positions[-1] + 1))


def test_what_cannot_be_done_is_refused_with_the_next_step(running):
    running.declare(youtube=("show", URL))
    assert running.command("reload")[0] == 0
    for arguments, code, said in (
        (("stop",), 2, "name what to stop: [KIND/]NAME or -l LABEL=VALUE"),
        (("stop", "x"), 1, "Error: x: not declared and not ours"),
        (("adopt", "youtube"), 1, "nothing is there that could be adopted"),
        (("stop", "node/wcs1"), 1, "nodes are paused and resumed only"),
        (("why", "x"), 1, "x: not declared and not ours"),
        (("why", "99999"), 1, "99999: the log goes from 1 to"),
        (("get", "--watch", "--at", "5"), 2, "give either --watch or --at"),
    ):
        found = running.command(*arguments)
        assert (found[0], said in found[2]) == (code, True), found
