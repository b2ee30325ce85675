"""The laws of the core, over random histories."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.codec import Row, codec_of
from orchestrator.core.action import Delete, Replace
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.project import project
from orchestrator.core.resource import Placement
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from tests.core.drama import ACTS, STEPS, opened, played
from tests.core.history import NODE

CODEC = codec_of(KINDS)
USUAL = ("publish", "look", "look", "act", "act", "answer", "answer", "wait")
acts = st.lists(st.tuples(st.sampled_from((*ACTS, *USUAL)), st.integers(0, 7)), max_size=60)
law = settings(max_examples=250, derandomize=True, deadline=None, database=None)


def reread(entry):
    """Return an entry as it is read back from what was written of it."""
    draft = CODEC.encode(Fact(entry.event, entry.cause, entry.actor))
    row = Row(
        entry.position, entry.at_ms, draft.node, draft.type, draft.schema, draft.subject,
        draft.cause, draft.actor, draft.body, "",
    )  # fmt: skip
    return CODEC.decode(row)


def folded(world, entries):
    for entry in entries:
        world = project(world, entry, KINDS)
    return world


@law
@given(acts)
def test_replay_is_exact(played_acts):
    history = played(played_acts).history
    assert folded(World(), map(reread, history.entries)) == history.world


@law
@given(acts, st.integers(0, 60))
def test_a_checkpoint_and_its_tail_tell_the_same_as_the_whole_log(played_acts, cut):
    entries = played(played_acts).history.entries
    head, tail = entries[: cut + 5], entries[cut + 5 :]
    world = folded(World(), head)
    draft = CODEC.checkpoint(world)
    row = Row(world.position, world.at_ms, "", draft.type, draft.schema, "", 0, "", draft.body, "")
    at_cut = folded(World(), [CODEC.decode(row)])
    assert at_cut == world
    assert folded(at_cut, tail) == folded(World(), entries)


@law
@given(acts)
def test_planning_what_is_concerned_gives_what_planning_all_gives(played_acts):
    drama = opened()
    for name, n in played_acts:
        getattr(drama, name)(n)
        steps = drama.plan_concerned()
        everything = drama.history.planned()
        assert steps == {v.placement: v.next for v in everything.verdicts if not_held(v)}


def not_held(verdict):
    return isinstance(verdict.next, STEPS)


@law
@given(acts)
def test_nothing_is_ended_that_is_not_ours_or_that_cannot_be_seen(played_acts):
    drama = opened()
    for name, n in played_acts:
        getattr(drama, name)(n)
        world, looks = drama.history.world, drama.history.looks
        for step in drama.history.steps().values():
            placement = step.placement
            scope = (placement.node, placement.key.kind)
            assert placement not in world.in_flight
            assert placement.node not in world.lost
            assert scope not in world.cliffs
            assert scope in world.fresh
            assert looks[scope].position >= world.record(placement).acted
            assert not looks[scope].failing_ms
            if isinstance(step, Delete | Replace):
                thing = world.thing(*scope, step.natural)
                assert (thing.seen.id, thing.owner.key) == (step.id, placement.key)
                assert not thing.owner.is_protected


@law
@given(acts)
def test_a_plan_asks_to_be_made_again_in_the_future_only(played_acts):
    drama = opened()
    for name, n in played_acts:
        getattr(drama, name)(n)
        assert drama.history.planned().plan.next_ms > drama.history.now_ms


@law
@given(acts)
def test_indices_say_what_the_world_says(played_acts):
    world = played(played_acts).history.world
    assert {p: set(naturals) for p, naturals in world.owned.items()} == owned(world)
    placements = {*world.wanted, *world.owned}
    placed = {
        (node, key)
        for node, kinds in world.placed.items()
        for kind, keys in kinds.items()
        for key in keys
        if key.kind == kind
    }
    assert placed == {(placement.node, placement.key) for placement in placements}
    assert all(kinds and all(kinds.values()) for kinds in world.placed.values())
    live = {}
    for media, stream in world.things(NODE, "stream").items():
        live.setdefault((NODE, stream.seen.fields["name"]), set()).add(media)
    assert {name: set(media) for name, media in world.live.items()} == live
    ids = {
        (*scope, thing.seen.id): natural
        for scope, things in world.observed.items()
        for natural, thing in things.items()
    }
    assert dict(world.ids.items()) == ids
    occupied, wanting = {}, {}
    for (node, kind), things in world.observed.items():
        for natural, thing in things.items():
            if KINDS[kind].declared is not None:
                for target in KINDS[kind].declared.occupied(thing.seen):
                    occupied.setdefault((node, kind, target), set()).add(natural)
    assert {key: set(naturals) for key, naturals in world.occupied.items()} == occupied
    for place, wanted in world.wanted.items():
        target = KINDS[place.key.kind].declarable.target(wanted.spec)
        wanting.setdefault((place.node, place.key.kind, target), set()).add(place)
    assert {key: set(places) for key, places in world.by_target.items()} == wanting


def owned(world):
    from_things = {}
    for (node, _), things in world.observed.items():
        for natural, thing in things.items():
            if thing.owner is not None:
                placement = (node, thing.owner.key)
                from_things.setdefault(placement, set()).add(natural)
    return {Placement(*place): naturals for place, naturals in from_things.items()}


def test_an_entry_that_is_read_back_is_the_same():
    entry = played([("publish", 0)]).history.entries[-1]
    assert isinstance(entry, Entry)
    assert reread(entry) == entry
