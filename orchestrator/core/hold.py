"""Held sets: steps of one change of documents that wait for `approve`."""

from attrs import frozen

from orchestrator.core.event import HeldStep


@frozen
class Member:
    """A step of a held set; an approved one may go on while it still means the same."""

    hold: str
    step: HeldStep
    is_approved: bool = False


@frozen
class Hold:
    """A held set that `approve` names."""

    position: int
    at_ms: int
    reason: str
    message: str
