"""What the plan may want done next, and what it keeps back.

Looking at a node is an action like any other. An action names everything its executor needs: it
leaves no choices.
"""

from enum import Enum
from typing import Final

from attrs import field, frozen

from orchestrator.core.json import Json
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Placement
from orchestrator.core.rest import RestCall

NEVER: Final = 2**53  # a time that no clock reaches, and that JSON can carry


class Phase(Enum):
    """How a resource is, in one word, as PRODUCT promises it to users."""

    READY = "Ready"
    WAITING = "Waiting"
    STARTING = "Starting"
    UPDATING = "Updating"
    STOPPING = "Stopping"
    BACKOFF = "Backoff"
    PARKED = "Parked"
    HELD = "Held"
    PAUSED = "Paused"
    STOPPED = "Stopped"
    FINISHED = "Finished"
    UNKNOWN = "Unknown"


@frozen
class Look:
    """List all of a kind on a node."""

    node: str
    kind: str
    reason: str
    cause: int


@frozen
class Create:
    """Make what is missing."""

    placement: Placement
    call: RestCall
    sent: Map[str, Json]
    reason: str
    cause: int


@frozen
class Update:
    """Change what is there without interrupting it."""

    placement: Placement
    natural: str
    id: str
    call: RestCall
    sent: Map[str, Json]
    reason: str
    cause: int


@frozen
class Replace:
    """End what is there; a call to the path `then` follows once a look says that it is gone."""

    placement: Placement
    natural: str
    id: str
    call: RestCall
    then: str
    reason: str
    cause: int


@frozen
class Delete:
    """End what is ours and unwanted."""

    placement: Placement
    natural: str
    id: str
    call: RestCall
    reason: str
    cause: int


@frozen
class Adopt:
    """Take over what is already right, without a call."""

    placement: Placement
    natural: str
    id: str
    reason: str
    cause: int


@frozen
class Finish:
    """Say that what is made once has ended, without a call."""

    placement: Placement
    reason: str
    cause: int


@frozen
class StopFight:
    """Say that somebody undoes every correction, and that no more will follow; without a call."""

    placement: Placement
    reason: str
    cause: int


Step = Create | Update | Replace | Delete | Adopt | Finish | StopFight
"""What may be done next for a placement."""

CallingStep = Create | Update | Replace | Delete
"""A step that sends a call."""

Action = Look | Step


@frozen
class Held:
    """A step that is not taken, or a wish that cannot be met yet, and why.

    `action` is the step's name, "" where there is none; `until_ms` NEVER: nobody can tell;
    `awaits` are kinds of which a look may end the waiting, beside its own.
    """

    placement: Placement
    action: str
    reason: str
    message: str
    until_ms: int = NEVER
    hold: str = ""
    awaits: tuple[str, ...] = ()


@frozen
class Verdict:
    """What a placement is like and what comes next for it."""

    placement: Placement
    phase: Phase
    reason: str
    message: str
    next: Step | Held | None = None
    wake_ms: int = NEVER


@frozen
class Plan:
    """What to do now on one node, what not and why, and when to ask again."""

    actions: tuple[Action, ...] = field(default=())
    held: tuple[Held, ...] = field(default=())
    next_ms: int = NEVER


def name_of(action: Action) -> str:
    """Return the word for an action in events and in JSON."""
    return type(action).__name__.lower()
