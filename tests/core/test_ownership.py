"""Whose a life of a thing is: made by us, adopted, or a stranger's, and never touched."""

from attrs import evolve

from orchestrator.core.event import Adopted, DaemonStarted, NodeRestarted
from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import OnRemove
from orchestrator.core.rest import RestCall
from orchestrator.core.thing import Claim
from tests.core.history import NODE, URL, History, at, begun, key, line, listed, published, running


def claim(history, natural=f"rtmp_show {URL}"):
    owner = history.world.thing(NODE, "transponder", natural).owner
    return owner and owner.claim


def test_what_our_create_made_is_ours_by_the_id_that_it_answered():
    history = begun(line("a"))
    step = history.act("a", made="m-1")
    assert step.call == RestCall("/push/startup", freeze({"streamName": "show", "rtmpUrl": URL}))
    assert history.owners() == {}
    history.look("transponder", listed("m-1"))
    assert (history.owners(), claim(history)) == ({"m-1": "a"}, Claim.MADE)
    assert history.phases() == {"a": ("Ready", "unverified")}


def test_an_id_makes_it_ours_whatever_name_it_is_listed_under():
    history = begun(line("a"))
    history.act("a", made="m-1")
    history.look("transponder", listed("m-1", "odd_show"))
    assert history.owners() == {"m-1": "a"}
    history.load(removed=("a",))
    history.act("a")
    history.look("transponder")
    assert history.owners() == {}


def test_a_stranger_under_our_key_is_not_ours_when_our_id_is_another():
    history = begun(line("a"))
    history.act("a", made="m-1")
    history.look("transponder", listed("m-stranger", muted=True))
    assert history.owners() == {"m-stranger": None}
    assert history.phases() == {"a": ("Held", "foreign")}


def rivals():
    """Return a history of two lines, both of which a node may list as `rtmp_a`."""
    history = (
        begun(line("x", "rtmp_a"), line("y", "a")).publish("s-2", "rtmp_a").publish("s-3", "a")
    )
    history.fail(history.start("x"), reached=True)
    return history


def whose(history):
    """Return what is owned by whom, told from the things and from the index."""
    world = history.world
    of_things = [
        (one.owner.key.name, one.seen.id)
        for one in world.things(NODE, "transponder").values()
        if one.owner
    ]
    of_index = [
        (place.key.name, one.seen.id)
        for place in sorted(world.owned)
        for one in world.holdings(place)
    ]
    return of_things, of_index


def test_an_id_that_was_answered_goes_before_a_name_that_another_lost_create_may_have():
    history = rivals()
    history.act("y", made="m-1")
    history.look("transponder", listed("m-1", "rtmp_a"))
    assert whose(history) == ([("y", "m-1")], [("y", "m-1")])
    history.look("transponder")
    assert whose(history) == ([], [])


def test_an_id_that_is_answered_late_takes_what_went_to_another_by_its_name():
    history = rivals()
    step = history.start("y")
    history.look("transponder", listed("m-1", "rtmp_a"))
    assert whose(history) == ([("x", "m-1")], [("x", "m-1")])
    history.finish(step, made="m-1")
    assert whose(history) == ([("y", "m-1")], [("y", "m-1")])
    history.look("transponder")
    assert whose(history) == ([], [])


def test_without_an_id_what_appeared_after_the_create_left_under_its_key_is_ours():
    history = begun(line("a"))
    history.act("a")
    history.look("transponder", listed("m-1"))
    assert history.owners() == {"m-1": "a"}


def test_without_an_id_what_was_there_before_the_create_left_is_not_ours():
    history = begun(line("a"))
    step = history.start("a")
    began = history.began()
    history.happen(DaemonStarted("0", 1))
    history.look("transponder", listed("m-1"), began=began)
    assert history.owners() == {"m-1": "a"}
    other = begun(line("a"), line("b", "other"))
    other.look("transponder", listed("m-0"))
    step = evolve(step, placement=at("b"))
    other.finish(step)
    assert other.owners() == {"m-0": None}


def test_an_unknown_outcome_is_settled_by_a_look_and_not_by_a_blind_repeat():
    history = begun(line("a"))
    step = history.start("a")
    history.fail(step, reached=True)
    assert history.phases() == {"a": ("Starting", "look-due")}
    history.wait(10)
    history.look("transponder", listed("m-1"))
    assert (history.owners(), history.phases()) == ({"m-1": "a"}, {"a": ("Ready", "unverified")})


def test_an_unknown_outcome_that_a_look_shows_before_the_failure_is_known_is_ours_then():
    history = begun(line("a"))
    step = history.start("a")
    history.look("transponder", listed("m-1"))
    assert history.owners() == {"m-1": None}
    history.fail(step, reached=True)
    assert history.owners() == {"m-1": "a"}


def test_a_create_that_is_still_open_claims_nothing_and_its_answer_does():
    history = begun(line("a"))
    step = history.start("a")
    history.look("transponder", listed("m-1"))
    assert history.owners() == {"m-1": None}
    history.finish(step, made="m-1")
    assert history.owners() == {"m-1": "a"}


def test_a_refused_create_is_not_ours():
    history = begun(line("a"))
    history.act("a", 409)
    history.look("transponder", listed("m-1", muted=True))
    assert (history.owners(), history.phases()) == ({"m-1": None}, {"a": ("Held", "foreign")})
    history.load(removed=("a",))
    assert (history.phases(), history.steps()) == ({}, {})


def test_a_stranger_under_the_same_key_after_ours_went_is_not_ours():
    history = running(line("a"))
    history.look("transponder", listed("m-stranger", muted=True))
    assert history.owners() == {"m-stranger": None}
    assert history.phases() == {"a": ("Held", "foreign")}


def test_what_already_runs_as_declared_is_adopted_and_let_go_untouched():
    history = begun(line("a"))
    history.look("transponder", listed("m-1"))
    assert history.phases() == {"a": ("Starting", "adopt")}
    history.start("a")
    assert (history.owners(), claim(history)) == ({"m-1": "a"}, Claim.ADOPTED)
    history.load(removed=("a",))
    assert (history.owners(), history.phases(), history.steps()) == ({"m-1": None}, {}, {})
    assert history.world.records == EMPTY


def test_what_was_adopted_and_then_changed_is_ours_for_good():
    history = begun(line("a"))
    history.look("transponder", listed("m-1"))
    history.start("a")
    history.load(line("a", muted=True))
    history.act("a")
    history.look("transponder", listed("m-1", muted=True))
    assert claim(history) is Claim.CHANGED
    history.load(removed=("a",))
    assert history.steps()["a"].call == RestCall(
        "/push/terminate", freeze({"mediaSessionId": "m-1"})
    )


def test_an_adoption_of_what_is_no_longer_there_changes_nothing():
    history = begun(line("a"))
    before = history.world
    history.happen(Adopted(NODE, key("a"), f"rtmp_show {URL}", "m-1"))
    assert evolve(history.world, position=before.position) == before
    history.look("transponder", listed("m-2"))
    history.happen(Adopted(NODE, key("a"), f"rtmp_show {URL}", "m-1"))
    assert history.owners() == {"m-2": None}


def test_what_is_to_be_kept_is_let_go_when_its_line_goes():
    history = running(line("a", on_remove=OnRemove.KEEP))
    history.load(removed=("a",))
    assert (history.owners(), history.phases()) == ({"m-a": None}, {})


def test_what_appears_for_a_line_that_went_meanwhile_is_ours_and_ended():
    history = begun(line("a"))
    step = history.start("a")
    history.load(removed=("a",))
    history.finish(step, made="m-1")
    history.look("transponder", listed("m-1"))
    assert history.owners() == {"m-1": "a"}
    assert history.steps()["a"].id == "m-1"


def test_a_line_that_comes_back_takes_its_thing_back():
    history = running(line("a"))
    history.load(removed=("a",)).load(line("a"))
    assert (history.phases(), history.steps()) == ({"a": ("Ready", "unverified")}, {})


def test_a_line_that_goes_may_be_one_that_was_never_known():
    history = running(line("a"))
    history.load(removed=("never",))
    assert history.phases() == {"a": ("Ready", "unverified")}


def test_a_line_that_is_disabled_ends_its_thing():
    history = running(line("a"))
    history.load(line("a", enabled=False))
    assert history.steps().keys() == {"a"}
    history.load(line("a", enabled=True))
    assert history.phases() == {"a": ("Ready", "unverified")}


def test_two_declared_things_do_not_take_one_for_the_other():
    history = begun(line("plain", "rtmp_a"), line("prefixed", "a"))
    history.publish("s-a", "a").publish("s-rtmp", "rtmp_a")
    history.look("transponder", listed("m-1", "rtmp_a"))
    assert history.phases() == {"plain": ("Starting", "create"), "prefixed": ("Starting", "adopt")}
    history.start("prefixed")
    assert history.phases() == {
        "plain": ("Starting", "create"),
        "prefixed": ("Ready", "unverified"),
    }


def test_a_server_without_the_prefix_lists_under_the_plain_name():
    history = begun(line("a"))
    history.look("transponder", listed("m-1", "show"))
    assert history.phases() == {"a": ("Starting", "adopt")}


def test_a_restart_of_the_node_ends_all_that_was_ours():
    history = running(line("a"))
    history.happen(NodeRestarted(NODE, "it forgot"))
    assert history.owners() == {}
    assert history.phases() == {"a": ("Unknown", "not-looked")}
    history.look("stream", published("s-2"))
    history.look("transponder", listed("m-a", muted=True))
    assert history.owners() == {"m-a": None}


def test_two_things_of_one_line_are_both_ended():
    history = running(line("a"))
    history.load(line("a", url=f"{URL}2"))
    history.act("a")
    history.look("transponder")
    history.look("stream", published("s-1"))
    history.act("a", made="m-2")
    history.look("transponder", listed("m-2", url=f"{URL}2"))
    assert history.owners() == {"m-2": "a"}
    assert history.phases() == {"a": ("Ready", "unverified")}


def test_a_target_that_a_stranger_sends_to_under_another_name_is_taken():
    whole = line("a", url=f"{URL}/key", rtmp_transponder_full_url=True)
    history = History().configure().load(whole).publish()
    stranger = listed("x", "rtmp_other", f"{URL}/key")
    history.looked(stranger, streams=(published("s-1"),))
    assert history.phases() == {"a": ("Held", "target-taken")}
    history.wait(6_000).looked(streams=(published("s-1"),))
    assert history.act("a", made="m-a").call.path == "/push/startup"


def test_a_line_that_is_renamed_waits_until_the_old_one_has_ended():
    history = running(line("old"))
    history.load(line("new"), removed=("old",))
    assert history.phases()["new"] == ("Held", "target-taken")
    history.act("old")
    history.wait(1_000).looked(streams=(published("s-1"),))
    assert history.act("new", made="m-new").call.path == "/push/startup"
