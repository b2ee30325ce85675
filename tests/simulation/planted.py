"""Bugs, planted one at a time: each is a mistake that somebody could make, as a small patch.

`python -m tests.simulation SEED --bug NAME` runs a seed with one of them.
"""

from contextlib import contextmanager

import pytest
from attrs import evolve

from orchestrator.core import failure, limits, look, observed, project, verdict
from orchestrator.core.action import NEVER
from orchestrator.core.event import ActionFailed, ActionStarted, Fact, Looked
from orchestrator.core.look import diff
from orchestrator.core.mapping import EMPTY
from orchestrator.core.order import Verb
from orchestrator.core.resource import Same
from orchestrator.core.rest import Listing
from orchestrator.core.world import Claim, Owner, World
from orchestrator.daemon import memory, reconcile
from orchestrator.daemon.intake import Intake
from orchestrator.kinds import stream
from orchestrator.kinds.stream import KIND as STREAM
from orchestrator.shell.log.log import Append
from tests import stage


def acknowledge_before_sync(patch):
    """A hook is answered as soon as it waits to be written."""
    respond = Intake.respond

    class Hasty:
        def __init__(self, log):
            self.log = log

        async def append(self, facts):
            self.log._waiting.append(Append(tuple(facts)))
            self.log._waiting_count += len(facts)
            self.log._arrived.set()

    async def answer(self, request):
        log, self.log = self.log, Hasty(self.log)
        try:
            return await respond(self, request)
        finally:
            self.log = log

    patch.setattr(Intake, "respond", answer)


def intent_after_the_call(patch):
    """What is about to be done is written down once it is done."""

    async def act(self, step, _world):
        natural, media = getattr(step, "natural", ""), getattr(step, "id", "")
        started = ActionStarted(
            self.node, step.placement.key, reconcile.name_of(step), step.call.path,
            self.vault.sealer.object(step.call.body), self.memory.world.position,
            natural, media, getattr(step, "sent", EMPTY),
        )  # fmt: skip
        outcome = await self._outcome(step)
        await self._append(Fact(started, step.cause))
        await self._append(Fact(outcome))

    patch.setattr(reconcile.Reconciler, "_act", act)


def a_404_means_gone(patch):
    """A list that suddenly shows nothing is believed."""
    patch.setattr(look, "_doubted", lambda *_: frozenset())


def blind_repeat(patch):
    """A call without an answer is made once more."""
    outcome = reconcile.Reconciler._outcome

    async def twice(self, step):
        first = await outcome(self, step)
        is_unknown = isinstance(first, ActionFailed) and first.reached
        return await outcome(self, step) if is_unknown else first

    patch.setattr(reconcile.Reconciler, "_outcome", twice)


def acts_before_it_has_looked(patch):
    """What came of the last call is not waited for."""
    unseeing = verdict._unseeing

    def see(case):
        found = unseeing(case)
        return None if found is not None and found.reason == "look-due" else found

    patch.setattr(verdict, "_unseeing", see)


def _at_start(patch, change):
    began = project._began
    patch.setattr(project, "_began", lambda world: change(began(world)))


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
    patch.setattr(project, "_began", lambda world: evolve(world, fresh=EMPTY))


def deletion_by_a_hook(patch):
    """What reads a stream that is said to have ended is ended too."""
    there = verdict._there

    def end(case, wanted, thing):
        names = case.declared.needs(wanted.spec)
        if thing.owner is not None and not any(
            case.world.is_streaming(case.placement.node, name) for name in names
        ):
            step = verdict._delete(case, thing, "its stream ended")
            return verdict._guarded(case, thing, step, verdict.Phase.STOPPING)
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
    patch.setattr(verdict, "_unsure", lambda *_: None)


def adoption_of_what_differs(patch):
    """What a stranger made is taken over as it is."""
    compared = verdict._compared

    def compare(case, wanted, thing):
        return Same() if thing.owner is None else compared(case, wanted, thing)

    patch.setattr(verdict, "_compared", compare)


def double_create_in_flight(patch):
    """A call that takes long is forgotten while it is in flight."""
    in_flight, take = verdict._in_flight, memory.NodeMemory.take

    def forget(case):
        flight = case.world.in_flight.get(case.placement)
        is_long = flight is not None and case.now_ms - flight.at_ms > 3_000
        return None if is_long else in_flight(case)

    def take_all(self, world, node, now_ms):
        busy = {one for one in self.busy if one in world.in_flight}
        return take(self, world, node, now_ms) | busy

    patch.setattr(verdict, "_in_flight", forget)
    patch.setattr(memory.NodeMemory, "take", take_all)


def keep_alive_as_publication(patch):
    """Whatever is kept alive is taken for published, players too."""
    heard = STREAM.hear

    def hear(method, body):
        if method == "StreamKeepAliveEvent":
            return stream._seen(body)
        return heard(method, body)

    patch.setattr(stage, "KINDS", {**stage.KINDS, "stream": evolve(STREAM, hear=hear)})


def late_hooks_revive(patch):
    """What has ended is there again when an old hook says so."""
    heard = observed._heard

    def hear(world, *about):
        after = heard(evolve(world, ended=EMPTY), *about)
        return evolve(after, ended=world.ended)

    patch.setattr(observed, "_heard", hear)


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


def half_a_list_is_a_list(patch):
    """A list that cannot be read shows nothing."""
    listing = reconcile.listing

    def read(reply, identity):
        found = listing(reply, identity)
        return found if isinstance(found, Listing) else Listing(())

    patch.setattr(reconcile, "listing", read)


def what_is_watched_is_changed(patch):
    """`policy: observe` is not heeded."""
    patch.setattr(
        verdict, "_permitted",
        lambda case, step, phase: verdict.Verdict(case.placement, phase, "", step.reason, step),
    )  # fmt: skip


def protection_ignored(patch):
    """`protect: true` is not heeded."""
    guarded = verdict._guarded

    def guard(case, thing, step, phase):
        owner = evolve(thing.owner, is_protected=False)
        return guarded(case, evolve(thing, owner=owner), step, phase)

    patch.setattr(verdict, "_guarded", guard)


def limits_ignored(patch):
    """A change of documents may take away and interrupt as much as it likes."""
    patch.setattr(limits, "_over_deletes", lambda *_: "")
    patch.setattr(limits, "_interrupted", lambda *_: ((), ()))


def every_look_is_news(patch):
    """Looks that show what was known are written down."""
    news = reconcile.news

    def tell(world, glance, kinds):
        found = news(world, glance, kinds)
        changed = diff(world, glance, kinds[glance.kind]).changed
        return found or (Looked(glance.node, glance.kind, changed=changed),)

    patch.setattr(reconcile, "news", tell)


def parked_for_ever(patch):
    """What never worked is never tried again."""
    next_try_ms = failure.next_try_ms

    def try_never(record, retry, placement):
        if failure.is_parked(record, retry):
            return NEVER
        return next_try_ms(record, retry, placement)

    patch.setattr(verdict, "next_try_ms", try_never)


def a_world_beside_the_log(patch):
    """Something is remembered that is not in the log."""
    looked = memory.Memory.looked

    def keep(self, scope, began):
        looked(self, scope, began)
        self.world = evolve(self.world, kept=EMPTY)

    patch.setattr(memory.Memory, "looked", keep)


def looks_wake_nobody(patch):
    """What waits for a look is not thought of again after it."""

    def after_look(self, kind):
        self.awaiting_look.pop(kind, set())

    patch.setattr(memory.NodeMemory, "after_look", after_look)


BUGS = {
    bug.__name__: bug
    for bug in (
        acknowledge_before_sync, intent_after_the_call, a_404_means_gone, blind_repeat,
        acts_before_it_has_looked, back_off_forgotten_at_restart, limit_reset_by_restart,
        stop_forgotten_at_restart, open_calls_stay_open_over_a_restart, deletion_by_a_hook,
        ownership_by_name, a_running_recording_is_cut, adoption_of_what_differs,
        double_create_in_flight, keep_alive_as_publication, late_hooks_revive,
        paused_thing_repaired, forgotten_thing_taken_back, half_a_list_is_a_list,
        what_is_watched_is_changed, protection_ignored, limits_ignored, every_look_is_news,
        parked_for_ever, a_world_beside_the_log, looks_wake_nobody,
    )
}  # fmt: skip


@contextmanager
def planted(name):
    """Let the daemon have that bug."""
    with pytest.MonkeyPatch.context() as patch:
        BUGS[name](patch)
        yield
