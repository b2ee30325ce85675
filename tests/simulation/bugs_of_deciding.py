"""Bugs in what is remembered and decided: each a small patch, and a likely mistake."""

from attrs import evolve

from orchestrator.core import ending, failure, limits, missing, project, standing, verdict
from orchestrator.core.action import NEVER, Phase
from orchestrator.core.comparison import Same
from orchestrator.core.mapping import EMPTY
from orchestrator.core.order import Verb
from orchestrator.core.sources import lacking
from orchestrator.core.thing import Claim, Owner
from orchestrator.core.world import World


def acts_before_it_has_looked(patch):
    """What came of the last call is not waited for."""
    unseeing = verdict._unseeing

    def see(case):
        found = unseeing(case)
        return None if found is not None and found.reason == "look-due" else found

    patch.setattr(verdict, "_unseeing", see)


def _at_start(patch, change):
    began = project._began
    patch.setattr(project, "_began", lambda world, kinds: change(began(world, kinds)))


def back_off_forgotten_at_restart(patch):
    """A new daemon knows of no failures."""
    _at_start(patch, lambda world: evolve(world, records=EMPTY))


def limit_reset_by_restart(patch):
    """A new daemon knows of nothing that was taken away within the hour."""
    _at_start(patch, lambda world: evolve(world, taken=()))


def stop_forgotten_at_restart(patch):
    """A new daemon knows of no orders."""
    _at_start(patch, lambda world: evolve(world, orders=EMPTY))


def open_calls_stay_open_over_a_restart(patch):
    """A new daemon waits for answers that the old one was waiting for."""
    patch.setattr(project, "_began", lambda world, _: evolve(world, fresh=EMPTY))


def deletion_by_a_hook(patch):
    """What reads a stream that is said to have ended is ended too."""
    there = verdict._there

    def end(case, wanted, thing):
        needs = case.declared.needs(wanted.spec)
        if thing.owner is not None and lacking(case.world, case.placement.node, needs):
            step = ending.deletion(case, thing, "its stream ended")
            return ending.guarded(case, thing, step, Phase.STOPPING)
        return there(case, wanted, thing)

    patch.setattr(verdict, "_there", end)


def ownership_by_name(patch):
    """What stands where ours should be is taken for ours."""
    there = verdict._there

    def take(case, wanted, thing):
        if thing.owner is None:
            owner = Owner(case.placement.key, Claim.MADE, case.declared.sent(wanted.spec))
            thing = evolve(thing, owner=owner)
        return there(case, wanted, thing)

    patch.setattr(verdict, "_there", take)


def a_running_recording_is_cut(patch):
    """What is not listed is started, whether it may run or not."""
    patch.setattr(missing, "_unsure", lambda *_: None)


def adoption_of_what_differs(patch):
    """What a stranger made is taken over as it is."""
    compared = verdict.compared

    def compare(case, wanted, thing):
        return Same() if thing.owner is None else compared(case, wanted, thing)

    patch.setattr(verdict, "compared", compare)
    patch.setattr(standing, "compared", compare)


def _without_order(patch, verb):
    order = World.order

    def other(self, placement, now_ms):
        found = order(self, placement, now_ms)
        return None if found is not None and found.verb is verb else found

    patch.setattr(World, "order", other)


def paused_thing_repaired(patch):
    """A pause is not heeded."""
    _without_order(patch, Verb.PAUSE)


def forgotten_thing_taken_back(patch):
    """What was let go is taken back."""
    _without_order(patch, Verb.FORGET)


def what_is_watched_is_changed(patch):
    """`policy: observe` is not heeded."""

    def permit(case, step, phase):
        return verdict.Verdict(case.placement, phase, "", step.reason, step)

    patch.setattr(verdict, "permitted", permit)
    patch.setattr(missing, "permitted", permit)
    patch.setattr(ending, "permitted", permit)


def protection_ignored(patch):
    """`protect: true` is not heeded."""
    guarded = verdict.guarded

    def guard(case, thing, step, phase):
        owner = evolve(thing.owner, is_protected=False)
        return guarded(case, evolve(thing, owner=owner), step, phase)

    patch.setattr(verdict, "guarded", guard)


def limits_ignored(patch):
    """A change of documents may take away and interrupt as much as it likes."""
    patch.setattr(limits, "_over_deletes", lambda *_: "")
    patch.setattr(limits, "_interrupted", lambda *_: ((), ()))


def parked_for_ever(patch):
    """What never worked is never tried again."""
    next_try_ms = failure.next_try_ms

    def try_never(record, retry, placement):
        if failure.is_parked(record, retry):
            return NEVER
        return next_try_ms(record, retry, placement)

    patch.setattr(missing, "next_try_ms", try_never)


BUGS = (
    acts_before_it_has_looked,
    back_off_forgotten_at_restart,
    limit_reset_by_restart,
    stop_forgotten_at_restart,
    open_calls_stay_open_over_a_restart,
    deletion_by_a_hook,
    ownership_by_name,
    a_running_recording_is_cut,
    adoption_of_what_differs,
    paused_thing_repaired,
    forgotten_thing_taken_back,
    what_is_watched_is_changed,
    protection_ignored,
    limits_ignored,
    parked_for_ever,
)
