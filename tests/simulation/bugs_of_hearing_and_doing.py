"""Bugs in what is heard, seen and sent: each a small patch, and a likely mistake."""

from attrs import evolve

from orchestrator.core import look, observed, verdict
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import ActionFailed, ActionStarted, Looked
from orchestrator.core.look import diff
from orchestrator.core.mapping import EMPTY
from orchestrator.core.rest import Listing
from orchestrator.daemon import acting, looking, memory, reconcile
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
            return [Entry(0, 0, fact.cause, fact.actor, fact.event) for fact in facts]

    async def answer(self, request):
        log, self.admission.log = self.admission.log, Hasty(self.log)
        try:
            return await respond(self, request)
        finally:
            self.admission.log = log

    patch.setattr(Intake, "respond", answer)


def intent_after_the_call(patch):
    """What is about to be done is written down once it is done."""

    async def act(self, step, world):
        natural, media = getattr(step, "natural", ""), getattr(step, "id", "")
        started = ActionStarted(
            self.node, step.placement.key, acting.name_of(step), step.call.path,
            self.vault.sealer.object(step.call.body), self.memory.world.position,
            natural, media, getattr(step, "sent", EMPTY),
        )  # fmt: skip
        outcome = await self._outcome(step, world)
        await self.append(Fact(started, step.cause))
        await self.append(Fact(outcome))

    patch.setattr(acting.Acting, "_act", act)


def a_404_means_gone(patch):
    """A list that suddenly shows nothing is believed."""
    patch.setattr(look, "_doubted", lambda *_: frozenset())


def blind_repeat(patch):
    """A call without an answer is made once more."""
    outcome = acting.Acting._outcome

    async def twice(self, step, world):
        first = await outcome(self, step, world)
        is_unknown = isinstance(first, ActionFailed) and first.reached
        return await outcome(self, step, world) if is_unknown else first

    patch.setattr(acting.Acting, "_outcome", twice)


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


def half_a_list_is_a_list(patch):
    """A list that cannot be read shows nothing."""
    listing = looking.listing

    def read(reply, identity):
        found = listing(reply, identity)
        return found if isinstance(found, Listing) else Listing(())

    patch.setattr(looking, "listing", read)


def every_look_is_news(patch):
    """Looks that show what was known are written down."""
    news = reconcile.news

    def tell(world, glance, kinds):
        found = news(world, glance, kinds)
        changed = diff(world, glance, kinds[glance.kind]).changed
        return found or (Looked(glance.node, glance.kind, changed=changed),)

    patch.setattr(reconcile, "news", tell)


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


BUGS = (
    acknowledge_before_sync,
    intent_after_the_call,
    a_404_means_gone,
    blind_repeat,
    double_create_in_flight,
    keep_alive_as_publication,
    late_hooks_revive,
    half_a_list_is_a_list,
    every_look_is_news,
    a_world_beside_the_log,
    looks_wake_nobody,
)
