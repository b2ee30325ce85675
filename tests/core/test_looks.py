"""Listings become news: what to believe, what to doubt, and when to look again."""

from attrs import evolve

from orchestrator.core.configuration import Timing
from orchestrator.core.event import DaemonStarted, Looked, NodeRestarted, OperatorAsked
from orchestrator.core.json import freeze
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Seen
from orchestrator.kinds.catalogue import KINDS
from tests.core.history import (
    NODE,
    URL,
    History,
    begun,
    line,
    listed,
    published,
    running,
    shown,
)

STREAMS = ("wcs1", "stream")
THINGS = ("wcs1", "transponder")
LINES = tuple(line(name, url=f"rtmp://target.lan/{name}") for name in "abc")
NATURALS = tuple(f"rtmp_show rtmp://target.lan/{name}" for name in "abc")


def cliffed():
    """Return a history in which the transponders suddenly were not listed."""
    history = running(*LINES).wait(1_000)
    events = history.look("transponder")
    return history, events


def test_only_news_is_told():
    history = running(*LINES)
    assert history.look("transponder", *shown(*LINES)) == ()
    item = listed("m-a", url="rtmp://target.lan/a", muted=True)
    seen = KINDS["transponder"].parse(item)
    assert history.look("transponder", item, *shown(*LINES)[1:]) == (
        Looked(NODE, "transponder", changed=(seen,)),
    )
    assert history.look("transponder", *shown(*LINES)[1:]) == (
        Looked(NODE, "transponder", vanished=(NATURALS[0],)),
    )


def test_news_that_the_log_kept_twice_is_of_one_life():
    history = running(*LINES)
    seen = tuple(KINDS["transponder"].parse(item) for item in shown(*LINES))
    owners = history.owners()
    history.happen(Looked(NODE, "transponder", appeared=seen))
    assert (history.owners(), len(history.world.owned)) == (owners, 3)


def test_a_life_in_place_of_one_whose_end_was_not_told_ends_it():
    history = running(*LINES)
    item = listed("x-1", url="rtmp://target.lan/a")
    history.happen(Looked(NODE, "transponder", appeared=(KINDS["transponder"].parse(item),)))
    assert history.owners() == {"x-1": None, "m-b": "b", "m-c": "c"}
    assert len(history.world.owned) == 2


def test_the_first_complete_look_since_a_start_is_told_without_news():
    history = History().configure()
    assert history.look("transponder") == (Looked(NODE, "transponder"),)
    assert history.look("transponder") == ()
    history.happen(DaemonStarted("0", 1))
    assert history.look("transponder") == (Looked(NODE, "transponder"),)


def test_members_that_are_nothing_to_watch_are_passed_over():
    history = History().configure()
    items = (freeze({}), published("p", published=False), published("s"))
    (looked,) = history.look("stream", *items)
    assert [seen.id for seen in looked.appeared] == ["s"]


def test_a_list_that_lost_most_of_what_it_had_is_doubted():
    history, events = cliffed()
    assert events == (Looked(NODE, "transponder", doubted=NATURALS),)
    assert set(history.phases().values()) == {("Unknown", "cliff")}
    assert (history.steps(), len(history.owners())) == ({}, 3)
    assert history.look("transponder") == ()


def test_a_list_that_lost_less_is_believed():
    history = running(*LINES)
    history.look("transponder", *shown(*LINES)[:2])
    assert (set(history.owners()), history.world.cliffs) == ({"m-a", "m-b"}, EMPTY)


def test_what_returns_ends_the_doubt():
    history, _ = cliffed()
    history.look("transponder", *shown(*LINES))
    assert (history.world.cliffs, set(history.phases().values())) == (
        EMPTY,
        {("Ready", "unverified")},
    )


def test_another_loss_is_another_doubt():
    history, _ = cliffed()
    (looked,) = history.look("transponder", shown(*LINES)[0])
    assert looked == Looked(NODE, "transponder", doubted=NATURALS[1:])


def test_a_second_look_confirms_when_the_node_serves_streams():
    history, _ = cliffed()
    history.wait(1_000).look("stream", published("s-1"))
    history.wait(13_000)
    assert history.look("transponder") == ()
    history.wait(1_000)
    assert history.look("transponder") == (Looked(NODE, "transponder", vanished=NATURALS),)
    assert history.world.cliffs == EMPTY


def test_without_a_live_stream_nothing_confirms():
    history, _ = cliffed()
    history.wait(60_000)
    assert history.look("transponder") == ()


def test_ends_of_the_streams_are_witnesses():
    history = running(*LINES).unpublish()
    assert history.look("transponder") == (Looked(NODE, "transponder", vanished=NATURALS),)


def test_what_an_edited_line_would_read_is_no_witness():
    history = running(*LINES)
    edited = [evolve(one, spec=evolve(one.spec, stream_name="absent")) for one in LINES]
    history.load(*edited)
    assert history.look("transponder") == (Looked(NODE, "transponder", doubted=NATURALS),)


def test_our_own_calls_to_end_are_witnesses():
    history = running(*LINES)
    history.load(removed=("a", "b", "c"))
    for name in "abc":
        history.act(name)
    assert history.look("transponder") == (Looked(NODE, "transponder", vanished=NATURALS),)
    assert history.phases() == {}


def test_a_stranger_in_place_of_ours_is_no_loss_of_the_list():
    history = running(*LINES)
    items = [evolve_id(item, f"x-{number}") for number, item in enumerate(shown(*LINES))]
    (looked,) = history.look("transponder", *items)
    assert (looked.doubted, [seen.id for seen in looked.appeared]) == ((), ["x-0", "x-1", "x-2"])


def evolve_id(item, media):
    return item.set("mediaSessionId", media)


def test_a_node_that_has_nothing_of_its_old_life_has_restarted():
    history = running(*LINES).publish("s-9", "nine").wait(1_000)
    history.look("transponder")
    history.look("stream")
    history.wait(1_000)
    new = listed("new", "rtmp_x")
    events = history.look("transponder", new)
    assert events == (
        NodeRestarted(NODE, "nothing of what it had is there any more"),
        Looked(NODE, "transponder", appeared=(KINDS["transponder"].parse(new),)),
    )
    assert history.world.things(*STREAMS) == EMPTY
    assert history.world.cliffs == EMPTY


def test_a_node_that_still_has_a_stream_has_not_restarted():
    history, _ = cliffed()
    history.look("stream", published("s-1"))
    assert history.look("transponder") == ()
    assert history.look("transponder", shown(*LINES)[0])[0].doubted == NATURALS[1:]


def test_streams_that_all_went_at_once_are_doubted_and_confirmed_by_others():
    history = History().configure().publish("s-1", "a").publish("s-2", "b")
    history.look("stream")
    assert history.world.cliffs[STREAMS].doubted == {"s-1", "s-2"}
    history.look("transponder", listed("m-old"))
    history.wait(15_000)
    history.publish("s-3", "c")
    events = history.look("stream", published("s-3", "c"))
    assert [type(event) for event in events] == [NodeRestarted, Looked]
    other = History().configure().publish("s-1", "a").publish("s-2", "b").publish("s-3", "c")
    other.look("transponder", listed("m-old"))
    other.look("stream", published("s-3", "c"))
    other.look("transponder", listed("m-old"))
    other.wait(15_000)
    assert other.look("stream", published("s-3", "c")) == (
        Looked(NODE, "stream", vanished=("s-1", "s-2")),
    )


def test_what_a_hook_said_after_the_look_began_stands():
    history = History().configure()
    began = history.began()
    history.publish("s-1")
    history.look("stream", began=began)
    assert set(history.world.things(*STREAMS)) == {"s-1"}
    began = history.began()
    history.wait(100).hook(published("s-1"), "StreamKeepAliveEvent")
    history.look("stream", began=began)
    assert set(history.world.things(*STREAMS)) == {"s-1"}
    history.look("stream")
    assert history.world.things(*STREAMS) == EMPTY


def test_what_ended_while_the_look_was_under_way_does_not_come_back_by_it():
    history = History().configure().publish("s-1")
    began = history.began()
    history.wait(100).unpublish("s-1")
    history.look("stream", published("s-1"), began=began)
    assert history.world.things(*STREAMS) == EMPTY


def test_an_ended_stream_never_comes_back_by_a_late_hook():
    history = History().configure().unpublish("s-1").publish("s-1")
    assert history.world.things(*STREAMS) == EMPTY
    history.hook(published("s-1"), "StreamKeepAliveEvent")
    assert history.world.things(*STREAMS) == EMPTY
    assert history.world.live == EMPTY


def test_a_look_that_began_after_the_end_shows_it_again():
    history = History().configure().unpublish("s-1").wait(1)
    history.look("stream", published("s-1"))
    assert set(history.world.things(*STREAMS)) == {"s-1"}


def test_a_stream_may_be_published_under_one_name_twice():
    history = begun(line("a"), line("b", url=f"{URL}2")).publish("s-2").unpublish("s-1")
    assert history.world.is_streaming(NODE, "show")
    assert set(history.world.readers) == {(NODE, "show")}
    history.unpublish("s-2")
    assert not history.world.is_streaming(NODE, "show")


def test_a_stream_that_changes_its_name_is_live_under_the_new_one_only():
    history = begun(line("a"), line("b", "other"))
    history.look("stream", published("s-1", "other"))
    assert history.world.live == Map({(NODE, "other"): Map({"s-1": None})})
    history.look("transponder")
    assert history.phases() == {"a": ("Waiting", "stream-absent"), "b": ("Starting", "create")}
    history.unpublish()
    assert history.world.live == EMPTY
    assert history.phases()["b"] == ("Waiting", "stream-absent")


def test_timing_names_how_often_each_kind_is_looked_at():
    history = History().configure(timing=Timing(looks_ms=Map({"streams": 7_000})))
    assert history.world.configuration.look_every_ms("streams") == 7_000
    assert history.world.configuration.look_every_ms("transponders") == 30_000


def test_a_change_of_what_is_not_there_is_passed_over():
    seen = Seen("x", "y", EMPTY)
    history = History().configure()
    history.happen(Looked(NODE, "transponder", changed=(seen,), vanished=("z",)))
    assert history.world.things(*THINGS) == EMPTY


def test_a_lost_tail_is_watched_until_it_is_accepted():
    from_operator = OperatorAsked("log accept", EMPTY, "seen")
    history = begun(line("a"))
    history.world = evolve(history.world, tail_lost=7)
    assert history.phases() == {"a": ("Held", "tail-lost")}
    history.happen(from_operator)
    assert history.phases() == {"a": ("Starting", "create")}
