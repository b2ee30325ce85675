"""How much a change of documents may take away or interrupt, and sets that wait for approval."""

from orchestrator.core.action import NEVER, Delete, Replace
from orchestrator.core.configuration import Deletes, Limits, Node
from orchestrator.core.event import PlanApproved, PlanHeld
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import OnChange
from orchestrator.core.world import Taken
from tests.core.history import at, line, listed, running, shown

HOUR_MS = 3_600_000


def lines(count, **more):
    return tuple(
        line(f"t{number:02}", url=f"rtmp://target.lan/{number}", **more) for number in range(count)
    )


def names(count, start=0):
    return tuple(f"t{number:02}" for number in range(start, start + count))


def many(count, **limits):
    return running(*lines(count), limits=Limits(Deletes(**limits)))


def holds(history):
    return [hold.message for _, hold in sorted(history.world.holds.items())]


def reasons(history):
    return {reason for _, reason in history.phases().values()}


def test_what_one_change_takes_away_is_limited():
    history = many(12, per_change=10)
    history.load(removed=names(11))
    assert holds(history) == [
        "the change takes away 11 things, more than 10 in one change; nothing of it was ended"
    ]
    assert reasons(history) == {"over-limit", "unverified"}
    assert (history.steps(), history.world.taken) == ({}, (Taken(history.now_ms, 0),))
    (hold,) = history.world.holds
    kept = history.verdicts()["t00"]
    assert kept.message.endswith(f"; `orchestrator approve {hold}` lets it go on")
    assert (kept.next.hold, kept.next.action, kept.wake_ms) == (hold, "delete", NEVER)


def test_approval_lets_the_whole_set_go_on():
    history = many(12, per_change=10)
    history.load(removed=names(11))
    (hold,) = history.world.holds
    history.happen(PlanApproved("h-unknown"))
    assert history.steps() == {}
    history.happen(PlanApproved(hold))
    assert {type(step) for step in history.steps().values()} == {Delete}
    assert (len(history.steps()), history.world.holds) == (11, EMPTY)


def test_a_percentage_counts_from_a_number_of_things_on():
    small = many(19, per_change=100)
    small.load(removed=names(10))
    assert (holds(small), len(small.steps())) == ([], 10)
    large = many(20, per_change=100)
    large.load(removed=names(5))
    assert holds(large) == []
    large.load(removed=names(1, start=5))
    message = "6 of 20 things would be taken away within the hour, more than 25 %"
    assert holds(large) == [f"{message}; nothing of it was ended"]


def test_a_percentage_is_of_what_ran_before_the_hour_whether_it_has_ended_or_not():
    history = many(20, per_change=100)
    history.load(removed=names(5))
    for name in names(5):
        history.act(name)
    history.look("transponder", *shown(*lines(20))[5:])
    history.load(removed=names(1, start=5))
    message = "6 of 20 things would be taken away within the hour, more than 25 %"
    assert holds(history) == [f"{message}; nothing of it was ended"]


def test_an_hour_slides():
    history = many(9, per_change=100, per_hour=4, percent=100)
    history.load(removed=names(4))
    history.wait(HOUR_MS - 1)
    history.load(removed=names(1, start=4))
    assert holds(history) == [
        "5 things would be taken away within the hour, more than 4; nothing of it was ended"
    ]
    history.load(*lines(9)[:5])
    assert holds(history) == []
    history.wait(1)
    history.load(removed=names(1, start=4))
    assert (holds(history), history.world.taken[-1]) == ([], Taken(history.now_ms, 1))


def test_a_change_of_labels_counts_as_a_change_of_documents():
    nodes = {"wcs1": Node(Map({"role": "edge"}))}
    limits = Limits(Deletes(per_change=1))
    placed = lines(2, node="", nodes=Map({"role": "edge"}))
    history = running(*placed, nodes=nodes, limits=limits)
    assert reasons(history) == {"unverified"}
    history.configure({"wcs1": Node()}, limits=limits)
    assert reasons(history) == {"over-limit"}


def test_a_retired_node_is_not_managed_and_what_was_ours_there_is_counted():
    history = running(*lines(2), limits=Limits(Deletes(per_change=1)))
    history.configure({"wcs1": Node(retired=True)}, limits=Limits(Deletes(per_change=1)))
    assert len(holds(history)) == 1
    assert history.planned().plan.actions == ()
    assert history.planned().plan.next_ms == NEVER


def test_protected_things_are_not_counted_and_never_ended():
    protected = lines(3, protect=True)
    history = running(*protected, limits=Limits(Deletes(per_change=1)))
    history.load(removed=names(3))
    assert (holds(history), reasons(history), history.steps()) == ([], {"protected"}, {})
    assert history.world.taken == ()


def test_interruptions_are_limited():
    history = running(*lines(3), limits=Limits(interrupts_per_change=2))
    moved = tuple(line(one.key.name, url=f"{one.spec.rtmp_url}/new") for one in lines(3))
    history.load(*moved)
    assert holds(history) == ["the change interrupts 3 running things, more than 2"]
    assert history.phases()["t00"] == ("Held", "over-limit")
    (hold,) = history.world.holds
    history.happen(PlanApproved(hold))
    assert {type(step) for step in history.steps().values()} == {Replace}


def test_interruptions_within_the_limit_go_on_and_what_changes_in_place_is_none():
    history = running(*lines(3), limits=Limits(interrupts_per_change=1))
    history.load(
        line("t00", url="rtmp://new.lan/0"), line("t01", url="rtmp://target.lan/1", muted=True)
    )
    assert (holds(history), history.steps().keys()) == ([], {"t00", "t01"})


def test_what_says_hold_waits_for_approval():
    history = running(line("a", on_change=OnChange.HOLD))
    history.load(line("a", url="rtmp://new.lan/x", on_change=OnChange.HOLD))
    assert holds(history) == ["1 changed things say `onChange: hold`"]
    assert history.phases() == {"a": ("Held", "on-change")}
    (hold,) = history.world.holds
    history.happen(PlanApproved(hold))
    assert isinstance(history.steps()["a"], Replace)


def test_an_approval_is_for_the_same_life_of_the_same_thing_only():
    history = many(2, per_change=1)
    history.load(removed=names(2))
    (hold,) = history.world.holds
    member = history.world.members[at("t00")]
    assert (member.hold, member.step.id, member.is_approved) == (hold, "m-t00", False)
    history.happen(PlanApproved(hold))
    history.load(*lines(2))
    assert history.world.members == EMPTY
    history.load(removed=names(2))
    assert reasons(history) == {"over-limit"}
    assert hold not in history.world.holds


def test_a_held_step_that_no_longer_means_the_same_does_not_hold():
    history = running(line("a", on_change=OnChange.HOLD))
    history.load(line("a", url="rtmp://new.lan/x", on_change=OnChange.HOLD))
    other = listed("m-other", url="rtmp://new.lan/x")
    history.look("transponder", other)
    assert history.steps().keys() == {"a"}


def test_a_hold_is_dropped_when_its_lines_return():
    history = many(2, per_change=1)
    history.load(removed=names(2))
    history.load(*lines(2))
    assert (holds(history), history.world.members, reasons(history)) == ([], EMPTY, {"unverified"})


def test_a_hold_stays_while_one_of_its_lines_is_gone():
    history = many(3, per_change=1)
    history.load(removed=names(3))
    history.load(lines(3)[0])
    assert len(holds(history)) == 1
    assert history.phases()["t00"] == ("Ready", "unverified")
    assert history.phases()["t01"] == ("Held", "over-limit")


def test_a_member_whose_thing_is_gone_is_forgotten():
    history = many(3, per_change=1)
    history.load(removed=names(2))
    history.look("transponder", *shown(*lines(3))[1:])
    assert set(history.world.members) == {at("t01")}


def test_a_hold_of_interruptions_gives_no_allowance_back():
    history = many(2, per_change=10)
    history.load(removed=names(1))
    history.happen(PlanHeld("h-1", "on-change", "waits", ()))
    assert history.world.taken == (Taken(history.now_ms, 1),)
