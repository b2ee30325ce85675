"""What was planned is not done where its line, its node or its policy has changed since. (T30)"""

from random import Random
from time import monotonic

from attrs import evolve

from orchestrator.core.action import Adopt, Create, Delete, Replace, Update, name_of
from orchestrator.core.configuration import Policy
from orchestrator.core.event import ActionStarted, PlanApproved
from orchestrator.core.mapping import Map
from orchestrator.core.order import Verb
from orchestrator.core.plan import is_still_due
from orchestrator.kinds.catalogue import KINDS
from tests.core.drama import STEPS, opened
from tests.core.history import NODE

INTERLEAVINGS, BRANCHES = 10_000, 25
CHANGES = (
    *("declare", "declare", "declare_elsewhere", "declare_elsewhere", "remove", "remove"),
    *("configure", "order", "order", "approve", "restart_node", "clock_steps"),
    *("publish", "unpublish", "late_hook", "look", "look", "vanish", "stranger", "wait"),
)
BETWEEN = (*CHANGES, "publish", "publish", "look", "look", "act", "act", "answer", "answer")


def branch(drama):
    """Return a drama that goes on from here on its own."""
    return evolve(
        drama,
        history=evolve(drama.history, entries=[]),
        streams=dict(drama.streams),
        things=dict(drama.things),
        under_way=list(drama.under_way),
        looking=list(drama.looking),
    )


def change(draw, drama, most):
    for _ in range(draw.randrange(most)):
        getattr(drama, draw.choice(CHANGES))(draw.randrange(8))


def parents(seed):
    """Yield dramas whose plan has something to do, or whose world holds something back."""
    draw, drama = Random(f"stale {seed}"), opened()
    for _ in range(40):
        for _ in range(draw.randrange(1, 8)):
            getattr(drama, draw.choice(BETWEEN))(draw.randrange(8))
        for kind in ("stream", "transponder"):
            drama.history.look(kind, *drama.items(kind))
        if drama.history.world.node(NODE).retired:
            drama.configure(0)
        yield draw, drama


def calling(drama):
    """Return the steps that send a call, by name."""
    steps = drama.history.steps().items()
    return {name: one for name, one in steps if isinstance(one, STEPS) and type(one) is not Adopt}


def view(drama, step):
    """Return all of a key that a step rests on and that people or the node can have changed."""
    world, placement = drama.history.world, step.placement
    wanted, node = world.wanted.get(placement), world.node(placement.node)
    line = (wanted.spec, wanted.policy) if wanted is not None else None
    order = world.order(placement, drama.history.now_ms)
    things = [(one.seen.natural, one.seen.id) for one in world.holdings(placement)]
    member = world.members.get(placement) if isinstance(step, Delete | Replace) else None
    return line, node.policy, node.retired, order, things, member


def intend(drama, step, seen):
    """Write the intent of a step that was decided on an older world; return whether it is due."""
    history, call = drama.history, step.call
    target = ("", "") if isinstance(step, Create) else (step.natural, step.id)
    sent = step.sent if isinstance(step, Create | Update) else Map()
    said = (NODE, step.placement.key, name_of(step), call.path, Map(call.body), seen.position)
    history.happen(ActionStarted(*said, *target, sent))
    return is_still_due(step, seen, history.world, KINDS, history.looks, history.now_ms)


def is_end_anyway(drama, step):
    """Return whether a step ends a life that, after the change too, everybody wants to end."""
    if not isinstance(step, Delete | Replace):
        return False
    world, placement = drama.history.world, step.placement
    wanted, node = world.wanted.get(placement), world.node(NODE)
    order, member = world.order(placement, drama.history.now_ms), world.members.get(placement)
    lives = [(one.seen.natural, one.seen.id) for one in world.holdings(placement)]
    is_managed = Policy.OBSERVE not in (node.policy, wanted.policy if wanted else None)
    if node.retired or not is_managed or (step.natural, step.id) not in lives:
        return False
    if order is not None:
        return order.verb is Verb.STOP
    is_free = member is None or member.is_approved
    declared = KINDS["transponder"].declarable
    naturals = declared.naturals(wanted.spec, world.site(NODE)) if wanted is not None else ()
    return is_free and step.natural not in naturals


def test_t30_no_step_is_taken_on_a_key_that_changed_since_its_plan(figure):
    began, count, changed, unsent, anyway, seed = monotonic(), 0, 0, 0, 0, 0
    while count < INTERLEAVINGS:
        for draw, parent in parents(seed):
            steps = calling(parent)
            for _ in range(BRANCHES if steps else 0):
                drama, step = branch(parent), steps[draw.choice(sorted(steps))]
                seen, before = drama.history.world, view(drama, step)
                change(draw, drama, 4)
                after, is_due = view(drama, step), intend(drama, step, seen)
                if before != after and is_due:
                    assert is_end_anyway(drama, step), (seed, step, before, after)
                    anyway += 1
                count, changed = count + 1, changed + (before != after)
                unsent += not is_due
        seed += 1
    figure(
        f"T30: {count} interleavings, the key changed in {changed}: 0 steps but {anyway} ends of a "
        f"life that the change wants ended too; {unsent} not sent; {monotonic() - began:.0f} s"
    )


def ends(drama):
    """Return the lives that the plan ends now: (name, life)."""
    steps = calling(drama).items()
    return {(name, one.id) for name, one in steps if isinstance(one, Delete | Replace)}


def test_t30_an_approval_fits_the_set_that_it_names_and_only_once(figure):
    began, count, released, seed = monotonic(), 0, 0, 0
    while count < 1_000:
        for draw, parent in parents(seed):
            for hold in sorted(parent.history.world.holds) * BRANCHES:
                drama, world = branch(parent), parent.history.world
                held = {
                    (placement.key.name, member.step.id)
                    for placement, member in world.members.items()
                    if member.hold == hold
                }
                change(draw, drama, 4)
                before = ends(drama)
                drama.history.happen(PlanApproved(hold))
                once = drama.history.world
                new = ends(drama) - before
                assert new <= held, (seed, hold)
                drama.history.happen(PlanApproved(hold))
                again = drama.history.world
                assert (again.members, again.holds) == (once.members, once.holds), (seed, hold)
                change(draw, drama, 6)
                before, other = drama.history.world, ends(drama)
                drama.history.happen(PlanApproved(hold))
                assert (drama.history.world.members, ends(drama)) == (before.members, other), seed
                count, released = count + 1, released + len(new)
        seed += 1
    figure(
        f"T30: {count} approvals after changes released {released} ends, all of their own sets; "
        f"approved again and again they released nothing; {monotonic() - began:.0f} s"
    )
