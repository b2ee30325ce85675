"""New names of resources, and answers to what began under the old ones."""

from orchestrator.core.document import Moved, StateLoaded
from orchestrator.core.event import ActionFinished, ActionStarted
from orchestrator.core.mapping import EMPTY
from orchestrator.core.renaming import current
from tests.core.history import NODE, at, begun, key, line

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
