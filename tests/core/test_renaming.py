"""New names of resources, and answers to what began under the old ones."""

from attrs import evolve

from orchestrator.core.configuration import Limits
from orchestrator.core.document import Moved, StateLoaded
from orchestrator.core.event import ActionFinished, ActionStarted, PlanApproved
from orchestrator.core.mapping import EMPTY
from orchestrator.core.renaming import current
from orchestrator.core.resource import OnChange
from tests.core.history import NODE, at, begun, key, line, listed

CALL = (NODE, key("a"), "create", "/push/startup")


def test_an_answer_to_the_old_name_is_for_the_new_one():
    history = begun(line("a")).happen(ActionStarted(*CALL, EMPTY, 1))
    moved = Moved(key("a"), key("b"))
    history.happen(StateLoaded((line("b"),), moved=(moved,)))
    assert set(history.world.in_flight) == set(history.world.making) == {at("b")}
    assert current(history.world, at("a")) == at("b")
    history.happen(ActionFinished(*CALL, 200, made="m-1"))
    assert (history.world.in_flight, history.world.making[at("b")].id) == (EMPTY, "m-1")


def test_a_name_that_is_declared_again_is_its_own():
    history = begun(line("a"))
    history.happen(StateLoaded((line("b"),), moved=(Moved(key("a"), key("b")),)))
    history.happen(StateLoaded((line("a", url="rtmp://target.lan/a"),)))
    assert current(history.world, at("a")) == at("a")
    assert {one.key.name for one in history.world.wanted.values()} == {"a", "b"}


def test_what_is_held_under_one_name_is_held_under_the_next():
    history = begun(line("a", on_change=OnChange.HOLD))
    history.act("a", made="m-1")
    history.look("transponder", listed("m-1"))
    changed = line("a", url="rtmp://target.lan/other", on_change=OnChange.HOLD)
    history.load(changed)
    assert history.phases() == {"a": ("Held", "on-change")}
    history.change([evolve(changed, key=key("b"))], moved=[(key("a"), key("b"))])
    assert history.phases() == {"b": ("Held", "on-change")}
    (hold,) = history.world.holds
    history.happen(PlanApproved(hold))
    assert history.act("b").call.path == "/push/terminate"


def test_a_line_that_changes_with_its_name_is_judged_anew():
    history = begun(line("a"), limits=Limits(interrupts_per_change=0))
    history.act("a", made="m-1")
    history.look("transponder", listed("m-1"))
    for name, old in (("b", "a"), ("c", "b")):
        changed = line(name, url=f"rtmp://target.lan/{name}")
        history.change([changed], moved=[(key(old), key(name))])
        assert history.phases() == {name: ("Held", "over-limit")}
        assert len(history.world.members) == 1
