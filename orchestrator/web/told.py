"""Entries as sentences for people: what happened, and to what.

A row's body is JSON as on disk; unknown types and missing members make poorer sentences, never an
error. Nothing clear is in a row, so nothing secret is said here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.web.rules_told import by_rule, ensured, fired, ruled
from orchestrator.web.times import shown
from orchestrator.web.wording import Body, asked, cut, mapping, pairs, some


def told(kind: str, body: Body, about: str = "") -> str:
    """Return what an entry of this type says; `about` is the resource that the reader asks for."""
    tell = TELLERS.get(kind)
    said = tell(body, about) if tell is not None else _plain(body)
    return said or kind


def _hook(body: Body, _about: str) -> str:
    hook = mapping(body.get("body"))
    name, status = hook.get("name"), hook.get("status")
    words = [f"{body.get('node')} posts {body.get('method')}"]
    if name:
        words.append(f"stream {name}")
    if status:
        words.append(f"is {status}")
    if info := hook.get("info"):
        words.append(f"({cut(info)})")
    if media := hook.get("mediaSessionId"):
        words.append(f"[{media}]")
    if before := body.get("duplicateOf"):
        words.append(f"again, as in {before}")
    return " ".join(str(word) for word in words)


def _answered(body: Body, _about: str) -> str:
    status, method = body.get("status"), body.get("method")
    if body.get("rule"):
        return by_rule(body)
    if body.get("decision") == "overruled":
        return f"the application server says {status} to {method}, where a rule decides"
    if body.get("decision") == "forwarded":
        return f"the application server answers {status} to {method}"
    return f"{method} is answered {status} ({body.get('decision')}): {cut(body.get('error', ''))}"


def _lost(body: Body, _about: str) -> str:
    return (
        f"{body.get('count')} hooks of {body.get('node')} were answered and not written down, "
        f"the first at {shown(body.get('sinceMs', 0))}"
    )


def _looked(body: Body, _about: str) -> str:
    kind, parts = body.get("kind"), []
    for word in ("appeared", "changed", "vanished", "doubted"):
        members = body.get(word) or ()
        if names := [str(_name(one) if isinstance(one, Mapping) else one) for one in members]:
            parts += [f"{word}: {some(names)}"]
    return f"a look at the {kind}s of {body.get('node')}: {'; '.join(parts) or 'as known'}"


def _started(body: Body, _about: str) -> str:
    target = f" of {body.get('natural')}" if body.get("natural") else ""
    return f"{body.get('action')}{target} leaves: {body.get('method')} to {body.get('node')}"


def _finished(body: Body, _about: str) -> str:
    error = f": {cut(body['error'])}" if body.get("error") else ""
    made = f", made {body['made']}" if body.get("made") else ""
    return (
        f"{body.get('node')} answers {body.get('status')} to {body.get('method')} "
        f"({body.get('action')}){made}{error}"
    )


def _failed(body: Body, _about: str) -> str:
    if body.get("withdrawn"):
        return f"{body.get('action')} is withdrawn: " + cut(body.get("error", ""))
    effect = "it may have had its effect" if body.get("reached") else "it never left"
    return f"{body.get('method')} ({body.get('action')}) got no answer, {effect}: " + cut(
        body.get("error", "")
    )


def _state(body: Body, about: str) -> str:
    items = [mapping(one) for one in body.get("items") or ()]
    for item in items:
        if item.get("key") == about:
            place = mapping(item.get("place"))
            off = " as disabled" if item.get("enabled") is False else ""
            return f"{place.get('file')}:{place.get('line')} declares {about}{off}: " + cut(
                pairs(mapping(item.get("spec")))
            )
    removed = [str(one) for one in body.get("removed") or ()]
    if about in removed:
        return f"the line of {about} is gone"
    changed = some([str(item.get("key")) for item in items])
    parts = [f"declares {changed}" if items else "", f"drops {some(removed)}" if removed else ""]
    return "state " + " and ".join(part for part in parts if part)


def _held(body: Body, _about: str) -> str:
    count = len(body.get("members") or ())
    return f"{count} steps are held under {body.get('hold')}: {cut(body.get('message', ''))}"


def _adopted(body: Body, _about: str) -> str:
    return f"{body.get('natural')} runs already and is ours from now, without a call"


def _forgotten(body: Body, _about: str) -> str:
    return f"{body.get('key')} on {body.get('node')} is let go"


def _configured(body: Body, _about: str) -> str:
    nodes = mapping(mapping(body.get("configuration")).get("nodes"))
    return f"configuration with the nodes {some(sorted(nodes))}"


def _clock(body: Body, _about: str) -> str:
    return f"the wall clock was set by {body.get('byMs')} ms"


TELLERS: Final[Mapping[str, Callable[[Body, str], str]]] = {
    "HookReceived": _hook,
    "HookAnswered": _answered,
    "Ensured": ensured,
    "HooksLost": _lost,
    "Looked": _looked,
    "ActionStarted": _started,
    "ActionFinished": _finished,
    "ActionFailed": _failed,
    "StateLoaded": _state,
    "RulesLoaded": ruled,
    "ConfigurationLoaded": _configured,
    "DocumentRejected": lambda body, _: (
        f"{body.get('file')}:{body.get('line')}:{body.get('column')} is refused: "
        f"{cut(body.get('message', ''))}"
    ),
    "DocumentAccepted": lambda body, _: f"{body.get('file')} is well again",
    "Adopted": _adopted,
    "Forgotten": _forgotten,
    "Parked": lambda body, _: (
        f"after {body.get('attempts')} attempts it is tried slowly: {cut(body.get('message', ''))}"
    ),
    "FightStopped": lambda body, _: f"no more is corrected: {cut(body.get('message', ''))}",
    "Finished": lambda body, _: f"it is finished: {cut(body.get('message', ''))}",
    "PlanHeld": _held,
    "PlanApproved": lambda body, _: f"the held set {body.get('hold')} may go on",
    "NodeLost": lambda body, _: (
        f"{body.get('node')} cannot be reached: {cut(body.get('message', ''))}"
    ),
    "NodeFound": lambda body, _: f"{body.get('node')} answers again",
    "NodeRestarted": lambda body, _: (
        f"{body.get('node')} has restarted: {cut(body.get('message', ''))}"
    ),
    "OperatorAsked": asked,
    "RuleFired": fired,
    "DaemonStarted": lambda body, _: f"the daemon {body.get('version')} starts",
    "DaemonStopped": lambda body, _: f"the daemon ends: {body.get('reason')}",
    "TailLost": lambda body, _: f"acknowledged entries up to {body.get('position')} are lost",
    "ClockStepped": _clock,
    "Checkpoint": lambda _body, _: "a segment begins with the whole world",
}


def _name(seen: Body) -> object:
    fields = mapping(seen.get("fields"))
    return fields.get("name") or seen.get("natural")


def _plain(body: Body) -> str:
    return cut(pairs(body))
