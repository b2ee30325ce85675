"""What rules want, asked without a daemon: what has ended, what fails, and what nobody looks at."""

import pytest

from orchestrator.core.action import Look
from orchestrator.core.configuration import Node
from orchestrator.core.deriving import Deriver
from orchestrator.core.document import Ensured, RulesLoaded
from orchestrator.core.entry import Entry
from orchestrator.core.event import NodeRestarted
from orchestrator.core.ground import Ground
from orchestrator.core.json import freeze
from orchestrator.core.lineage import origin
from orchestrator.core.linger import overdue
from orchestrator.core.look import LastLook
from orchestrator.core.mapping import Map
from orchestrator.core.reference import CLOSE, OPEN, with_references
from orchestrator.core.resource import Key, Place, Resource
from orchestrator.core.rule import Each, Subject
from orchestrator.core.stir import All, stirred
from orchestrator.errors import ExpressionFailed
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.vod import Vod
from tests.core.history import NODE, History

PLACE = Place("rules/a.yaml", 1, 1)
RULE = Each("r", PLACE, Subject.STREAM, Map())
GROUND = Ground("r", NODE, Subject.STREAM, "s-1")


def vod(name="v", rule="r", makes="out"):
    return Resource(Key("vod", name), Vod("vod-live://a", makes), PLACE, node=NODE, rule=rule)


def deriver(holds=True):
    """Return one whose rules want one VOD for whatever they hold for."""
    return Deriver(lambda _around: lambda _own: lambda _text: holds, make, KINDS)


def make(_configuration, _rule, _node, _filled):
    return (vod(),)


def ensured(items=(), until_ms=0, ground=GROUND):
    return Ensured(
        ground.node, ground.rule, PLACE, ground.each, ground.natural, "stream/show", items, until_ms
    )


def begun(*items, until_ms=0):
    return History().configure().happen(RulesLoaded((RULE,)), ensured(items, until_ms))


def test_a_load_lets_what_is_gone_by_itself_linger():
    world = begun(vod()).world
    assert list(deriver().at_once(world, frozenset({"r"}), 1)) == []
    assert list(deriver().at_once(begun(vod()).publish("s-1").world, frozenset({"r"}), 1)) == []


def test_what_a_changed_rule_does_not_want_goes_at_once():
    world = begun(vod()).publish("s-1").world
    (found,) = deriver(holds=False).at_once(world, frozenset({"r"}), 1)
    assert (found.items, found.until_ms) == ((), 0)


@pytest.mark.parametrize("look", [LastLook(), LastLook(9, 99), LastLook(9, 100, 100, failing_ms=5)])
def test_what_is_over_waits_for_a_look_that_can_be_believed(look):
    world = begun(vod(), until_ms=100).world
    looks = Map({(NODE, "stream"): look})
    assert overdue(world, GROUND, looks, 100) is None
    assert overdue(world, GROUND, Map({(NODE, "stream"): LastLook(9, 100)}), 99) is None
    assert overdue(world, GROUND, Map({(NODE, "stream"): LastLook(9, 100)}), 100).items == ()


def test_where_nobody_looks_any_more_there_is_nothing_to_wait_for():
    history = begun(vod(), until_ms=100).configure({NODE: Node(retired=True)})
    assert overdue(history.world, GROUND, Map(), 100).items == ()


def test_a_look_is_due_for_what_is_over_unless_looks_fail():
    history = begun(vod(), until_ms=1)
    history.look("stream")
    history.wait(2_000)
    due = [one for one in history.planned().plan.actions if isinstance(one, Look)]
    assert "stream" in {one.kind for one in due}
    history.look_failed("stream")
    history.wait(100)
    due = [one for one in history.planned().plan.actions if isinstance(one, Look)]
    assert "stream" not in {one.kind for one in due}


def test_a_stream_that_a_line_makes_is_of_no_rule_that_wants_it_too():
    history = begun(vod()).load(vod(rule=""))
    history.look("vod")
    history.start("v")
    assert history.world.wanted[next(iter(history.world.wanted))].rule == ""
    assert origin(history.world, (NODE, "out"), KINDS) is None


def test_a_stream_that_two_rules_want_is_of_the_one_that_is_followed():
    other = Ground("s", NODE, Subject.STREAM, "s-1")
    history = begun(vod()).happen(ensured((vod(rule="s"),), ground=other))
    history.look("vod")
    history.start("v")
    assert origin(history.world, (NODE, "out"), KINDS).makers == ("r",)


def test_a_restart_stirs_all_of_its_node():
    world = begun().world
    restarted = Entry(world.position + 1, 1, 0, "", NodeRestarted(NODE, "why"))
    assert stirred(world, world, restarted, KINDS) == All(NODE)


def test_marks_become_references_and_nothing_else_does():
    filled = freeze({"a": [f"x{OPEN}secret.k{CLOSE}y", 1, None]})
    assert with_references(filled) == freeze({"a": ["x${secret.k}y", 1, None]})
    with pytest.raises(ExpressionFailed, match="cannot stand"):
        with_references(freeze(["${secret.k}"]))
