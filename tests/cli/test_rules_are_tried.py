"""`orchestrator rules test`: cases come out as they should, or it is said how not."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.main import orchestrator

ROOT = Path(__file__).parents[2]
RULE = "rules: {no-a: {admit: publishStream, where: hook.name == 'a', decide: deny}}"
CASES = """cases:
  a is refused: {hook: publishStream, body: {name: a}, expect: {decide: deny, rule: no-a}}
  b is refused, too: {hook: publishStream, body: {name: b}, expect: {decide: deny, rule: no-a}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.yaml").write_text(RULE)
    (tmp_path / "a.test.yaml").write_text(CASES)
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(orchestrator, ["rules", "test", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_shipped_rules_do_what_their_cases_say():
    code, out, err = run(ROOT / "rules", "--coverage")
    assert (code, err) == (0, "")
    assert "0 failed; 11 of 11 rules decided in one" in out


def test_a_case_that_comes_out_otherwise_is_named_with_what_came(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    code, out, _ = run(folder)
    file = f"{folder.name}/a.test.yaml"
    assert (code, out.splitlines()) == (1, [
        f"ok    {file}:2: a is refused",
        f"FAIL  {file}:3: b is refused, too: expected deny by no-a, got allow by no rule",
        "2 cases, 1 failed; 1 of 1 rules decided in one",
    ])  # fmt: skip


EACH = """rules:
  t: {each: stream, where: stream.name != "x", ensure: {vods: {"v-${stream.name}": {uri: "vod-live://a",
      localStreamName: "${stream.appKey}"}}}}
"""


WANTED = (
    "{each: stream, body: {name: a, appKey: b}, expect: {ensure: {vods: {v-a: "
    "{uri: vod-live://a, localStreamName: b}}}}}"
)


ONE_THING = "a case is about one thing: write one of “hook”, “each” and “upon”"
ANSWERED = "a hook is answered: expect “decide”, and neither “ensure” nor “do”"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("{each: stream, body: {name: x, appKey: b}, expect: {ensure: {}}}", "ok  "),
        (WANTED, "ok  "),
        ("{each: stream, body: {name: x}, expect: {ensure: {}}}", "ok  "),
        ("{each: stream, body: {name: a/b}, expect: {fails: true}}", "ok  "),
        ("{each: stream, body: {name: a/b}, expect: {ensure: {}}}",
         "expected nothing, got a failure (t fails: a name has no “/”"),
        ("{each: stream, body: {name: x}, expect: {fails: true}}",
         "expected a failure, got nothing"),
        ("{each: stream, body: {name: a}, expect: {ensure: {}}}",
         "expected nothing, got {'vods': {'v-a': {'localStreamName': '', 'uri': 'vod-live://a'}}}"),
        ("{each: call, body: {callId: a}, expect: {ensure: {}}}", "ok  "),
        ("{each: connection, expect: {ensure: {}}}", "ok  "),
        ("{expect: {ensure: {}}}", ONE_THING),
        ("{each: stream, hook: connect, expect: {decide: allow}}",
         ONE_THING),
        ("{each: stream, expect: {decide: allow}}",
         "for a subject something is wanted: expect “ensure”, {} for nothing, or “fails”"),
        ("{hook: connect, expect: {}}", ANSWERED),
    ],
)  # fmt: skip
def test_what_rules_want_is_tried_too(folder, case, said):
    (folder / "a.yaml").write_text(EACH)
    (folder / "a.test.yaml").write_text(f"cases:\n  one: {case}\n")
    code, out, err = run(folder)
    assert said in out + err
    assert code == (0 if said == "ok  " else 1)


UPON = """rules:
  greet:
    upon: publishStream
    where: hook.name != "quiet"
    forEach: connections.map(one, one.sessionId)
    do:
      - call: /data/send
        with: {sessionId: "${item}", operationId: "${hook.name}", payload: {a: 1}}
  again:
    upon: [Parked]
    where: event.actor == "orchestrator"
    do: [{restart: "${event.subject}", }, {pause: "node/${event.node}"}]
"""
SENT = "{call: /data/send, with: {sessionId: s1, operationId: a, payload: {a: 1}}}"
PARKED = "event: {actor: orchestrator, subject: pull/a}"
GIVEN = "given: {connections: [{sessionId: s1}]}"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (f"{{upon: publishStream, body: {{name: a}}, {GIVEN}, expect: {{do: [{SENT}]}}}}", "ok  "),
        (f"{{upon: publishStream, body: {{name: quiet}}, {GIVEN}, expect: {{do: []}}}}", "ok  "),
        ("{upon: publishStream, body: {name: a}, expect: {do: []}}", "ok  "),
        ("{upon: publishStream, body: {title: a}, expect: {fails: true}}", "ok  "),
        (f"{{upon: publishStream, body: {{name: a}}, {GIVEN}, expect: {{do: []}}}}",
         "expected nothing, got call /data/send of wcs1 with {'operationId': 'a',"),
        (f"{{upon: Parked, {PARKED}, expect: {{do: [{{restart: pull/a}}, {{pause: node/wcs1}}]}}}}",
         "ok  "),
        (f"{{upon: Parked, {PARKED}, expect: {{do: [{{pause: node/wcs1}}]}}}}",
         "expected pause node/wcs1, got restart pull/a; pause node/wcs1"),
        ("{upon: Parked, event: {actor: orchestrator}, expect: {do: []}}",
         "expected nothing, got a failure (again fails: there is no subject"),
        ("{upon: Parked, expect: {fails: true}}", "ok  "),
        ("{upon: connect, expect: {do: []}}", "ok  "),
        ("{upon: conect, expect: {do: []}}", "“conect” is neither a hook nor an event: did you"),
        ("{upon: connect, event: {data: {}}, expect: {do: []}}",
         "“event” belongs to “upon” with an event: write “body”"),
        ("{upon: Parked, body: {a: 1}, expect: {do: []}}",
         "an event has no body: write “event” with its fields, such as “data”"),
        ("{upon: connect, expect: {decide: allow}}",
         "upon a trigger something is done: expect “do”, [] for nothing, or “fails”"),
    ],
)  # fmt: skip
def test_what_rules_do_is_tried_too(folder, case, said):
    (folder / "a.yaml").write_text(UPON)
    (folder / "a.test.yaml").write_text(f"cases:\n  one: {case}\n")
    code, out, err = run(folder)
    assert said in out + err
    assert code == (0 if said == "ok  " else 1)


def test_a_case_without_a_name_is_a_fault(folder):
    (folder / "a.test.yaml").write_text("cases: {'': {upon: connect, expect: {do: []}}}\n")
    code, _, err = run(folder)
    assert (code, "a.test.yaml:1:9: a name is empty" in err) == (1, True)


def test_reports_are_for_programs(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    code, out, _ = run(folder, "-o", "json", "--junit", tmp_path / "report.xml", "--run", "^b")
    assert (code, json.loads(out)) == (1, {
        "cases": [{
            "name": "b is refused, too", "file": "a.test.yaml", "line": 3, "rule": None,
            "ok": False, "message": "expected deny by no-a, got allow by no rule",
        }],
        "failed": 1,
        "untried": ["no-a"],
    })  # fmt: skip
    assert (tmp_path / "report.xml").read_text() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<testsuite name="rules" tests="1" failures="1">'
        '<testcase classname="a.test.yaml" name="b is refused, too" line="3">'
        '<failure message="expected deny by no-a, got allow by no rule" />'
        "</testcase></testsuite>"
    )


def test_a_rule_that_no_case_tries_fails_where_coverage_is_wanted(folder):
    assert run(folder, "--run", "nothing")[0] == 1
    (folder / "a.test.yaml").write_text(
        "cases: {b: {hook: publishStream, body: {name: b}, expect: {decide: allow}}}"
    )
    code, out, _ = run(folder)
    assert (code, out.splitlines()[-1]) == (0, "not tried: no-a")
    assert run(folder, "--coverage")[0] == 1


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("a.test.yaml", "cases: {x: {hook: publishStrem, expect: {decide: deny}}}",
         "1:19: the hook “publishStrem” is not one that asks: did you mean"),
        ("a.test.yaml", "cases: {x: {hook: publishStream}}", "1:12: “expect” is missing: add it"),
        ("a.test.yaml", "cases: [", "this is not YAML"),
        ("a.test.yaml", "cases: {x: {hook: connect, expect: {decide: deny}}}",
         "1:9: what is denied is denied by a rule: name it"),
        ("a.test.yaml", "cases: {x: {hook: connect, given: {streams: [null]}, expect: {}}}",
         "a mapping is wanted here"),
        ("a.yaml", "rules: {r: {admit: connect}}", "“decide” is missing: write allow or deny"),
    ],
)  # fmt: skip
def test_faulty_files_are_named_with_their_place(folder, file, text, words):
    (folder / file).write_text(text)
    code, out, err = run(folder)
    assert (code, out) == (1, "")
    assert words in err


def test_what_cannot_be_used_is_said(folder, tmp_path):
    assert run(folder, "--run", "(")[0] == 2
    assert run(tmp_path / "gone")[0] == 2
    code, _, err = run(folder, "--junit", tmp_path / "no" / "report.xml")
    assert (code, "cannot be written: No such file or directory" in err) == (1, True)
    (folder / "a.test.yaml").unlink()
    code, _, err = run(folder)
    assert (code, err) == (1, "no case: write them into NAME.test.yaml\n")


def test_the_configured_rules_are_tried_and_cases_without_a_file_ask_all(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULE)
    (tmp_path / "rules" / "b.yml").write_text(
        "rules: {rest: {admit: playStream, decide: deny, where: size(calls) > 0}}"
    )
    (tmp_path / "rules" / "all.test.yml").write_text("""cases:
  a: {hook: publishStream, body: {name: a}, expect: {decide: deny, rule: no-a}}
  b:
    hook: playStream
    node: elsewhere
    given: {calls: [{caller: "1", callee: "2", status: ESTABLISHED}]}
    expect: {decide: deny, rule: rest}
  c: {hook: playStream, expect: {decide: allow, rule: rest, overwrite: {x: 1}, fails: true}}
""")
    (tmp_path / "orchestrator.yaml").write_text("nodes: {wcs1: {url: 'http://wcs1/rest-api'}}")
    code, out, _ = run("--config", tmp_path / "orchestrator.yaml")
    differs = "expected allow by rest with x 1, failing, got allow by no rule"
    assert (code, out.splitlines()) == (1, [
        "ok    rules/all.test.yml:2: a",
        "ok    rules/all.test.yml:3: b",
        f"FAIL  rules/all.test.yml:8: c: {differs}",
        "3 cases, 1 failed; 2 of 2 rules decided in one",
    ])  # fmt: skip
