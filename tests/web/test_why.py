"""Where the chain of causes begins, and where it ends."""

import json
from types import SimpleNamespace

from attrs import evolve

from orchestrator.codec import codec_of
from orchestrator.core.entry import Fact
from orchestrator.core.event import NodeLost, OperatorAsked, TailLost
from orchestrator.core.http import Reply
from orchestrator.core.json import freeze
from orchestrator.core.subject import subject_of
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web import why as chains
from orchestrator.web.why import DEPTH_MAX, Why, why
from tests.core.history import NODE, URL, History, begun, line, listed, published, running
from tests.web.asking import asked

CODEC = codec_of(KINDS)


def row(entry):
    draft = CODEC.encode(Fact(entry.event, entry.cause, entry.actor))
    return SimpleNamespace(
        position=entry.position, at_ms=entry.at_ms, cause=entry.cause, actor=entry.actor,
        node=draft.node, type=draft.type, subject=subject_of(entry.event),
        body=json.loads(draft.body),
    )  # fmt: skip


def read(found, history, lost=()):
    """Read a chain to its end from a history, less what an archive has taken away."""
    rows = {entry.position: row(entry) for entry in history.entries}
    while found.wanted:
        found = found.read(
            rows[one] for one in sorted(found.wanted) if one in rows and one not in lost
        )
    return found.told()


def chain(history, **query):
    found = why(query, history.world, KINDS)
    assert isinstance(found, Why), found
    return [(entry["position"], entry["type"]) for entry in read(found, history)]


def refusal(history, **query):
    found = why(query, history.world, KINDS)
    assert isinstance(found, Reply)
    return found.status, json.loads(found.body)["error"]


def types(history, **query):
    return [kind for _, kind in chain(history, **query)]


def test_what_the_log_no_longer_holds_is_left_out():
    history = running(line("a"))
    found = why({"name": "a"}, history.world, KINDS)
    whole = read(found, history)
    first = whole[0]["position"]
    assert read(found, history, lost={first}) == whole[1:]


def test_a_chain_has_an_end():
    history = History().configure()
    for number in range(DEPTH_MAX + 50):
        history.happen(NodeLost(NODE, "x"), cause=number + 1)
    found = why({"position": str(history.world.position)}, history.world, KINDS)
    assert len(read(found, history)) == DEPTH_MAX


def test_a_call_on_its_way_is_among_the_causes():
    history = begun(line("a"))
    history.start("a")
    assert types(history, name="a")[-1] == "ActionStarted"


def test_a_hold_is_among_the_causes():
    history = running(*(line(name, url=f"{URL}{name}") for name in "abcdefghijkl"))
    history.load(removed=tuple("abcdefghijkl"))
    assert types(history, name="a")[-1] == "PlanHeld"


def test_a_cliff_and_a_lost_node_are_among_the_causes():
    history = running(*(line(name, url=f"{URL}{name}") for name in "abc"))
    history.wait(1_000).look("transponder")
    doubted = history.world.position
    assert (doubted, "Looked") in chain(history, name="a")
    history.happen(NodeLost(NODE, "no answer"))
    assert types(history, name="a")[-1] == "NodeLost"
    found = chain(history, name=f"node/{NODE}")
    assert (doubted, "Looked") in found
    assert found[-1][1] == "NodeLost"


def test_a_paused_node_is_among_the_causes_of_all_that_is_on_it():
    history = running(line("a"))
    history.happen(OperatorAsked("pause", freeze({"resources": ["node/wcs1"]})))
    assert types(history, name="a")[-1] == "OperatorAsked"
    assert "OperatorAsked" in types(history, name=f"node/{NODE}")


def test_a_stranger_in_its_place_is_among_the_causes():
    history = History().configure().load(line("a", muted=True)).publish()
    history.looked(listed("x"), streams=(published("s-1"),))
    assert history.phases() == {"a": ("Held", "foreign")}
    assert types(history, name="a").count("Looked") == 1


def test_a_stream_is_traced_to_what_told_of_it_and_to_its_end():
    history = running(line("a"))
    assert types(history, name="stream/show") == ["StateLoaded", "HookReceived"]
    history.unpublish()
    assert types(history, name="stream/show")[-1] == "HookReceived"


def test_a_lost_tail_is_among_the_causes():
    history = running(line("a"))
    lost = history.world.position
    history.happen(TailLost(lost, "0" * 64))  # positions go on right above what was lost
    assert history.world.position == lost + 1
    assert chain(history, name="a")[-1] == (lost + 1, "TailLost")


def test_what_is_ours_without_a_line_can_be_asked_for():
    history = running(line("a", protect=True)).load(removed=("a",))
    assert "Looked" in types(history, name="transponder/a")


def test_what_cannot_be_asked_is_refused():
    history = running(line("a"))
    assert refusal(history, name="x") == (404, "x: not declared and not ours")
    said = (
        "transponder/x: not declared and not ours; `events transponder/x` tells whether it ever was"
    )
    assert refusal(history, name="transponder/x") == (404, said)
    assert refusal(history, position="0")[0] == 404
    assert refusal(history) == (404, ": not declared and not ours")
    empty = evolve(history.world, configuration=type(history.world.configuration)())
    found = why({"name": "node/x"}, empty, KINDS)
    assert json.loads(found.body)["error"] == "node/x: no such node (configured: none)"


def test_the_api_hands_the_chain_to_whoever_reads_the_log():
    assert isinstance(chains.why({"name": "a"}, running(line("a")).world, KINDS), Why)
    assert asked(running(line("a")), "/api/v1/why", "name=x")[0] == 404
