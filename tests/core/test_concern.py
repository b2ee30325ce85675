"""Which placements an entry concerns, and facts that concern none."""

import pytest
from attrs import evolve

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.concern import NOTHING, Everything, concern
from orchestrator.core.configuration import Configuration
from orchestrator.core.entry import Entry
from orchestrator.core.event import HeldStep
from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.project import project
from orchestrator.core.resource import Key, Place
from orchestrator.core.subject import subject_of
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import NODE, at, begun, key, line, listed, published, running

CALL = (NODE, Key("node", NODE), "call", "/push/mute")
STEP = (NODE, key("a"), "update", "/push/mute")
HELD = HeldStep(NODE, key("a"), "delete", "n", "m")


def concerned(event, history=None):
    before = (history or running(line("a")).load(line("b", "other"))).world
    entry = Entry(before.position + 1, before.at_ms, 0, "", event)
    return concern(before, project(before, entry, KINDS), entry, KINDS)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (events.ActionStarted(*CALL, EMPTY, 1), NOTHING),
        (events.ActionFinished(*CALL, 200), NOTHING),
        (events.ActionFailed(*CALL, "no", reached=True), NOTHING),
        (events.ActionStarted(*STEP, EMPTY, 1, "gone", "m"), {at("a")}),
        (events.ActionFinished(*STEP, 200), {at("a")}),
        (events.Adopted(NODE, key("a"), "n", "m"), {at("a")}),
        (documents.StateLoaded((line("c"),), (key("b"),)), {at("b"), at("c")}),
        (events.PlanHeld("h", "r", "m", (HELD,)), {at("a")}),
        (events.NodeLost(NODE, "m"), Everything(NODE)),
        (events.NodeFound(NODE), Everything(NODE)),
        (events.NodeRestarted(NODE, "m"), Everything(NODE)),
        (documents.ConfigurationLoaded(Configuration(), Place("f", 1, 1)), Everything()),
        (events.PlanApproved("h"), Everything()),
        (events.OperatorAsked("stop", freeze({"resources": ["transponder/a"]})), {at("a")}),
        (events.OperatorAsked("pause", freeze({"resources": ["node/wcs1"]})), Everything()),
        (events.OperatorAsked("log accept", EMPTY), Everything()),
        (events.Forgotten(NODE, key("a"), "n", "m"), {at("a")}),
        (events.DaemonStarted("0", 1), Everything()),
        (events.TailLost(9, "h"), Everything()),
        (events.Checkpoint(World()), Everything()),
        (events.HooksLost(NODE, 3, 1), NOTHING),
        (events.HookAnswered(NODE, "connect", 200, "forwarded", "stream/a"), NOTHING),
        (documents.DocumentRejected("f", 1, 1, "m"), NOTHING),
        (documents.DocumentAccepted("f"), NOTHING),
        (events.Parked(NODE, key("a"), 1, "m"), NOTHING),
        (events.DaemonStopped("m"), NOTHING),
        (events.ClockStepped(1), NOTHING),
        (events.HookReceived(NODE, "StreamStatusEvent", published("s-2")), {at("a")}),
        (events.HookReceived(NODE, "connect", EMPTY), NOTHING),
        (events.Looked(NODE, "stream", vanished=("s-1", "s-x")), {at("a")}),
        (events.Looked(NODE, "transponder", vanished=("rtmp_show rtmp://target.lan/live",)),
         {at("a")}),
        (events.Looked(NODE, "transponder", (KINDS["transponder"].parse(listed("x", "x")),)),
         NOTHING),
        (events.Looked("wcs2", "stream"), Everything("wcs2")),
    ],
)  # fmt: skip
def test_an_entry_concerns_what_its_verdict_can_change(event, expected):
    assert concerned(event) == expected


def test_the_end_of_a_stream_concerns_what_reads_it():
    ended = published("s-1", status="STOPPED")
    assert concerned(events.HookReceived(NODE, "StreamStatusEvent", ended)) == {at("a")}


def test_what_a_call_by_hand_did_is_told_by_looks():
    history = begun(line("a"))
    for event in (
        events.ActionStarted(*CALL, EMPTY, 1),
        events.ActionFinished(*CALL, 200),
        events.ActionFailed(*CALL, "no", reached=True),
    ):
        history.happen(event)
        touched = {history.world.touched_at(NODE, kind) for kind in KINDS}
        assert touched == {history.world.position}
    assert (history.world.in_flight, history.world.making) == (EMPTY, EMPTY)


def test_what_hooks_said_that_are_lost_is_told_by_looks():
    world = begun(line("a")).happen(events.HooksLost(NODE, 3, 1)).world
    touched = [world.touched_at(NODE, kind) for kind in ("stream", "transponder")]
    assert touched == [world.position] * 2


def test_an_update_of_what_is_gone_sets_nothing():
    history = running(line("a"))
    before = history.world.observed
    history.happen(events.ActionFinished(*STEP, 200))
    history.happen(events.ActionStarted(*STEP, EMPTY, 1, "gone", "m"))
    history.happen(events.ActionFinished(*STEP, 200))
    assert history.world.observed == before


def test_faulty_documents_and_a_lost_tail_are_remembered_until_they_are_well():
    history = begun(line("a")).happen(documents.DocumentRejected("f", 1, 1, "m"))
    assert set(history.world.rejected) == {"f"}
    history.happen(documents.DocumentAccepted("f"), events.TailLost(9, "h"))
    assert (history.world.rejected, history.world.tail_lost) == (EMPTY, 9)


def test_a_checkpoint_is_the_world():
    history = begun(line("a"))
    history.happen(events.Checkpoint(running(line("b")).world))
    assert set(history.world.wanted) == {at("b")}


def test_a_restart_of_the_node_forgets_creates_that_wait_for_a_look():
    history = begun(line("a"))
    history.act("a", made="m-1")
    history.happen(events.NodeRestarted(NODE, "m"))
    assert (history.world.making, history.world.makers) == (EMPTY, EMPTY)


def test_nothing_is_ended_on_an_old_look():
    history = running(line("a"))
    history.load(removed=("a",)).wait(20_001)
    assert history.phases() == {"a": ("Stopping", "look-old")}


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        ({"name": "a b"}, "stream/a%20b"),
        ({"callId": "c"}, "call/c"),
        ({"mediaSessionId": "m"}, "stream/m"),
        ({"sessionId": "/1"}, "connection/%2F1"),
        ({}, "node/wcs1"),
    ],
)
def test_a_hook_is_about_the_narrowest_thing_that_it_names(body, subject):
    assert subject_of(events.HookReceived(NODE, "x", Map(body))) == subject


def test_worlds_are_equal_by_value():
    world = begun(line("a")).world
    assert evolve(world) == world
