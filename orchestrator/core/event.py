"""The events that the log keeps, past tense and frozen.

Each class name is the event's type for users (`events --type`). What a type looks like on disk is
`codec`'s business. An event says what happened, never what should follow from it.
"""

from typing import Any

from attrs import field, frozen

from orchestrator.core.document import (
    ConfigurationLoaded,
    DocumentAccepted,
    DocumentRejected,
    Ensured,
    RulesLoaded,
    StateLoaded,
)
from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Key, Place, Seen


@frozen
class HookReceived:
    """A node posted a hook. `body` is whole, but sealed. `duplicate_of` 0: not a repetition."""

    node: str
    method: str
    body: Map[str, Json]
    duplicate_of: int = 0


@frozen
class HookAnswered:
    """A rule, or a server that it is forwarded to, decided on a hook, which is its cause.

    `decision` of a rule is `allow` or `deny`, as for `error` where an expression failed, and
    `overwrite` are the fields that it gave, `place` is where it stands. That of a server is
    `forwarded`, `overruled` where a rule decided all the same, or what stands for it where the
    server failed with `error`.
    """

    node: str
    method: str
    status: int
    decision: str
    about: str
    rule: str = ""
    seen: int = 0
    error: str = ""
    overwrite: Map[str, Json] = field(default=EMPTY)
    place: Place | None = None


@frozen
class HooksLost:
    """A node's hooks were answered while the log could not be written; what they said is lost.

    `since_ms` is when the first of them came.
    """

    node: str
    count: int
    since_ms: int


@frozen
class Looked:
    """A look brought news, or was the first complete one of its kind since start or return.

    `doubted` are natural keys missing from a list that lost too much at once to be believed.
    """

    node: str
    kind: str
    appeared: tuple[Seen, ...] = ()
    changed: tuple[Seen, ...] = ()
    vanished: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()


@frozen
class ActionStarted:
    """A mutating call is about to leave; decided on the world at `seen`.

    `natural` and `id` name what it acts on ("" for a create); `sent` is what it sets unseen.
    """

    node: str
    key: Key
    action: str
    method: str
    request: Map[str, Json]
    seen: int
    natural: str = ""
    id: str = ""
    sent: Map[str, Json] = field(default=EMPTY)


@frozen
class ActionFinished:
    """The node answered. `made` is the server-made id that its reply names, "" if none."""

    node: str
    key: Key
    action: str
    method: str
    status: int
    reply: Json = None
    made: str = ""
    error: str = ""


@frozen
class ActionFailed:
    """No answer. `reached` tells whether the call may have had its effect.

    `withdrawn`: it was not sent, since what called for it had changed. That is nobody's failure.
    """

    node: str
    key: Key
    action: str
    method: str
    error: str
    reached: bool
    withdrawn: bool = False


@frozen
class Adopted:
    """What was declared already ran as declared, and is ours from now without a call."""

    node: str
    key: Key
    natural: str
    id: str


@frozen
class Forgotten:
    """An operator let it go: it goes on, and is not ours until it is adopted again.

    `natural` and `id` name what was let go, "" where nothing was there.
    """

    node: str
    key: Key
    natural: str
    id: str


@frozen
class Parked:
    """It never worked, and is tried slowly from now on."""

    node: str
    key: Key
    attempts: int
    message: str


@frozen
class Finished:
    """It ended as it should, and is not made again until its line or an operator wants it so."""

    node: str
    key: Key
    message: str


@frozen
class FightStopped:
    """Somebody undoes every correction; none follows until the line changes or somebody asks."""

    node: str
    key: Key
    message: str


@frozen
class HeldStep:
    """One step of a held set: what it would do, to which life of which thing."""

    node: str
    key: Key
    action: str
    natural: str
    id: str


@frozen
class PlanHeld:
    """A change of documents would take away or interrupt too much; the whole set waits."""

    hold: str
    reason: str
    message: str
    members: tuple[HeldStep, ...]


@frozen
class PlanApproved:
    """An operator lets the steps of a held set go on."""

    hold: str


@frozen
class NodeLost:
    """No look of any kind got through for a while."""

    node: str
    message: str


@frozen
class NodeFound:
    """The first look got through again."""

    node: str


@frozen
class NodeRestarted:
    """The node forgot all it had; nothing of its old life is there any more."""

    node: str
    message: str


@frozen
class OperatorAsked:
    """Somebody used a verb of the command line; arguments are sealed."""

    verb: str
    arguments: Map[str, Json]
    reason: str = ""


@frozen
class RuleFired:
    """A rule does something about an entry, which is its cause: a verb, or a call that will leave.

    `error`: it could not be done. Without a verb it does nothing more until `until_ms`.
    """

    rule: str
    place: Place
    verb: str = ""
    arguments: Map[str, Json] = field(default=EMPTY)
    node: str = ""
    error: str = ""
    until_ms: int = 0


@frozen
class DaemonStarted:
    """The daemon has taken the log."""

    version: str
    pid: int


@frozen
class DaemonStopped:
    """The daemon was asked to end and did."""

    reason: str


@frozen
class TailLost:
    """The log ends below its head anchor: acknowledged entries up to `position` are gone."""

    position: int
    hash: str


@frozen
class ClockStepped:
    """The wall clock moved against the monotonic one by more than we ignore."""

    by_ms: int


@frozen
class Checkpoint:
    """The whole world; first entry of every segment. Its type is `core.world.World`."""

    world: Any


Event = (
    HookReceived
    | HookAnswered
    | HooksLost
    | Looked
    | ActionStarted
    | ActionFinished
    | ActionFailed
    | ConfigurationLoaded
    | StateLoaded
    | RulesLoaded
    | DocumentRejected
    | DocumentAccepted
    | Ensured
    | Adopted
    | Forgotten
    | Parked
    | Finished
    | FightStopped
    | PlanHeld
    | PlanApproved
    | NodeLost
    | NodeFound
    | NodeRestarted
    | OperatorAsked
    | RuleFired
    | DaemonStarted
    | DaemonStopped
    | TailLost
    | ClockStepped
    | Checkpoint
)


def node_of(event: Event) -> str:
    """Return the node that an event is about, "" for none."""
    return str(getattr(event, "node", ""))
