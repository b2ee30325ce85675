"""Rules that do something, as written: what is taken, and what is refused with its place."""

import pytest
from attrs import evolve

from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Rate, Step, Upon
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.rules import read_rules

WHOLE = """rules:
  greet:
    upon: [publishStream, sendDtmf, StreamStatusEvent]
    where: hook.name.startsWith("guest-")
    atMost: 3/10m
    forEach: streams
    do:
      - stop: "transponder/${hook.name}"
        for: 30s
      - restart: [show, "pull/${item.name}"]
      - call: /push/startup
        node: "${item.node}"
        with: {streamName: "${hook.name}", rtmpUrl: "rtmp://h/live/${secret.key}"}
"""


@pytest.fixture
def read(settings, vault, tmp_path):
    """Return what reads one file of rules: its rules, and its faults as texts."""

    def read(text):
        (tmp_path / "rules").mkdir(exist_ok=True)
        (tmp_path / "rules" / "a.yaml").write_text(text)
        ruled = evolve(settings, rules=(tmp_path / "rules",))
        (file,) = read_rules(ruled, vault, KINDS, {})
        return file.rules, [str(fault) for fault in file.faults]

    return read


def test_a_rule_that_does_something_is_read_whole(read):
    body = Map({"streamName": "${hook.name}", "rtmpUrl": "rtmp://h/live/${secret.key}"})
    steps = (
        Step("stop", ("transponder/${hook.name}",), 30_000),
        Step("restart", ("show", "pull/${item.name}")),
        Step("call", method="/push/startup", body=body, node="${item.node}"),
    )
    rule = Upon(
        "greet",
        Place("rules/a.yaml", 2, 3),
        ("publishStream", "sendDTMF", "StreamStatusEvent"),
        steps,
        'hook.name.startsWith("guest-")',
        Rate(3, 600_000),
        "streams",
        ("hook", "item", "secret", "streams"),
    )
    assert read(WHOLE) == ((rule,), [])


def test_a_rule_may_do_so_a_thousand_times_an_hour_where_it_says_nothing(read):
    (rule,), _ = read("rules: {r: {upon: Parked, do: {restart: a}}}")
    assert (rule.upon, rule.at_most, rule.where) == (("Parked",), Rate(1_000, 3_600_000), "true")


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("upon: [], do: {stop: a}", "1:12: “upon” is missing: name the hooks or events"),
        ("upon: connect", "1:12: “do” is missing: write what is to be done"),
        ("upon: connect, do: []", "1:12: “do” is missing: write what is to be done"),
        ("upon: conect, do: {stop: a}",
         "1:19: “conect” is neither a hook nor an event: did you mean “connect”?"),
        ("upon: alarm, do: {stop: a}",
         "1:19: alarms come from WCS OAM, which is not in this version: remove it"),
        ("upon: HookReceived, do: {stop: a}",
         "1:19: HookReceived is no trigger: name the method of the hook, such as publishStream"),
        ("upon: RuleFired, do: {stop: a}",
         "1:19: RuleFired is no trigger: what a rule does sets off no other"),
        ("upon: [connect, Parked], do: {stop: a}",
         "1:12: hooks and events are looked at in different ways: write a rule for each"),
        ("upon: connect, do: {stop: a, start: b}",
         "1:32: a step does one thing: write one of stop,"),
        ("upon: connect, do: {for: 3s}", "1:32: a step does one thing: write one of stop, start,"),
        ("upon: connect, do: {restart: a, for: 3s}",
         "1:32: “for” belongs to pause and stop: remove it"),
        ("upon: connect, do: {restart: a, with: {b: c}}",
         "1:32: “with” and “node” belong to “call”: remove them"),
        ("upon: connect, do: {reboot: a}", "1:33: the key “reboot” is not known here"),
        ("upon: connect, do: {call: /data/sent}",
         "1:39: /data/sent: no such method; did you mean /data/send?"),
        ("upon: connect, do: {call: /push/find_all}",
         "1:39: /push/find_all only reads, so nothing would come of it: leave it out"),
        ("upon: connect, do: {call: /push/terminate}",
         "1:32: /push/terminate needs mediaSessionId"),
        ("upon: connect, do: {call: /push/terminate, with: {id: a}}",
         "1:32: /push/terminate has no parameter id; it takes mediaSessionId"),
        ("upon: connect, do: {call: /push/terminate, with: {mediaSessionId: 3}}",
         "1:32: /push/terminate: mediaSessionId is no text"),
        ("upon: connect, do: {call: /push/terminate, with: {mediaSessionId: a}, node: wcs7}",
         "1:32: the node “wcs7” is not configured: did you mean “wcs2”?"),
        ("upon: connect, do: {call: /push/startup, with: {streamName: a, rtmpUrl: 'rtmp://h/l/key'}}",
         "1:32: a secret stands here, and the log would show it: write ${secret.NAME}"),
        ("upon: connect, do: {call: /push/startup, with: {rtmpUrl: 'rtmp://u:p@h/l/${hook.name}'}}",
         "1:32: a secret stands here, and the log would show it: write ${secret.NAME}"),
        ("upon: connect, do: {call: /data/send, with: {operationId: a, payload: {password: p}}}",
         "1:32: a secret stands here, and the log would show it: write ${secret.NAME}"),
        ("upon: connect, do: {call: /data/send, with: {payload: {a: '${secret.key}'}}}",
         "1:32: /data/send comes back as a hook, and the log would show the secret"),
        ("upon: connect, do: {call: /push/startup, with: {streamName: '${secret.gone}'}}",
         "1:32: secret gone: it is not listed under `secrets:` in the configuration"),
        ("upon: connect, do: {call: /push/startup, with: {streamName: '${secret.key + 1}'}}",
         "1:32: write a reference as ${secret.NAME}, with nothing else in its braces"),
        ("upon: connect, do: {call: /data/send, with: {payload: {'${secret.key}': 1}}}",
         "1:32: a secret cannot be a name: write it as a value"),
        ("upon: connect, do: {stop: '${secret.key}'}",
         "1:32: a secret names nothing: write the name"),
        ("upon: connect, do: {stop: transponders/a}",
         "1:32: “transponders” is no kind: did you mean “transponder”?"),
        ("upon: connect, do: {pause: node/wcs7}",
         "1:32: the node “wcs7” is not configured: did you mean “wcs2”?"),
        ("upon: connect, do: {stop: a}, atMost: '3'", "1:51: write times/duration, as in 3/10m"),
        ("upon: connect, do: {stop: a}, atMost: 3/10d",
         "1:12: write up to 10000 times within up to 7d, as in 3/10m"),
        ("upon: connect, do: {stop: a}, where: event.data.x == item",
         "1:50: “item” is not known here: known are all, calls, connection, connections, event,"),
        ("upon: Parked, do: {stop: a}, where: hook.name == 'a'", "1:49: “hook” is not known here"),
        ("upon: connect, do: {stop: a}, forEach: ''", "1:52: write a CEL expression"),
        ("upon: connect, do: {stop: a}, forEach: 'streams.'", "1:52: this is no CEL expression"),
        ("upon: connect, do: {stop: '${hook.name'}", "1:39: a “${” is not closed"),
        ("upon: connect, do: {stop: a}, decide: deny",
         "1:12: “decide” has no meaning beside “upon”: remove it"),
        ("upon: connect, admit: connect, do: {stop: a}",
         "1:12: a rule has one trigger: write one of “admit”, “each” and “upon”"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(read, rule, fault):
    rules, faults = read(f"rules: {{r: {{{rule}}}}}")
    assert rules == ()
    assert any(one.startswith(f"rules/a.yaml:{fault}") for one in faults), faults


def test_a_field_that_no_such_hook_has_is_warned_of(settings, vault, tmp_path):
    (tmp_path / "rules").mkdir()
    rule = "rules: {r: {upon: publishStream, where: hook.nmae == 'x', do: {stop: '${hook.nam}'}}}"
    (tmp_path / "rules" / "a.yaml").write_text(rule)
    ruled = evolve(settings, rules=(tmp_path / "rules",))
    (file,) = read_rules(ruled, vault, KINDS, {})
    assert [one.message for one in file.warnings] == [
        "publishStream is not known to have the field “nam”: did you mean “name”?",
        "publishStream is not known to have the field “nmae”: did you mean “name”?",
    ]
    assert (len(file.rules), file.faults) == (1, ())
