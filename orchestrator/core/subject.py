"""What an event is about, in the form in which people select it: `kind/name`.

Names are percent-encoded, so that a subject has no space and one slash.
"""

from orchestrator.core.event import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Adopted,
    Checkpoint,
    ClockStepped,
    ConfigurationLoaded,
    DaemonStarted,
    DaemonStopped,
    DocumentAccepted,
    DocumentRejected,
    Event,
    FightStopped,
    Finished,
    Forgotten,
    HookReceived,
    Looked,
    NodeFound,
    NodeLost,
    NodeRestarted,
    OperatorAsked,
    Parked,
    PlanApproved,
    PlanHeld,
    StateLoaded,
    TailLost,
)
from orchestrator.core.json import text


def subject_of(event: Event) -> str:
    """Return what an event is about, as people select it: `kind/name`, names percent-encoded."""
    match event:
        case HookReceived():
            return _subject_of_hook(event)
        case (
            ActionStarted(key=key)
            | ActionFinished(key=key)
            | ActionFailed(key=key)
            | Adopted(key=key)
            | Forgotten(key=key)
            | Parked(key=key)
            | Finished(key=key)
            | FightStopped(key=key)
        ):
            return subject(key.kind, key.name)
        case (
            Looked(node=node)
            | NodeLost(node=node)
            | NodeFound(node=node)
            | NodeRestarted(node=node)
        ):
            return subject("node", node)
        case ConfigurationLoaded(place=place):
            return subject("document", place.file)
        case DocumentRejected(file=file) | DocumentAccepted(file=file):
            return subject("document", file)
        case StateLoaded():
            return subject("document", "state")
        case PlanHeld(hold=hold) | PlanApproved(hold=hold):
            return subject("hold", hold)
        case OperatorAsked(verb=verb):
            return subject("operator", verb)
        case (  # pragma: no branch
            DaemonStarted() | DaemonStopped() | TailLost() | ClockStepped() | Checkpoint()
        ):
            return "daemon"


def subject(kind: str, name: str) -> str:
    """Return `kind/name` with every character of the name that is not `[A-Za-z0-9._-]` encoded."""
    return f"{kind}/{encoded(name)}"


def encoded(name: str) -> str:
    """Return a name percent-encoded, so that a subject has no space and one slash."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if plain:
        return name
    return "".join(_encoded(octet) for octet in name.encode())


def _encoded(octet: int) -> str:
    letter = chr(octet)
    plain = octet < 128 and (letter.isalnum() or letter in "._-")
    return letter if plain else f"%{octet:02X}"


def _subject_of_hook(hook: HookReceived) -> str:
    body = hook.body
    if name := text(body, "name"):
        return subject("stream", name)
    if call := text(body, "callId"):
        return subject("call", call)
    if media := text(body, "mediaSessionId"):
        return subject("stream", media)
    if session := text(body, "sessionId"):
        return subject("connection", session)
    return subject("node", hook.node)
