"""Orders of operators in the world: given, ended, moved with the clock, and dropped."""

from orchestrator.core.configuration import Node
from orchestrator.core.event import ClockStepped, Forgotten, OperatorAsked
from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.order import Verb
from orchestrator.core.site import NOWHERE
from tests.core.history import NODE, URL, History, key, line, running


def ask(history, verb, *names, **more):
    return history.happen(OperatorAsked(verb, freeze({"resources": list(names), **more}), "why"))


def test_a_pause_of_a_node_for_a_while_moves_with_the_clock():
    history = ask(running(line("a")), "pause", f"node/{NODE}", until=1_100_000)
    history.happen(ClockStepped(50_000))
    assert history.world.pauses[NODE].until_ms == 1_150_000
    ask(history, "pause", f"node/{NODE}").happen(ClockStepped(50_000))
    assert history.world.pauses[NODE].until_ms == 0
    assert history.phases() == {"a": ("Paused", "paused")}
    ask(history, "resume", f"node/{NODE}")
    assert (history.world.pauses, history.phases()) == (EMPTY, {"a": ("Ready", "unverified")})


def test_a_stop_goes_with_its_line_and_a_pause_only_with_its_thing():
    history = ask(running(line("a"), line("b", url=f"{URL}2")), "stop", "transponder/a")
    ask(history, "pause", "transponder/b").load(removed=("a", "b"))
    assert {one: order.verb for one, order in history.world.orders.items()} == {
        key("b"): Verb.PAUSE
    }
    history.wait(6_000).looked()
    assert history.world.orders == EMPTY


def test_an_order_ends_for_all_nodes_of_a_resource_and_only_where_it_is_wanted():
    nodes = {"wcs1": Node(Map({"role": "edge"})), "wcs2": Node()}
    history = History().configure(nodes).load(line("a", node="", nodes=Map({"role": "edge"})))
    ask(history, "stop", "transponder/a")
    ask(history, "start", "transponder/a")
    assert history.world.orders == EMPTY
    assert {place.node for place in history.world.changed} == {"wcs1"}


def test_letting_go_of_another_life_lets_nothing_go():
    history = running(line("a"))
    (natural,) = history.world.things(NODE, "transponder")
    history.happen(Forgotten(NODE, key("a"), natural, "another"))
    assert history.owners() == {"m-a": "a"}


def test_verbs_that_give_no_order_change_no_order():
    history = running(line("a"))
    before = history.world.orders
    ask(history, "reload")
    history.happen(OperatorAsked("stop", freeze({"resources": 7})))
    assert history.world.orders == before


def test_nowhere_has_no_streams():
    assert (NOWHERE.ids("a"), NOWHERE.name_of("a"), NOWHERE.since("a")) == ((), "", 0)


def test_letting_go_of_what_nobody_knows_changes_nothing():
    history = running(line("a"))
    before = (history.world.orders, history.world.records)
    history.happen(Forgotten(NODE, key("unknown"), "", ""))
    assert (history.world.orders, history.world.records) == before
