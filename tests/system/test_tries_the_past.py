"""`backtest` on the log of a real daemon: other rules, other state, and what is asked wrongly."""

import json

import pytest

RULES = {
    "rules": {
        "no-robots": {
            "admit": ["publishStream"],
            "where": 'hook.name.startsWith("robot-")',
            "decide": "deny",
        }
    }
}
OTHER = """rules:
  no-guests:
    admit: [publishStream]
    where: hook.name.startsWith("guest-")
    decide: deny
"""


@pytest.fixture
def past(system):
    """A daemon that has answered some hooks, and was stopped."""
    system.rule(RULES, {})
    system.declare(line=("show", "rtmp://h.lan/live"))
    system.emulate()
    system.run()
    system.publish("show")
    system.wait_phase(line="Ready")
    for name, status in (("robot-1", 403), ("guest-1", 200)):
        body = {"mediaSessionId": name, "name": name, "sessionId": "s"}
        assert system.hook(body, "publishStream")[0] == status
    assert system.stop()[0] == 0
    return system


def other(system, folder, text):
    path = system.folder / folder
    path.mkdir()
    (path / "a.yaml").write_text(text)
    return path


def test_other_documents_and_what_they_would_have_changed(past):
    code, out, err = past.command("backtest", "-o", "json")
    found = json.loads(out)
    assert (code, found["actions"], found["decisions"], err) == (0, [], [], "")
    for when in ("1h", "1ms", "2026-01-01T00:00:00Z"):
        code, out, err = past.command("backtest", "--since", when)
        assert (code, out.splitlines()[-1], err) == (
            0, "would have been otherwise: decisions 0, actions 0", "",
        )  # fmt: skip

    rules = other(past, "others", OTHER)
    code, out, err = past.command("backtest", "--rules", rules, "-o", "json")
    found = json.loads(out)
    robot, guest = found["decisions"]
    denied = {"decision": "deny", "rule": "no-robots", "overwrite": {}}
    assert (code, err, found["actions"]) == (0, "", [])
    assert robot == {
        "change": "removed", "resource": "stream/robot-1", "node": "wcs1", "at": robot["at"],
        "before": denied, "after": None,
    }  # fmt: skip
    assert (guest["change"], guest["resource"]) == ("added", "stream/guest-1")

    code, out, err = past.command("backtest", "--rules", rules)
    assert out.splitlines()[1:] == [
        f"  - stream/robot-1 on wcs1 at {robot['at']}: deny by no-robots → allowed by no rule",
        f"  + stream/guest-1 on wcs1 at {guest['at']}: allowed by no rule → deny by no-guests",
        "would have been otherwise: decisions 2, actions 0",
    ]
    code, out, _ = past.command("backtest", "--rules", rules, "--since", str(robot["at"] + 1))
    assert out.splitlines()[-1] == "would have been otherwise: decisions 1, actions 0"

    text = "transponders: {line: {node: wcs1, streamName: show, rtmpUrl: rtmp://new.lan/live}}"
    state = other(past, "elsewhere", text)
    code, out, _ = past.command("backtest", "--state", state, "-o", "json")
    (line,) = json.loads(out)["actions"]
    assert (line["change"], line["resource"], line["node"]) == (
        "changed", "transponder/line", "wcs1",
    )  # fmt: skip
    assert (line["before"]["rtmpUrl"], line["after"]["rtmpUrl"]) == (
        "rtmp://h.lan/live", "rtmp://new.lan/live",
    )  # fmt: skip


def test_rules_that_fail_are_named(past):
    text = "rules: {r: {upon: publishStream, where: hook.nix == 1, do: {stop: line}}}"
    code, out, _ = past.command("backtest", "--rules", other(past, "failing", text))
    why = "there is no nix: ask with has() or in, or correct the name"
    assert (code, f"  ! rule r fails, 3 times: {why}" in out.splitlines()) == (0, True)


def test_without_its_key_nothing_is_compared_and_none_is_made(past):
    (past.log / "seal.key").unlink()
    code, _, err = past.command("backtest")
    assert (code, "seal.key" in err, (past.log / "seal.key").exists()) == (1, True, False)


def test_what_is_asked_wrongly_is_said(past):
    faulty = other(past, "faulty", "rules: {r: {admit: connect}}")
    code, _, err = past.command("backtest", "--rules", faulty)
    assert (code, "faulty/a.yaml:1:12: “decide” is missing" in err) == (1, True)
    code, _, err = past.command("backtest", "--since", "99999")
    assert (code, err) == (1, "Error: 99999: the log does not reach that far\n")
    assert past.command("backtest", "--rules", past.folder / "nowhere")[0] == 2


def test_without_a_log_there_is_nothing_to_be_tried(system):
    code, _, err = system.command("backtest")
    assert (code, "there is no log at" in err) == (1, True)
