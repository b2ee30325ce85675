"""Everything that a verdict on one placement rests on, and the forms that a verdict takes."""

from functools import cached_property
from typing import Any

from attrs import frozen

from orchestrator.core.action import NEVER, Held, Phase, Step, Verdict, name_of
from orchestrator.core.comparison import Comparison
from orchestrator.core.configuration import Policy
from orchestrator.core.kind import Declarable, Kind, Kinds
from orchestrator.core.look import NEVER_LOOKED, LastLook, Looks
from orchestrator.core.resource import Placement, Resource
from orchestrator.core.site import Site
from orchestrator.core.thing import Observed
from orchestrator.core.value import evolve
from orchestrator.core.world import World


@frozen
class Case:
    """Everything that a verdict on one placement rests on."""

    world: World
    placement: Placement
    kinds: Kinds
    looks: Looks
    now_ms: int

    @property
    def kind(self) -> Kind[Any]:
        """Return the kind of the thing."""
        return self.kinds[self.placement.key.kind]

    @property
    def last(self) -> LastLook:
        """Return the last look at the kind on the node."""
        return self.looks.get((self.placement.node, self.kind.name), NEVER_LOOKED)

    @cached_property
    def site(self) -> Site:
        """Return what the kind may know of the node."""
        return self.world.site(self.placement.node)

    @property
    def declared(self) -> Declarable[Any]:
        """Return how things of the kind are made and ended."""
        return self.kind.declarable

    @property
    def resource(self) -> Resource | None:
        """Return what is wanted, None where nothing is."""
        return self.world.wanted.get(self.placement)

    def held(self, phase: Phase, reason: str, message: str, until_ms: int = NEVER) -> Verdict:
        """Return a verdict that waits."""
        held = Held(self.placement, "", reason, message, until_ms)
        return Verdict(self.placement, phase, reason, message, held, until_ms)

    def settled(self, phase: Phase, reason: str = "", message: str = "") -> Verdict:
        """Return a verdict with nothing to do."""
        return Verdict(self.placement, phase, reason, message)


def compared(case: Case, wanted: Resource, thing: Observed) -> Comparison:
    """Return how a seen thing differs; a stranger's counts as made with all that no list shows."""
    owner = thing.owner
    sent = owner.sent if owner is not None else case.declared.sent(wanted.spec)
    return case.declared.compare(wanted.spec, thing.seen, sent, case.site)


def permitted(case: Case, step: Step, phase: Phase) -> Verdict:
    """Return a verdict that acts, unless we may only watch."""
    world, resource = case.world, case.resource
    observes = world.node(case.placement.node).policy is Policy.OBSERVE or (
        resource is not None and resource.policy is Policy.OBSERVE
    )
    if world.tail_lost:
        message = "the log has lost its tail; `orchestrator log accept --reason …` ends the watch"
        return kept(case, step, Phase.HELD, "tail-lost", message)
    if observes:
        message = f"policy observe: would {name_of(step)} ({step.reason})"
        return kept(case, step, Phase.HELD, "observe", message)
    return Verdict(case.placement, phase, name_of(step), step.reason, step)


def kept(
    case: Case,
    step: Step,
    phase: Phase,
    reason: str,
    message: str,
    until_ms: int = NEVER,
    hold: str = "",
) -> Verdict:
    """Return a verdict that keeps a step back."""
    verdict = case.held(phase, reason, message, until_ms)
    held = Held(case.placement, name_of(step), reason, message, until_ms, hold)
    return evolve(verdict, next=held)
