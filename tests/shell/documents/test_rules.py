"""Rule files: what is taken, what is refused with its place, and who keeps a name."""

import pytest
from attrs import evolve

from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Admit, Decision, Table
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.rules import read_rules

DENY = """rules:
  known-only:
    admit: [publishStream]
    where: hook.appKey == "studio" && !(hook.name in tables.streams)
    decide: deny
tables:
  streams: {file: streams.json}
"""


@pytest.fixture
def ruled(settings, tmp_path):
    (tmp_path / "rules").mkdir()
    return evolve(settings, rules=(tmp_path / "rules",))


@pytest.fixture
def put(tmp_path):
    def put(name, text):
        path = tmp_path / "rules" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    return put


def faults(read):
    return [str(fault) for file in read for fault in file.faults]


def test_a_rule_is_read_with_its_place_and_its_table_sealed(ruled, vault, put):
    put("a.yaml", DENY)
    put("streams.json", '{"studio-a": {"password": "open", "level": 3}}')
    (read,) = read_rules(ruled, vault, KINDS, {})
    assert (read.file, read.faults, read.warnings) == ("rules/a.yaml", (), ())
    assert read.rules == (
        Admit(
            "known-only",
            Place("rules/a.yaml", 2, 3),
            ("publishStream",),
            Decision.DENY,
            'hook.appKey == "studio" && !(hook.name in tables.streams)',
            on_error=Decision.DENY,
            names=("hook", "tables"),
        ),
    )
    seal = vault.seal("open")
    value = Map({"studio-a": Map({"password": f"~{seal}", "level": 3})})
    assert read.tables == (Table("streams", Place("rules/a.yaml", 7, 3), value),)


def test_a_sealed_table_shows_nothing_but_its_names(ruled, vault, put):
    put("a.yaml", "tables: {tokens: {file: tokens.yaml, sealed: true}}")
    put("tokens.yaml", "studio-a: [abc, 17, true, null]\n")
    (read,) = read_rules(ruled, vault, KINDS, {})
    sealed = (f"~{vault.seal('abc')}", f"~{vault.seal('17')}", True, None)
    assert [table.value for table in read.tables] == [Map({"studio-a": sealed})]


def test_what_is_overwritten_is_allowed_without_saying_so(ruled, vault, put):
    put("a.yaml", 'rules: {r: {admit: publishStream, overwrite: {name: "x-${hook.name}"}}}')
    (read,) = read_rules(ruled, vault, KINDS, {})
    (rule,) = read.rules
    assert (rule.decide, rule.on_error, rule.may_deny) == (Decision.ALLOW, None, False)
    assert rule.overwrite == Map({"name": "x-${hook.name}"})


def test_both_spellings_of_a_hook_are_one(ruled, vault, put):
    put("a.yaml", "rules: {r: {admit: [sendDtmf, sendDTMF, submitBugReport], decide: deny}}")
    (read,) = read_rules(ruled, vault, KINDS, {})
    assert read.rules[0].methods == ("sendDTMF", "sendBugReport")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rules: {r: {admit: publishStrem, decide: deny}}",
         "1:20: the hook “publishStrem” is not one that asks: did you mean “publishStream”?"),
        ("rules: {r: {admit: stopStream, decide: deny}}",
         "1:20: stopStream happens all the same, whatever is answered: leave it out"),
        ("rules: {r: {admit: [], decide: deny}}",
         "1:12: “admit” is missing: name the hooks that it answers"),
        ("rules: {r: {admit: connect}}", "1:12: “decide” is missing: write allow or deny"),
        ("rules: {r: {admit: connect, decide: no}}", "1:37: write allow or deny"),
        ("rules: {r: {admit: connect, decide: deny, overwrite: {name: x}}}",
         "1:12: what is denied has no fields: remove “overwrite”"),
        ("rules: {r: {admit: connect, decide: deny, where: hok.name == 1}}",
         "1:50: “hok” is not known here: known are all, calls, connection, connections, hook,"),
        ("rules: {r: {admit: connect, decide: deny, where: 'hook.name =='}}",
         "1:50: this is no CEL expression (line 1, column 13 of it): it ends too early"),
        ('rules: {r: {admit: connect, overwrite: {name: "${hook.name"}}}',
         "1:47: a “${” is not closed: write ${EXPRESSION}"),
        ('rules: {r: {admit: connect, overwrite: {name: "${secret.a}"}}}',
         "1:47: “secret” is not known here: known are all, calls, connection, connections, hook,"),
        ("rules: {r: {where: 'true'}}",
         "1:12: a rule has one trigger: write one of “admit”, “each” and “upon”"),
        ("rules: {r: {each: stream, admit: connect, decide: deny}}",
         "1:12: a rule has one trigger: write one of “admit”, “each” and “upon”"),
        ("rules: {r: {each: stream}}", "1:12: “ensure” is missing: write what is to be there"),
        ("rules: {r: {each: stream, ensure: {}}}",
         "1:35: write kinds with their resources, as in a state file"),
        ("rules: {r: {each: strem, ensure: {}}}",
         "1:19: write stream or call or connection or node"),
        ("rules: {r: {each: stream, decide: deny, ensure: {vods: {a: {uri: x}}}}}",
         "1:12: “decide” has no meaning beside “each”: remove it"),
        ("rules: {r: {each: node, made: true, ensure: {vods: {a: {uri: x}}}}}",
         "1:12: only streams are made by rules: remove “made”"),
        ("rules: {r: {each: stream, ensure: {transponder: {}}}}",
         "1:36: the key “transponder” is not known here: did you mean “transponders”?"),
        ("rules: {r: {each: stream, ensure: {transponders: []}}}",
         "1:50: write names with specifications"),
        ("rules: {r: {each: stream, ensure: {transponders: {a: 3}}}}",
         "1:54: a mapping is wanted here: write fields with values"),
        ("rules: {r: {each: stream, ensure: {transponders: {a: {streamName: b}}}}}",
         "1:54: “rtmpUrl” is missing: add it"),
        ("rules: {r: {each: stream, ensure: {transponders: {a/b: {}}}}}",
         "1:51: a name has no “/”, no “${” and no “~” in front: rename it"),
        ("rules: {r: {each: stream, ensure: {transponders: {a: {rtmpUrl: http://x}}}}}",
         "write rtmp:// or rtmps:// and a host"),
        ('rules: {r: {each: stream, ensure: {vods: {"v-${hook.name}": {uri: x}}}}}',
         "1:43: “hook” is not known here: known are all, calls, connection, connections, node,"),
        ('rules: {r: {each: stream, ensure: {vods: {"v-${stream.name": {uri: x}}}}}',
         "1:43: a “${” is not closed: write ${EXPRESSION}"),
        ("rules: {r: {each: stream, ensure: {transponders: {a: {rtmpUrl: 'rtmp://a:b@h/l/k'}}}}}",
         "what looks like a key stands here in clear: put it into `secrets`"),
        ("rules: {r: {each: stream, ensure: {vods: {a: {node: wcs1, nodes: {a: b}}}}}}",
         "“node” and “nodes” exclude each other: remove one of them"),
        ('rules: {r: {each: stream, ensure: {vods: {v: {uri: "${secret.gone}"}}}}}',
         "secret gone: it is not listed under `secrets:` in the configuration"),
        ("rules: {'a b': {admit: connect, decide: deny}}",
         "1:9: use letters, digits, “.”, “_” and “-” in this name"),
        ("rules: {r: {admit: connect, overwrite: {sessionId: x}}}",
         "1:12: sessionId is what it is known by, or follows from the rules: leave it out"),
        ("rules: {r: {admit: playHLS, overwrite: {token: x}}}",
         "1:12: token is a secret, and the log would show it: rules do not give it"),
        ("tables: {t: {file: gone.yaml}}",
         "the file cannot be read (No such file or directory): check path and permissions"),
        ("rules: {'': {admit: connect, decide: deny}}",
         "1:9: a name is empty or has invisible characters: rename it"),
        ('rules: {"a\\tb": {admit: connect, decide: deny}}',
         "1:9: a name is empty or has invisible characters: rename it"),
        ("tables: {'': {file: t.json}}",
         "1:10: a name is empty or has invisible characters: rename it"),
        ("rule: {}", "1:1: the key “rule” is not known here: did you mean “rules”?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(ruled, vault, put, text, fault):
    put("a.yaml", text)
    found = read_rules(ruled, vault, KINDS, {})
    assert any(fault in one for one in faults(found)), faults(found)
    assert [file.rules for file in found] == [()]


def test_a_field_that_no_such_hook_has_is_warned_of(ruled, vault, put):
    put("a.yaml", "rules: {r: {admit: publishStream, decide: deny, where: hook.nmae == 'x'}}")
    (read,) = read_rules(ruled, vault, KINDS, {})
    (warning,) = read.warnings
    assert (warning.line, warning.column, warning.message) == (
        1,
        12,
        "publishStream is not known to have the field “nmae”: did you mean “name”?",
    )
    assert len(read.rules) == 1


def test_the_first_to_have_a_name_keeps_it(ruled, vault, put):
    put("a.yaml", "rules: {r: {admit: connect, decide: deny}}")
    put("b.yaml", "rules: {r: {admit: connect, decide: allow}}")
    assert faults(read_rules(ruled, vault, KINDS, {})) == [
        "rules/b.yaml:1:9: rule r is declared in rules/a.yaml:1 already: rename one"
    ]
    before = {"rule r": Place("rules/b.yaml", 1, 9)}
    assert faults(read_rules(ruled, vault, KINDS, before)) == [
        "rules/a.yaml:1:9: rule r is declared in rules/b.yaml:1 already: rename one"
    ]


def test_a_faulty_file_keeps_the_names_that_it_had(ruled, vault, put):
    put("a.yaml", "rules: {new: {admit: connect, decide: deny}}")
    put("b.yaml", "rules: {nonsense")
    before = {"rule new": Place("rules/b.yaml", 1, 9)}
    found = faults(read_rules(ruled, vault, KINDS, before))
    assert "rules/a.yaml:1:9: rule new is declared in rules/b.yaml:1 already: rename one" in found


def test_a_folder_that_vanished_with_its_rules_is_a_fault(ruled, vault, tmp_path):
    (tmp_path / "rules").rmdir()
    usual = evolve(ruled, has_named_rules=False)
    assert read_rules(usual, vault, KINDS, {}) == ()
    for settings in (ruled, usual):
        (read,) = read_rules(settings, vault, KINDS, {"table t": Place("rules/a.yaml", 1, 1)})
        assert "the folder cannot be read (No such file or directory)" in str(read.faults[0])
    (read,) = read_rules(ruled, vault, KINDS, {"rule r": Place("rules/a.yaml", 1, 1)})
    assert "the folder cannot be read (No such file or directory)" in str(read.faults[0])


def test_cases_beside_rules_are_no_rules(ruled, vault, put):
    put("a.test.yaml", "cases: []")
    assert read_rules(ruled, vault, KINDS, {}) == ()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[1, 2", "rules/t.yaml:"),
        ("a: &x 1", "anchors and aliases"),
        ("a: [" + "1, " * 10_001 + "]", "the table has over 10000 values: split it"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_its_place(ruled, vault, put, table, words):
    put("a.yaml", "tables: {t: t.yaml}")
    put("t.yaml", table)
    (read,) = read_rules(ruled, vault, KINDS, {})
    assert any(words in str(fault) for fault in read.faults), read.faults


@pytest.mark.parametrize("name", [r"\0", "x" * 5000, ".", "../rules", "/dev/zero", "a.yaml"])
def test_what_is_no_table_is_a_fault(ruled, vault, put, name):
    put("a.yaml", f'tables: {{t: "{name}"}}')
    assert len(faults(read_rules(ruled, vault, KINDS, {}))) == 1


def test_what_is_no_rule_file_is_a_fault(ruled, vault, tmp_path):
    (tmp_path / "rules" / "a.yaml").mkdir()
    (tmp_path / "rules" / "b.yaml").write_text("[]")
    (tmp_path / "rules" / "c.yaml").write_bytes(b"\xff")
    said = faults(read_rules(ruled, vault, KINDS, {}))
    assert [one.partition(": ")[0] for one in said] == ["rules/b.yaml:1:1", "rules/c.yaml:1:1"]
