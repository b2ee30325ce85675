"""The daemon as its users have it: processes, sockets, files, and what the node itself saw."""

import json

import pytest

from tests.system.system import URL, System, eventually


def publish(system, name="show"):
    """Publish a stream; return the time of the hook that told of it, as the node has it."""
    before = len(told(system, name))
    system.publish(name)
    times, _ = eventually(lambda: told(system, name)[before:])
    return times[0]


def told(system, name):
    return [
        entry["detail"]["sent_s"]
        for entry in system.journal()
        if entry["what"] == "StreamStatusEvent" and entry["detail"]["body"]["name"] == name
    ]


def came(system):
    return [entry["at_s"] for entry in system.journal() if entry["what"] == "transponder came"]


def test_a_published_stream_has_its_transponder_within_a_second_of_the_hook(running, figure):
    running.declare(youtube=("show", URL))
    assert running.command("reload")[0] == 0
    hooked_s = publish(running)
    running.wait_transponders(("show", URL), within_s=3)
    (started_s,) = came(running)
    figure(f"from the hook to the transponder: {(started_s - hooked_s) * 1000:.0f} ms")
    assert started_s - hooked_s < 1
    running.wait_phase(youtube="Ready")
    assert running.mutations() == ["/push/startup"]


def test_one_that_vanished_silently_is_back_within_one_look(tmp_path, figure):
    with System(tmp_path) as system:
        system.declare(youtube=("show", URL))
        system.run()
        system.emulate()
        publish(system)
        system.wait_transponders(("show", URL))
        system.wait_phase(youtube="Ready")
        system.pull("transponder/vanish", streamName="show")
        assert system.transponders() == []
        _, took_s = system.wait_transponders(("show", URL), within_s=8)
        figure(f"from silent loss to the new one, looking every 5 s: {took_s:.1f} s")
        assert system.mutations() == ["/push/startup"] * 2


def test_documents_are_followed_and_what_is_foreign_is_left_alone(running):
    foreign = ("show", "rtmp://elsewhere.lan/live")
    running.declare(goes=("show", f"{URL}1"), stays=("show", f"{URL}2"), turns=("show", f"{URL}3"))
    running.command("reload")
    publish(running)
    running.pull("push/startup", streamName=foreign[0], rtmpUrl=foreign[1])
    running.wait_phase(goes="Ready", stays="Ready", turns="Ready")

    running.declare(stays=("show", f"{URL}2"), turns=("show", f"{URL}3"))
    assert running.command("reload")[0] == 0
    running.wait_transponders(foreign, ("show", f"{URL}2"), ("show", f"{URL}3"))
    assert running.mutations() == ["/push/startup"] * 3 + ["/push/terminate"]

    running.declare(stays=("show", f"{URL}2"), turns=("show", f"{URL}4"))
    assert running.command("reload")[0] == 0
    running.wait_transponders(foreign, ("show", f"{URL}2"), ("show", f"{URL}4"), within_s=10)
    running.wait_phase(turns="Ready", stays="Ready")
    assert running.mutations()[4:] == ["/push/terminate", "/push/startup"]

    running.pull("restart", down_s=0.5)
    eventually(lambda: not running.is_up("wcs1"))
    eventually(lambda: running.is_up("wcs1"))
    assert running.transponders() == []
    publish(running)
    running.wait_transponders(("show", f"{URL}2"), ("show", f"{URL}4"), within_s=10)
    assert running.started_twice()[0] == []


def test_an_equal_one_that_runs_already_is_adopted_without_a_call(running):
    publish(running)
    running.pull("push/startup", streamName="show", rtmpUrl=URL)
    running.declare(youtube=("show", URL))
    running.command("reload")
    running.wait_phase(youtube="Ready")
    _, rows = running.ask("GET", "/api/v1/resources")
    assert [(row["name"], row["adopted"]) for row in rows] == [("youtube", True)]
    assert running.mutations() == []


def test_twelve_of_fifteen_removed_at_once_wait_for_approve(running):
    lines = {f"t{number:02}": ("show", f"{URL}{number:02}") for number in range(15)}
    running.declare(**lines)
    running.command("reload")
    publish(running)
    eventually(lambda: len(running.transponders()) == 15)
    running.wait_phase(**dict.fromkeys(lines, "Ready"))

    running.declare(**{name: lines[name] for name in sorted(lines)[12:]})
    code, said, _ = running.command("reload", "-o", "json")
    (hold,) = json.loads(said)["holds"]
    assert code == 0
    running.wait_phase(t00="Held", t11="Held", t12="Ready")
    assert len(running.transponders()) == 15
    code, said, _ = running.command("plan", "--detailed-exitcode", "-o", "json")
    assert code == 4
    assert {held["hold"] for held in json.loads(said)["held"]} == {hold}
    code, said, _ = running.command("status")
    assert (code, hold in said) == (1, True)

    assert running.command("approve", "h-none")[0] == 1
    assert running.command("approve", hold)[0] == 0
    eventually(lambda: len(running.transponders()) == 3, 10)
    assert running.mutations().count("/push/terminate") == 12
    eventually(lambda: running.command("status")[0] == 0)


def test_every_question_has_its_form_and_its_exit_code(running):
    running.declare(youtube=("show", URL), later=("evening", URL))
    running.command("reload")
    running.wait_phase(youtube="Waiting", later="Waiting")
    code, said, _ = running.command("plan", "--detailed-exitcode")
    assert (code, "0 to create" in said) == (0, True), said
    publish(running)
    assert running.command("wait", "youtube", "--for", "Ready", "--timeout", "5s")[0] == 0
    assert running.command("wait", "later", "--for", "Ready", "--timeout", "500ms")[0] == 3
    assert running.command("wait", "later", "--for", "Settled", "--timeout", "5s")[0] == 0
    assert running.command("wait", "nobody", "--for", "Ready", "--timeout", "1s")[0] == 1

    code, said, _ = running.command("get", "-o", "json")
    rows = {row["name"]: row for row in json.loads(said)}
    assert code == 0
    assert (rows["youtube"]["phase"], rows["youtube"]["owned"]) == ("Ready", True)
    assert (rows["later"]["phase"], rows["later"]["reason"]) == ("Waiting", "stream-absent")
    assert rows["youtube"]["source"] == {"file": "state/main.yaml", "line": 2}
    assert running.command("get", "transponder/nobody")[0] == 1
    assert running.command("status")[0] == 0

    entries = running.entries()
    assert [entry["position"] for entry in entries] == list(range(1, len(entries) + 1))
    finished = [entry for entry in entries if entry["type"] == "ActionFinished"]
    assert [(one["subject"], one["data"]["status"]) for one in finished] == [
        ("transponder/youtube", 200)
    ]

    code, said, _ = running.command("call", "wcs1", "/push/find_all")
    assert (code, json.loads(said)[0]["streamName"]) == (0, "rtmp_show")
    assert running.command("call", "wcs9", "/push/find_all")[0] == 1
    assert running.command("call", "wcs1", "/push/find_none")[0] == 1
    (asked,) = running.entries("OperatorAsked")[-1:]
    assert asked["data"]["verb"] == "call"
    assert asked["actor"].startswith("user:")
    assert running.command("log", "verify")[0] == 0


def test_a_faulty_file_is_named_by_its_place_and_the_others_are_taken(running):
    running.declare("good.yaml", youtube=("show", URL))
    running.declare("bad.yaml", radio=("show", f"{URL}2"))
    running.command("reload")
    publish(running)
    running.wait_phase(youtube="Ready", radio="Ready")
    running.declare("good.yaml", youtube=("show", f"{URL}-new"))
    (running.state / "bad.yaml").write_text("transponders:\n  radio: {streamNam: show}\n")
    code, _, err = running.command("reload")
    assert code == 1
    assert "state/bad.yaml:2:" in err
    assert "streamNam" in err
    running.wait_transponders(("show", f"{URL}-new"), ("show", f"{URL}2"), within_s=10)
    code, said, _ = running.command("status")
    assert (code, "state/bad.yaml:2:" in said) == (1, True)
    running.config.write_text("nodes: 5\n")
    code, _, err = running.command("reload")
    assert code == 1
    assert "orchestrator.yaml:1:" in err
    running.configure()
    running.declare("bad.yaml", radio=("show", f"{URL}2"))
    assert running.command("reload")[0] == 0


def test_without_a_daemon_questions_are_answered_from_the_log_and_verbs_refuse(running):
    running.declare(youtube=("show", URL))
    running.command("reload")
    publish(running)
    running.wait_phase(youtube="Ready")
    assert running.stop()[0] == 0
    code, said, _ = running.command("get")
    assert (code, said.startswith("STALE since 2")) == (0, True)
    assert "Unknown" in said
    code, said, _ = running.command("status")
    assert (code, said.startswith("STALE since 2")) == (3, True)
    assert running.entries()[-1]["type"] == "DaemonStopped"
    assert running.command("log", "verify")[0] == 0
    assert running.command("plan", "--detailed-exitcode")[0] == 0
    assert running.command("plan", "--offline")[0] == 0
    for verb in (["reload"], ["approve", "h-1"], ["call", "wcs1", "/push/find_all"]):
        code, _, err = running.command(*verb)
        assert (code, "daemon" in err) == (1, True), err


def test_without_a_log_every_question_says_so(system):
    assert system.command("status")[0] == 3
    for verb in (["get"], ["events"], ["log", "verify"]):
        code, said, err = system.command(*verb)
        assert (code, said, "no log" in err) == (1, "", True), err
    assert not system.log.exists()


def test_run_once_ends_when_all_is_settled_or_says_that_it_is_not(system):
    system.declare(youtube=("show", URL))
    system.emulate(hooks="")
    system.publish("show")
    process = system.run("--once", "--timeout", "20s", is_waited=False)
    assert process.wait(30) == 0, system.said()
    assert system.entries()[-1]["type"] == "DaemonStopped"
    assert system.transponders() == [("show", URL)]

    system.declare(youtube=("show", URL), broken=("show", "rtmp://nowhere.lan/x"))
    system.pull("settings", unknown_hosts=["nowhere.lan"])
    process = system.run("--once", "--timeout", "2s", is_waited=False)
    assert process.wait(30) == 3, system.said()


def test_a_second_daemon_ends_with_5_and_a_damaged_log_with_6(system):
    system.declare(youtube=("show", URL))
    system.run()
    code, _, err = system.command("run")
    assert code == 5, err
    system.wait_answering()
    assert system.stop()[0] == 0
    damage(system)
    code, _, err = system.command("log", "verify")
    assert code == 6, err
    code, _, err = system.command("run")
    assert code == 6, err


def damage(system):
    """Turn one bit in the middle of what an entry says."""
    for path in sorted(system.log.glob("*.sqlite*")):
        content = bytearray(path.read_bytes())
        at = content.find(b"rtmp://target.lan")
        if at >= 0:
            content[at] ^= 1
            path.write_bytes(content)
            return
    pytest.fail("the log says nothing of what was declared")
