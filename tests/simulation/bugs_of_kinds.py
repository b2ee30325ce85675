"""Bugs in kinds that only studios have: each a small patch, and a likely mistake."""

from attrs import evolve

from orchestrator.core import acted, ending, fight, missing, project, renaming, verdict
from orchestrator.core.agent import FLAGS
from orchestrator.core.kind import Again, Source
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.ownership import let_go
from orchestrator.core.rest import Listing
from orchestrator.daemon import looking
from orchestrator.kinds import mixer, mixer_inputs, pull, transcoder, webrtc_push
from tests import stage


def _kind(patch, name, **changes):
    """Let a kind be declared otherwise."""
    kind = stage.KINDS[name]
    declared = evolve(kind.declared, **changes)
    patch.setattr(stage, "KINDS", {**stage.KINDS, name: evolve(kind, declared=declared)})


def _unrun(world, placements):
    """Return the world that knows of no life of these."""
    for placement in placements:
        record = evolve(world.record(placement), has_run=False, finished_ms=0)
        world = evolve(world, records=world.records.set(placement, record))
    return world


def finished_is_forgotten_at_restart(patch):
    """A new daemon does not know what has had its life."""
    began = project._began

    def begin(world, kinds):
        after = began(world, kinds)
        return _unrun(after, list(after.records))

    patch.setattr(project, "_began", begin)


def a_node_that_restarts_redials(patch):
    """What a node has lost is made again, even what is made once."""
    restart = project.with_restart

    def restarted(world, event, kinds):
        after = restart(world, event, kinds)
        return _unrun(after, after.placements_on(event.node))

    patch.setattr(project, "with_restart", restarted)


def an_unanswered_call_is_dialled_again(patch):
    """What got no answer was not dialled."""
    unsettled = acted.unsettled

    def settle(world, placement, error, kinds):
        return _unrun(unsettled(world, placement, error, kinds), [placement])

    patch.setattr(acted, "unsettled", settle)
    patch.setattr(project, "unsettled", settle)


def dropped_is_always(patch):
    """`redial: dropped` dials those again who never answered."""
    always = (Again.ALWAYS, Again.NEVER)
    _kind(patch, "call", again=lambda spec: always[spec.redial.value == "never"])


def the_suffix_is_drift(patch):
    """What is listed with `/websocket` behind its uri is another one."""
    parse = pull.identity_of

    def told(uri, local, remote):
        suffix = "/websocket" if uri.endswith("/websocket") else ""
        return parse(uri, local, remote) + suffix

    patch.setattr(pull, "identity_of", told)
    patch.setattr(webrtc_push, "identity_of", told)


def what_begins_is_given_no_time(patch):
    """Any status word but those for running counts as a failure."""
    beginning = verdict._beginning

    def begin(case, wanted, thing):
        return beginning(evolve(case, now_ms=case.now_ms + 60_000), wanted, thing)

    patch.setattr(verdict, "_beginning", begin)


def inputs_of_others_are_taken_out(patch):
    """All that is in a mixer counts as put in by us."""
    inputs_of = mixer_inputs.inputs_of

    def inputs(uri, output, declared, told, listed, site):
        known = {id_: EMPTY for id_ in listed or () if site.name_of(id_)}
        return inputs_of(uri, output, declared, Map({**known, **told}), listed, site)

    patch.setattr(mixer, "inputs_of", inputs)


def an_input_is_put_in_once(patch):
    """Nothing is added to a mixer that has inputs."""
    missing_input = mixer_inputs._missing
    patch.setattr(mixer_inputs, "_missing", lambda now: None if now.inside else missing_input(now))


def sources_end_first(patch):
    """What loses its line ends at once, whoever reads it."""
    patch.setattr(ending, "_readers", lambda *_: ())


def an_edge_asks_at_once(patch):
    """A pull from a managed node does not wait for the stream there."""
    _kind(patch, "pull", needs=lambda _spec: ())


def what_covers_is_not_waited_for(patch):
    """An injection waits only for the stream that it covers."""
    _kind(patch, "injection", needs=lambda spec: (Source(spec.local_stream_name),))


def required_inputs_are_not_waited_for(patch):
    """A mixer starts with any of its inputs."""

    def needs(spec):
        return tuple(evolve(one.source, is_required=False) for one in spec.inputs)

    _kind(patch, "mixer", needs=needs)


def a_vod_is_made_without_use(patch):
    """`keep: whileUsed` is not heeded."""
    patch.setattr(missing, "is_used", lambda *_: True)


def a_new_name_is_a_new_owner(patch):
    """What is renamed is nobody's."""

    def forget(world, placement, thing, _owner):
        return let_go(world, placement, thing)

    patch.setattr(renaming, "with_owner", forget)


def a_fight_never_ends(patch):
    """What others undo is done again for ever."""
    patch.setattr(fight, "CORRECTIONS_MAX", 10**6)


def a_filter_is_empty(patch):
    """What ends a connection to another server names nothing, and ends all of them."""
    patch.setattr(pull, "connection", lambda _seen: EMPTY)
    patch.setattr(webrtc_push, "connection", lambda _seen: EMPTY)


def a_group_that_fails_is_empty(patch):
    """Of several lists that together are one look, those that fail show nothing."""
    listing = looking.listing

    def read(reply, identity):
        found = listing(reply, identity)
        is_part = identity == "uri" and not isinstance(found, Listing)
        return Listing(()) if is_part else found

    patch.setattr(looking, "listing", read)


def a_failed_look_stops_nothing(patch):
    """What is ended needs no look that got through."""
    unseeing = verdict._unseeing

    def see(case):
        found = unseeing(case)
        return None if found is not None and found.reason == "look-failed" else found

    patch.setattr(verdict, "_unseeing", see)


def the_unlisted_is_drift(patch):
    """What a transcoder does not list of its encoder is not as it was asked for."""
    differing = transcoder.differing

    def differ(wanted, listed, sent):
        unlisted = {name for name in wanted if name not in listed and name not in FLAGS}
        return tuple(sorted({*differing(wanted, listed, sent), *unlisted}))

    patch.setattr(transcoder, "differing", differ)


def a_loop_that_is_not_asked_for(patch):
    """What is made once is made again like all else."""
    _kind(patch, "vod", again=lambda _spec: Again.ALWAYS)


def the_word_for_failure_is_not_read(patch):
    """Whatever is listed runs, so what hangs at its start is never made anew."""
    changed = {
        name: evolve(kind, is_running=lambda _seen: True) for name, kind in stage.KINDS.items()
    }
    patch.setattr(stage, "KINDS", changed)


BUGS = (
    finished_is_forgotten_at_restart,
    a_node_that_restarts_redials,
    an_unanswered_call_is_dialled_again,
    dropped_is_always,
    the_suffix_is_drift,
    what_begins_is_given_no_time,
    inputs_of_others_are_taken_out,
    an_input_is_put_in_once,
    sources_end_first,
    an_edge_asks_at_once,
    what_covers_is_not_waited_for,
    required_inputs_are_not_waited_for,
    a_vod_is_made_without_use,
    a_new_name_is_a_new_owner,
    a_fight_never_ends,
    a_filter_is_empty,
    a_group_that_fails_is_empty,
    a_failed_look_stops_nothing,
    the_unlisted_is_drift,
    a_loop_that_is_not_asked_for,
    the_word_for_failure_is_not_read,
)
