"""How often rules did something, as the world remembers it, and which calls are still to leave."""

from attrs import evolve

from orchestrator.core.configuration import Node
from orchestrator.core.document import RulesLoaded
from orchestrator.core.entry import Entry
from orchestrator.core.errand import Errand, Fired
from orchestrator.core.event import ClockStepped, RuleFired
from orchestrator.core.fired import busy_until
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.resource import Place
from orchestrator.core.rule import CALL, Rate, Step, Upon
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.firing import ERRANDS_MAX, Asker, unsent
from orchestrator.web.told import told
from tests.core.history import NODE, History

PLACE = Place("rules/a.yaml", 2, 3)
CALLED = Step(CALL, method="/data/send", body=freeze({"operationId": "o", "payload": {"a": 1}}))
RULE = Upon("r", PLACE, ("connect",), (CALLED,), at_most=Rate(2, 10_000))
FIRED = RuleFired("r", PLACE, "stop", freeze({"resources": ["vod/a"]}))


def ruled():
    return History().configure().happen(RulesLoaded((RULE,))).world


def after(world, event, at_ms, cause):
    return project(world, Entry(world.position + 1, at_ms, cause, "rule:r", event), KINDS)


def test_times_are_counted_once_for_each_entry_and_move_with_the_clock():
    world = ruled()
    start = world.at_ms
    for at_ms, cause in ((0, 1), (1, 1), (1_000, 2), (2_000, 3)):
        world = after(world, FIRED, start + at_ms, cause)
    assert world.fired == Map(r=Fired((start + 1_000, start + 2_000), 3, 0))
    assert busy_until(world, RULE, start + 3_000) == start + 11_000
    assert busy_until(world, RULE, start + 11_000) == 0
    stepped = project(world, Entry(99, start + 3_000, 0, "", ClockStepped(5_000)), KINDS)
    assert stepped.fired == Map(r=Fired((start + 6_000, start + 7_000), 3, 0))
    until = after(world, RuleFired("r", PLACE, error="enough", until_ms=start + 9_000), start, 4)
    stepped = project(until, Entry(99, start + 3_000, 0, "", ClockStepped(5_000)), KINDS)
    assert stepped.fired["r"].until_ms == start + 14_000


def test_what_a_rule_does_after_it_is_gone_counts_for_nobody():
    world = after(ruled(), RulesLoaded(removed=("r",)), 0, 0)
    assert after(world, FIRED, world.at_ms, 1).fired == Map()


def test_calls_go_to_nodes_that_are_managed():
    world = ruled()
    nodes = world.configuration.nodes.set("old", Node(retired=True))
    world = evolve(world, configuration=evolve(world.configuration, nodes=nodes))
    assert unsent(world, NODE) == ""
    assert unsent(world, "old") == "old is retired"
    assert unsent(world, "") == "no node is named, and what it is about has none: write `node`"


def test_calls_that_wait_are_not_without_number():
    world = ruled()
    waiting = Map({number: Errand("r", NODE, "/m", Map()) for number in range(ERRANDS_MAX)})
    world = evolve(world, errands=waiting)
    asker = Asker(lambda _: lambda _: lambda text: text == "true", lambda _: {}, KINDS)
    entry = Entry(world.position, world.at_ms, 0, "", ClockStepped(1))
    (fact,), _ = asker.fire(world, entry, evolve(RULE, do=(evolve(CALLED, node=NODE),)), 9)
    assert fact.event.error == f"{ERRANDS_MAX} calls wait to be sent already"


def test_what_a_rule_does_is_told():
    said = {"rule": "r", "place": {"file": "a", "line": 2}, "node": "n"}
    for more, text in (
        (
            {"verb": "stop", "arguments": {"resources": ["vod/a"]}},
            "rule r (a:2) does stop vod/a",
        ),
        ({"verb": "call", "arguments": {"method": "/m"}}, "rule r (a:2) calls /m of n"),
        ({"verb": "stop", "error": "no"}, "rule r (a:2) does not stop: no"),
        ({"verb": "", "error": "enough"}, "rule r (a:2) does nothing: enough"),
    ):
        assert told("RuleFired", {**said, **more}) == text
