"""Failing creates: waiting longer each time, parking, dropping, and calls that never arrive."""

from orchestrator.core.configuration import Retry
from orchestrator.core.event import ClockStepped, DaemonStarted, NodeRestarted
from orchestrator.core.failure import (
    Record,
    after_drop,
    after_refusal,
    after_unreached,
    is_parked,
    next_try_ms,
    shifted,
)
from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Key, Place, Resource
from orchestrator.kinds.mixer import Mixer
from orchestrator.kinds.mixer_inputs import Input
from orchestrator.kinds.transponder import Sound
from tests.core.history import NODE, History, at, begun, line, listed, published, running

RETRY = Retry(first_ms=1_000, factor=2.0, max_ms=30_000, park_after=10, probe_ms=300_000)


def refused(times):
    record = Record()
    for _ in range(times):
        record = after_refusal(record, 0, "no")
    return record


def test_waits_grow_to_their_maximum_and_then_to_probing_with_a_tenth_of_jitter():
    waits = [next_try_ms(refused(times), RETRY, at("a")) for times in range(12)]
    base = [0, 1, 2, 4, 8, 16, 30, 30, 30, 30, 300, 300]
    assert [0 <= wait - 1_000 * s <= 100 * s for wait, s in zip(waits, base, strict=True)] == [
        True
    ] * 12


def test_jitter_comes_from_the_key_and_the_attempt():
    once = next_try_ms(refused(5), RETRY, at("a"))
    assert once == next_try_ms(refused(5), RETRY, at("a"))
    assert once != next_try_ms(refused(5), RETRY, at("b"))


def test_a_call_that_never_left_waits_and_never_parks():
    record = Record()
    for _ in range(50):
        record = after_unreached(record, 0, "refused")
    assert not is_parked(record, RETRY)
    assert 30_000 <= next_try_ms(record, RETRY, at("a")) <= 33_000
    assert after_refusal(record, 1, "no") == Record(failures=1, failed_ms=1, error="no")


def test_what_was_stable_and_dropped_begins_again_without_waiting():
    record = after_drop(Record(failures=4, ready_ms=1), 60_001, RETRY)
    error = "it was there and vanished"
    assert record == Record(1, 0, 60_001, is_dropped=True, has_worked=True, error=error)
    assert next_try_ms(record, RETRY, at("a")) == 0
    flapping = after_drop(record, 70_000, RETRY)
    assert 71_000 <= next_try_ms(flapping, RETRY, at("a")) <= 71_100


def test_only_times_that_happened_move_with_the_clock():
    record = Record(failures=2, failed_ms=100, ready_ms=50, since_ms=10, error="x")
    moved = Record(failures=2, failed_ms=1_100, ready_ms=1_050, since_ms=1_010, error="x")
    assert shifted(record, 1_000) == moved


def test_a_refused_create_is_tried_again_after_its_wait():
    history = begun(line("a"))
    history.act("a", 500, error="/push/startup answered 500")
    assert history.phases() == {"a": ("Starting", "look-due")}
    history.look("transponder")
    assert history.phases() == {"a": ("Backoff", "refused")}
    held = history.verdicts()["a"]
    assert held.message == "/push/startup answered 500"
    assert history.now_ms + 1_000 <= held.wake_ms <= history.now_ms + 1_100
    history.wait(1_100)
    history.look("transponder")
    assert history.steps().keys() == {"a"}


def test_what_never_worked_is_parked_and_a_new_stream_gives_it_a_clean_sheet():
    history = begun(line("a", retry=Retry(first_ms=1, max_ms=1, park_after=3)))
    for _ in range(3):
        history.wait(10)
        history.look("transponder")
        history.act("a", 409)
    history.look("transponder")
    assert history.phases() == {"a": ("Parked", "never-worked")}
    history.unpublish().publish("s-2")
    assert history.steps().keys() == {"a"}


def test_an_accepted_create_that_is_never_listed_counts_as_a_failure():
    history = begun(line("a"))
    history.act("a", made="m-1")
    history.look("transponder")
    assert history.phases() == {"a": ("Starting", "not-listed")}
    deadline_ms = history.now_ms + 15_000
    assert history.verdicts()["a"].wake_ms <= deadline_ms
    history.wait(15_000)
    history.look("transponder")
    assert history.phases() == {"a": ("Backoff", "refused")}
    history.wait(1_100)
    history.look("transponder")
    history.start("a")
    record = history.world.record(at("a"))
    assert (record.failures, record.error) == (1, "it was accepted, but never listed")


def test_what_vanished_without_us_is_back_at_once_when_it_had_been_stable():
    lines = (line("a"), line("b", url="rtmp://target.lan/b"), line("c", url="rtmp://target.lan/c"))
    history = running(*lines)
    history.wait(61_000)
    keeps = (listed("m-b", url="rtmp://target.lan/b"), listed("m-c", url="rtmp://target.lan/c"))
    history.look("transponder", *keeps)
    history.look("stream", published("s-1"))
    assert history.steps().keys() == {"a"}
    record = history.world.record(at("a"))
    assert (record.is_dropped, record.has_worked, record.failures) == (True, True, 1)


def test_what_vanished_and_takes_any_stream_is_made_again_after_a_look_at_streams():
    mixer = Mixer("out", "mixer://m", (Input("a"), Input("b")))
    history = History().configure()
    history.load(Resource(Key("mixer", "m"), mixer, Place("state/a.yaml", 1, 1), node=NODE))
    history.publish("s-1", "a").look("stream", published("s-1", "a"))
    history.wait(1_000).look("mixer")
    history.act("m")
    item = freeze({"uri": "mixer://m", "localStreamName": "out", "status": "PROCESSED_LOCAL"})
    history.wait(1_000).look("mixer", item)
    history.wait(120_000).look("mixer")
    assert history.phases() == {"m": ("Starting", "unsure")}
    history.wait(1_000).publish("s-2", "b")
    assert history.steps().keys() == {"m"}


def test_what_flaps_waits_and_says_that_it_dropped():
    history = running(line("a"))
    history.wait(1_000)
    history.look("transponder")
    assert history.phases() == {"a": ("Starting", "unsure")}
    history.look("stream", published("s-1"))
    assert history.steps().keys() == {"a"}
    history.act("a", made="m-2")
    history.look("transponder", listed("m-2"))
    history.wait(1_000)
    history.look("transponder")
    assert history.phases() == {"a": ("Backoff", "dropped")}


def test_what_ended_with_its_stream_has_failed_nobody():
    history = running(line("a")).unpublish()
    history.wait(1_000)
    history.look("transponder")
    assert history.phases() == {"a": ("Waiting", "stream-absent")}
    assert history.world.record(at("a")).failures == 0


def test_a_create_that_never_left_is_no_ones_and_tried_again():
    history = begun(line("a"))
    history.fail(history.start("a"), reached=False)
    history.look("transponder")
    assert history.phases() == {"a": ("Backoff", "refused")}
    assert (history.world.making, history.world.record(at("a")).unreached) == (EMPTY, 1)


def test_an_update_that_was_refused_waits():
    history = running(line("a"))
    history.load(line("a", muted=True))
    history.act("a", 500, error="no")
    history.wait(10)
    history.look("transponder", listed("m-a"))
    assert history.phases() == {"a": ("Backoff", "refused")}
    history.wait(1_100)
    history.look("transponder", listed("m-a"))
    history.act("a")
    history.look("transponder", listed("m-a", muted=True))
    assert history.phases() == {"a": ("Ready", "unverified")}
    assert history.world.record(at("a")).failures == 0


def test_a_delete_that_was_refused_waits_and_404_means_gone():
    history = running(line("a"), line("b", url="rtmp://target.lan/b"))
    history.load(removed=("a", "b"))
    history.act("a", 500, error="no")
    history.act("b", 404)
    history.wait(10)
    history.look("transponder", listed("m-a"), listed("m-b", url="rtmp://target.lan/b"))
    assert history.phases() == {"a": ("Backoff", "refused"), "b": ("Stopping", "ending")}
    history.look("transponder", listed("m-a"))
    assert history.phases() == {"a": ("Backoff", "refused")}
    history.wait(1_100)
    history.look("transponder", listed("m-a"))
    assert history.steps().keys() == {"a"}


def test_a_delete_that_changed_nothing_is_asked_for_again_after_the_deadline():
    history = running(line("a"))
    history.load(removed=("a",))
    history.act("a")
    history.wait(14_999)
    history.look("transponder", listed("m-a"))
    assert history.phases() == {"a": ("Stopping", "ending")}
    history.wait(1)
    assert history.steps().keys() == {"a"}


def test_waits_last_as_long_when_the_clock_is_set_forward_and_backward_is_nothing():
    history = running(line("a"), line("b", url="rtmp://target.lan/b"))
    history.load(removed=("a",))
    history.wait(10)
    history.look("transponder")
    before = history.world
    history.happen(ClockStepped(-5_000))
    assert history.world.records == before.records
    hour_ms = 3_600_000
    history.happen(ClockStepped(hour_ms))
    after = history.world
    scope = ("wcs1", "transponder")
    assert after.records == Map({p: shifted(r, hour_ms) for p, r in before.records.items()})
    assert after.cliffs[scope].at_ms == before.cliffs[scope].at_ms + hour_ms
    assert [(t.at_ms - hour_ms, t.count) for t in after.taken] == [
        (t.at_ms, t.count) for t in before.taken
    ]


def test_calls_in_flight_at_a_kill_are_unsettled_at_the_next_start():
    history = running(line("a"))
    history.load(removed=("a",))
    history.start("a")
    assert history.phases() == {"a": ("Stopping", "in-flight")}
    history.happen(DaemonStarted("0", 1))
    assert history.phases() == {"a": ("Unknown", "not-looked")}
    history.look("transponder", listed("m-a"))
    assert history.phases() == {"a": ("Stopping", "ending")}


def test_a_restart_of_the_node_forgives_all_failures():
    history = begun(line("a"))
    history.act("a", 500)
    history.happen(NodeRestarted("wcs1", "it forgot"))
    assert history.world.record(at("a")).failures == 0
    assert history.world.making == EMPTY


def test_an_update_in_vain_is_stopped_like_a_fight():
    history = running(line("a", sound=Sound("a.wav", loop=True)))
    for _ in range(5):
        assert history.phases() == {"a": ("Updating", "update")}
        history.act("a")
        history.wait(1_000).look("transponder", listed("m-a"))
    assert history.phases() == {"a": ("Held", "fighting")}


def test_what_was_taken_and_never_listed_counts_once_the_next_try_could_not_leave():
    taken = Record(accepted_ms=1_000)
    record = after_unreached(taken, 60_000, "the log refused its intent")
    assert record == Record(
        failures=1, unreached=1, failed_ms=60_000, error="the log refused its intent"
    )
