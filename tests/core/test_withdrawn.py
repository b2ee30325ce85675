"""Steps whose call never left: nothing was corrected, changed or tried, and nobody has failed."""

import pytest
from attrs import evolve

from orchestrator.core.configuration import Deletes, Limits
from orchestrator.core.event import ActionFailed
from orchestrator.core.failure import CORRECTIONS_MAX
from orchestrator.core.json import freeze
from orchestrator.core.resource import Key
from orchestrator.core.thing import Claim
from orchestrator.kinds.pull import Pull
from orchestrator.kinds.transponder import Sound
from tests.core.history import NODE, at, begun, key, line, listed, running
from tests.core.test_ownership import claim

WITHDRAWN = {"reached": False, "withdrawn": True}
UNREACHED = {"reached": False}


def drifting():
    """Return a history of one line whose sound differs from what is listed."""
    return running(line("a", sound=Sound("a.wav", loop=True)))


@pytest.mark.parametrize("change", ["create", "update", "delete"])
def test_what_is_withdrawn_leaves_no_trace_but_the_wish_for_a_look(change):
    history = begun(line("a")) if change == "create" else drifting()
    if change == "delete":
        history.load(removed=("a",))
    before = history.world.record(at("a"))
    history.withdraw("a")
    after = history.world.record(at("a"))
    assert after == evolve(before, acted=history.world.position)
    history.look("transponder", *(() if change == "create" else (listed("m-a"),)))
    assert history.start("a") is not None


@pytest.mark.parametrize("how", [WITHDRAWN, UNREACHED])
def test_what_never_left_has_corrected_nothing(how):
    history = drifting()
    for _ in range(CORRECTIONS_MAX + 1):
        history.fail(history.start("a"), **how)
        history.wait(60_000).look("transponder", listed("m-a"))
    assert history.world.record(at("a")).corrections == ()
    assert history.phases() == {"a": ("Updating", "update")}


def test_an_intent_that_never_got_into_the_log_is_a_try_that_never_left():
    history = drifting()
    error = "the log refused its intent"
    history.happen(ActionFailed(NODE, key("a"), "update", "/push/sound_on", error, reached=False))
    record = history.world.record(at("a"))
    assert (record.unreached, record.error, record.corrections) == (1, error, ())


@pytest.mark.parametrize(
    ("how", "whose"),
    [(WITHDRAWN, Claim.ADOPTED), (UNREACHED, Claim.ADOPTED), ({"reached": True}, Claim.CHANGED)],
)
def test_what_was_adopted_stays_so_until_a_change_may_have_arrived(how, whose):
    history = begun(line("a"))
    history.look("transponder", listed("m-s"))
    history.act("a")
    history.load(line("a", muted=True))
    history.fail(history.start("a"), **how)
    assert claim(history) is whose


def test_a_reader_whose_end_was_withdrawn_still_ends_before_what_it_reads():
    pull, came = Key("pull", "maker"), {"uri": "rtmp://encoder.lan/in", "localStreamName": "in"}
    made = freeze({**came, "localMediaSessionId": "p-1", "status": "PLAYING"})
    limits = Limits(Deletes(per_change=9, percent=100))
    maker = evolve(line("maker"), key=pull, spec=Pull(came["uri"], "in"))
    history = begun(maker, line("reader", "in"), limits=limits)
    history.look("pull")
    history.act("maker", made="p-1")
    history.look("pull", made)
    history.publish("s-2", "in").act("reader", made="m-1")
    history.look("transponder", listed("m-1", "rtmp_in"))
    assert history.phases() == dict.fromkeys(("maker", "reader"), ("Ready", "unverified"))
    history.change((), (pull, key("reader")))
    for _ in range(2):
        assert history.phases()["maker"] == ("Stopping", "dependents")
        history.withdraw("reader")
        history.look("transponder", listed("m-1", "rtmp_in"))
    history.act("reader")
    history.look("transponder")
    assert history.act("maker").call.path == "/pull/rtmp/terminate"
