"""What an event is about, in the form in which people select it: `kind/name`.

Names are percent-encoded, so that a subject has no space and one slash.
"""

import re
from typing import Final

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.event import Event
from orchestrator.core.hook import CONNECT
from orchestrator.core.json import text

_OCTET: Final = re.compile(rb"%([0-9A-F]{2})")


def subject_of(event: Event) -> str:  # noqa: C901, PLR0912 - one table
    """Return what an event is about, as people select it: `kind/name`, names percent-encoded."""
    match event:
        case events.HookReceived():
            return _subject_of_hook(event)
        case events.HookAnswered(about=about):
            return about
        case (
            events.ActionStarted(key=key)
            | events.ActionFinished(key=key)
            | events.ActionFailed(key=key)
            | events.Adopted(key=key)
            | events.Forgotten(key=key)
            | events.Parked(key=key)
            | events.Finished(key=key)
            | events.FightStopped(key=key)
        ):
            return subject(key.kind, key.name)
        case (
            events.HooksLost(node=node)
            | events.Looked(node=node)
            | events.NodeLost(node=node)
            | events.NodeFound(node=node)
            | events.NodeRestarted(node=node)
        ):
            return subject("node", node)
        case documents.Ensured(about=about):
            return about
        case documents.ConfigurationLoaded(place=place):
            return subject("document", place.file)
        case documents.DocumentRejected(file=file) | documents.DocumentAccepted(file=file):
            return subject("document", file)
        case documents.StateLoaded():
            return subject("document", "state")
        case documents.RulesLoaded():
            return subject("document", "rules")
        case events.PlanHeld(hold=hold) | events.PlanApproved(hold=hold):
            return subject("hold", hold)
        case events.OperatorAsked(verb=verb):
            return subject("operator", verb)
        case events.RuleFired(rule=rule):
            return subject("rule", rule)
        case (  # pragma: no branch
            events.DaemonStarted()
            | events.DaemonStopped()
            | events.TailLost()
            | events.ClockStepped()
            | events.Checkpoint()
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


def unencoded(name: str) -> str:
    """Return the name that was percent-encoded; what is broken in it stays."""
    octets = _OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), name.encode())
    return octets.decode(errors="replace")


def _encoded(octet: int) -> str:
    letter = chr(octet)
    plain = octet < 128 and (letter.isalnum() or letter in "._-")
    return letter if plain else f"%{octet:02X}"


def _subject_of_hook(hook: events.HookReceived) -> str:
    body = hook.body
    if hook.method == CONNECT and (session := text(body, "sessionId")):
        return subject("connection", session)
    if name := text(body, "name"):
        return subject("stream", name)
    if call := text(body, "callId"):
        return subject("call", call)
    if media := text(body, "mediaSessionId"):
        return subject("stream", media)
    if session := text(body, "sessionId"):
        return subject("connection", session)
    return subject("node", hook.node)
