"""What rules may look at, which answers follow, and the policies that let them take effect."""

import json

import pytest
from attrs import evolve

from orchestrator.core.document import RulesLoaded
from orchestrator.core.event import ActionStarted, HookReceived
from orchestrator.core.filling import Part, expressions, filled, parts
from orchestrator.core.hook import FIELDS, REFUSABLE
from orchestrator.core.http import Reply
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key, Place
from orchestrator.core.rule import Admit, Decision, Table
from orchestrator.core.scope import names_of
from orchestrator.errors import ExpressionFailed
from orchestrator.expression import Scope
from orchestrator.kinds.call import Call
from orchestrator.kinds.pull import Pull
from orchestrator.web.admission import REFUSED, decided, reply
from orchestrator.web.policies import merged, policies_of
from tests.core.history import NODE, START_MS, History, line

PLACE = Place("rules/a.yaml", 1, 1)


def scoped(names):
    return Scope(names, str.__eq__).value


def rule(name="r", method="publishStream", decide=Decision.DENY, line=1, **more):
    return Admit(name, Place("rules/a.yaml", line, 1), (method,), decide, **more)


def world_of(*rules, tables=()):
    return History().configure().publish().happen(RulesLoaded(rules, tables=tables)).world


def hook(method="publishStream", **body):
    return HookReceived(NODE, method, freeze({"name": "a", **body}))


def found(world, one=None):
    return decided(world, one or hook(), scoped, START_MS)


def named(world, one=None):
    answer = found(world, one)
    return None if answer is None else (answer.rule.name, answer.decision.value, answer.error)


def test_the_first_rule_that_matches_decides_in_the_order_of_files_and_lines():
    world = world_of(
        rule("late", line=9),
        rule("never", line=1, where="false"),
        rule("first", line=2, decide=Decision.ALLOW, where="hook.name == 'a'"),
    )
    assert named(world) == ("first", "allow", "")
    assert named(world, hook(name="b")) == ("late", "deny", "")
    assert named(world, hook("playStream")) is None


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"where": "hook.none", "decide": Decision.ALLOW}, None),
        ({"where": "hook.name", "on_error": Decision.DENY},
         ("r", "deny", "`where` is neither true nor false")),
        ({"overwrite": Map(name="${hook.token}"), "decide": Decision.ALLOW,
          "on_error": Decision.DENY},
         ("r", "deny", "a sealed value cannot be written into an answer")),
        ({"overwrite": Map(custom=freeze({"a": ["x", {"b": "${hook.token}"}]})),
          "on_error": Decision.ALLOW},
         ("r", "allow", "a sealed value cannot be written into an answer")),
        ({"overwrite": Map(name="u-${hook.token}"), "on_error": Decision.DENY},
         ("r", "deny", "a sealed value cannot be written into an answer")),
        ({"overwrite": Map(name="${ {hook.token: 1} }"), "on_error": Decision.DENY},
         ("r", "deny", "a sealed value cannot be written into an answer")),
        ({"overwrite": Map(name="a-${hook.l}"), "on_error": Decision.DENY},
         ("r", "deny", "only texts, numbers and booleans stand within a text")),
    ],
)  # fmt: skip
def test_what_fails_decides_what_the_rule_says(more, answer):
    body = {"token": "~0123456789abcdef", "l": [1]}
    assert named(world_of(rule(**more)), hook(**body)) == answer


def test_names_show_the_world():
    table = Table("t", PLACE, freeze({"x": [1, None, True]}))
    world = world_of(tables=(table,))
    names = {name: value() for name, value in names_of(world, hook(), START_MS).items()}
    stream = {"mediaSessionId": "s-1", "name": "show", "status": "PUBLISHING", "node": NODE}
    (seen,) = names["streams"]
    assert stream.items() <= dict(seen).items()
    assert names["all"]["streams"] == (seen,)
    own = names_of(world, hook(mediaSessionId="s-1"), START_MS)
    assert own["streams"]() == ()  # the one that is asked about is none of them
    assert names_of(world, hook("playStream", mediaSessionId="s-1"), START_MS)["streams"]()
    assert names["tables"] == Map(t=table.value)
    assert (names["connection"], names["connections"], names["calls"]) == (Map(), (), ())
    assert (names["now"], names["node"]["name"]) == (START_MS, NODE)


def test_texts_are_filled_and_a_lone_expression_may_be_anything():
    def evaluate(text):
        return {"n": 5, "t": True, "s": "x", "o": Map(a=1), "f": 1.0, "g": 0.5}[text]

    value = freeze(
        {
            "a": "${n}",
            "b": ["x-${s}-${n}-${t}", 3],
            "c": {"d": "plain"},
            "e": "${o}",
            "f": "${f}|${g}",
        }
    )
    given = filled(value, evaluate)
    assert given == freeze(
        {"a": 5, "b": ["x-x-5-true", 3], "c": {"d": "plain"}, "e": {"a": 1}, "f": "1|0.5"}
    )
    assert expressions(value) == ("n", "s", "n", "t", "o", "f", "g")


def test_braces_and_quotes_nest_in_an_expression():
    assert parts('a${ {"x": "}\\""}.x }b') == (
        Part("a", is_expression=False),
        Part(' {"x": "}\\""}.x ', is_expression=True),
        Part("b", is_expression=False),
    )
    assert parts("") == (Part("", is_expression=False),)
    with pytest.raises(ValueError, match="is not closed"):
        parts("${'}")


def test_an_answer_is_the_base_with_the_fields_that_a_rule_gave():
    base = Reply(200, b'{"name": "a", "sdp": "v=0"}')
    world = world_of(rule(decide=Decision.ALLOW, overwrite=Map(name="b-${hook.name}")))
    assert json.loads(reply(world, hook(), found(world), base, base).body) == {
        "name": "b-a",
        "sdp": "v=0",
    }
    assert reply(world, hook(), None, base, base) is base
    other = Reply(403, b"{}")
    assert reply(world, hook(), found(world), other, base) is other
    for other in (Reply(200, b"no JSON"), Reply(200, b"[" * 200_000), Reply(200, b'{"a": 1e999}')):
        said = json.loads(reply(world, hook(), found(world), other, base).body)
        assert said.get("name") == "b-a"
    refusing = world_of(rule())
    assert reply(refusing, hook(), found(refusing), base, base) is REFUSED


def test_a_session_gets_the_policies_that_the_rules_need():
    rules = (
        rule("deny"),
        rule("rename", line=2, decide=Decision.ALLOW, overwrite=Map(name="x", record=True)),
        rule("soft", "playStream", when_unreachable=Decision.ALLOW),
        rule("dtmf", "sendDTMF"),
        rule("connect", "connect"),
        rule("allow", "call", decide=Decision.ALLOW),
    )
    fail = {"clientExclude": "", "restExclude": "sdp", "restOnError": "FAIL"}
    plain = {"restPolicy": "NOTIFY", "restOverwrite": ""}
    policies = policies_of(rules)
    assert {name: dict(policies[name]) for name in policies} == {
        "publishStream": {**fail, "restPolicy": "OVERWRITE", "restOverwrite": "name,record"},
        "sendDTMF": {**fail, **plain},
        "sendDtmf": {**fail, **plain},
    }
    base = Reply(200, b'{"login": "x"}')
    answer = reply(world_of(*rules), hook("connect"), None, base, base)
    body = json.loads(answer.body)
    assert (body["login"], sorted(body["restClientConfig"])) == ("x", sorted(policies))


def test_the_policies_of_another_backend_stay_where_ours_need_nothing():
    given = {
        "publishStream": {"restOnError": "LOG", "restPolicy": "OVERWRITE",
                          "restOverwrite": "bitrate", "restExclude": "custom",
                          "clientExclude": "info"},
        "playStream": {"restOnError": "FAIL"},
        "call": "nonsense",
    }  # fmt: skip
    ours = policies_of((rule(), rule("c", "call")))
    given["call"] = {"restPolicy": "DISABLED"}
    config = merged(given, ours)
    assert config["call"]["restPolicy"] == "NOTIFY"
    assert config["publishStream"] == {
        "restOnError": "FAIL", "restPolicy": "OVERWRITE", "restOverwrite": "bitrate",
        "restExclude": "custom,sdp", "clientExclude": "info",
    }  # fmt: skip
    assert config["playStream"] == {"restOnError": "FAIL"}
    assert config["call"]["restOnError"] == "FAIL"
    assert merged(None, Map()) == {}


def test_every_hook_that_has_fields_can_be_refused():
    assert set(FIELDS) <= set(REFUSABLE)


def test_what_fails_carries_no_value():
    with pytest.raises(ExpressionFailed, match="what it looks up is not there"):
        scoped({"hook": lambda: Map(secret="x")})("{'a': 1}[hook.secret]")


def test_what_we_have_just_asked_for_is_never_asked_about():
    pull, call = Key("pull", "p"), Key("call", "c")
    lines = (
        evolve(line("p"), key=pull, spec=Pull("rtmp://encoder.lan/live", "in")),
        evolve(line("c"), key=call, spec=Call("1001", "100", "sip.lan", call_id="c")),
    )
    rules = tuple(rule(f"r{n}", method, line=n) for n, method in enumerate(
        ("publishStream", "playStream", "playHLS", "call")))  # fmt: skip
    history = History().configure().load(*lines).happen(RulesLoaded(rules))
    asked = [
        hook(name="in", sessionId="s"), hook("call", callId="c", sessionId="s"),
        hook("playHLS", name="in"), hook("publishStream", name="other"),
        hook("playStream", name="in"),
    ]  # fmt: skip
    assert [named(history.world, one) is None for one in asked] == [False] * 5
    for key, path in ((pull, "/pull/rtmp/pull"), (call, "/call/startup")):
        started = ActionStarted(NODE, key, "create", path, Map(), history.world.position)
        history.happen(started)
    assert [named(history.world, one) is None for one in asked] == [True, True, False, False, False]
    history.happen(HookReceived(NODE, "connect", Map(sessionId="s")))
    assert [named(history.world, one) is None for one in asked] == [False] * 5
