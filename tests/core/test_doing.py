"""What the steps of a rule are once their expressions have values, and where that ends."""

import pytest

from orchestrator.core.doing import ALL_MAX, BODY_MAX, STEPS_MAX, Unfilled, filled_steps
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import CALL, Step, Upon
from orchestrator.daemon.admitting import around
from orchestrator.shell.secrets import Vault

HOOK = freeze({"name": "a", "names": ["a", "b"], "n": 3, "long": "x" * (BODY_MAX - 100),
               "many": [str(one) for one in range(STEPS_MAX)]})  # fmt: skip


def filled(*steps, for_each=""):
    """Return what comes of steps on node n1."""
    rule = Upon("r", Place("a.yaml", 1, 1), ("connect",), steps, for_each=for_each)
    scoped = around(Vault(b"k" * 32))({"hook": lambda: HOOK})
    return list(filled_steps(rule, scoped, "n1"))


def stop(*resources):
    return Step("stop", resources)


@pytest.mark.parametrize(
    ("resources", "due"),
    [
        (("vod/${hook.name}",), ["vod/a"]),
        (("${hook.names}", "c"), ["a", "b", "c"]),
        (("${hook.n}",), "what names a thing is a text"),
        (("${hook.names.filter(one, false)}",), "it names no resource"),
        (("${hook.nothing}",), "there is no nothing: ask with has() or in, or correct the name"),
        (("${hook.many}", "b"), f"over {STEPS_MAX} resources are named: narrow it"),
    ],
)
def test_a_step_is_taken_for_each_resource_that_it_names(resources, due):
    found = filled(stop(*resources))
    if isinstance(due, str):
        assert found == [Unfilled("stop", due)]
    else:
        assert found == [Step("stop", (name,), node="n1") for name in due]


def test_a_call_has_its_values_and_the_node_of_what_it_is_about():
    body = freeze({"a": "${hook.n}", "b": ["${hook.name}", None, 1.5, True]})
    (found,) = filled(Step(CALL, method="/m", body=body))
    due = freeze({"a": 3, "b": ["a", None, 1.5, True]})
    assert found == Step(CALL, method="/m", body=due, node="n1")
    (found,) = filled(Step(CALL, method="/m", node="n-${hook.name}"))
    assert found.node == "n-a"


@pytest.mark.parametrize(
    ("for_each", "due"),
    [
        ("hook.names", ["v-a", "v-b"]),
        ("[]", []),
        ("hook.name", "`forEach` is no list"),
        ("hook.n", "`forEach` is no list"),
        ("hook.nothing", "there is no nothing: ask with has() or in, or correct the name"),
        ("hook.many + ['one']", f"over {STEPS_MAX} steps upon one entry: narrow `forEach`"),
    ],
)
def test_steps_are_taken_for_each_member(for_each, due):
    found = filled(stop("v-${item}"), for_each=for_each)
    if isinstance(due, str):
        assert found == [Unfilled("stop", due)]
    else:
        assert [one.resources for one in found] == [(name,) for name in due]


def test_what_is_sent_has_bounds():
    long = Step(CALL, method="/m", body=Map({"a": "${hook.long}"}))
    (found,) = filled(long)
    assert len(found.body["a"]) == BODY_MAX - 100
    (found,) = filled(Step(CALL, method="/m", body=Map({"a": "${hook.long + hook.long}"})))
    assert found == Unfilled(CALL, f"what is to be sent has over {BODY_MAX} letters")
    *sent, last = filled(long, for_each="hook.many")
    assert last == Unfilled(CALL, f"all that is to be sent has over {ALL_MAX} letters")
    assert 0 < len(sent) <= ALL_MAX // (BODY_MAX - 100)
    deep = 1
    for _ in range(40):
        deep = {"a": deep}
    (found,) = filled(Step(CALL, method="/m", body=freeze(deep)))
    assert found == Unfilled(CALL, "what is to be sent nests deeper than 32")
