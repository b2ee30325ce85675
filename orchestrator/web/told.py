"""Entries as sentences for people: what happened, and to what.

A row's body is JSON as on disk; unknown types and missing members make poorer sentences, never an
error. Nothing clear is in a row, so nothing secret is said here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.web.times import shown

Body = Mapping[str, Any]
DETAIL_MAX: Final = 160  # characters of what a sentence quotes from others


def told(kind: str, body: Body, about: str = "") -> str:
    """Return what an entry of this type says; `about` is the resource that the reader asks for."""
    tell = TELLERS.get(kind)
    said = tell(body, about) if tell is not None else _plain(body)
    return said or kind


def _hook(body: Body, _about: str) -> str:
    hook = _mapping(body.get("body"))
    name, status = hook.get("name"), hook.get("status")
    words = [f"{body.get('node')} posts {body.get('method')}"]
    if name:
        words.append(f"stream {name}")
    if status:
        words.append(f"is {status}")
    if info := hook.get("info"):
        words.append(f"({_cut(info)})")
    if media := hook.get("mediaSessionId"):
        words.append(f"[{media}]")
    if before := body.get("duplicateOf"):
        words.append(f"again, as in {before}")
    return " ".join(str(word) for word in words)


def _answered(body: Body, _about: str) -> str:
    status, method = body.get("status"), body.get("method")
    if rule := body.get("rule"):
        return _by_rule(body, str(rule))
    if body.get("decision") == "overruled":
        return f"the application server says {status} to {method}, where a rule decides"
    if body.get("decision") == "forwarded":
        return f"the application server answers {status} to {method}"
    return f"{method} is answered {status} ({body.get('decision')}): {_cut(body.get('error', ''))}"


def _by_rule(body: Body, rule: str) -> str:
    place = _mapping(body.get("place"))
    verb = "denies" if body.get("decision") == "deny" else "allows"
    said = f"rule {rule} ({place.get('file')}:{place.get('line')}) {verb} {body.get('method')}"
    if error := body.get("error"):
        return f"{said}, since it fails: {_cut(error)}"
    given = _mapping(body.get("overwrite"))
    fields = ", ".join(f"{name} {_cut(str(given[name]))}" for name in sorted(given))
    return f"{said} with {fields}" if fields else said


def _ruled(body: Body, _about: str) -> str:
    items, removed = body.get("items") or (), body.get("removed") or ()
    names = [str(_mapping(item).get("name")) for item in items]
    words = [f"rules taken: {', '.join(names)}"] if names else []
    words += [f"rules gone: {', '.join(map(str, removed))}"] if removed else []
    tables = [str(_mapping(one).get("name")) for one in body.get("tables") or ()]
    gone = [str(name) for name in body.get("tablesRemoved") or ()]
    words += [f"tables taken: {', '.join(tables)}"] if tables else []
    words += [f"tables gone: {', '.join(gone)}"] if gone else []
    ensured = [_mapping(one) for one in body.get("ensured") or ()]
    words += [f"at once: {_some([_ensured(one, '') for one in ensured])}"] if ensured else []
    return "; ".join(words)


def _ensured(body: Body, _about: str) -> str:
    place, about = _mapping(body.get("place")), body.get("about")
    rule = f"rule {body.get('rule')} ({place.get('file')}:{place.get('line')})"
    names = _some([str(_mapping(item).get("key")) for item in body.get("items") or ()])
    if not names:
        return f"{rule} wants nothing for {about} any more"
    if until_ms := body.get("untilMs"):
        return f"{rule} does not hold for {about} any more: {names} stays until {shown(until_ms)}"
    return f"{rule} holds for {about}: it wants {names}"


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
            parts += [f"{word}: {_some(names)}"]
    return f"a look at the {kind}s of {body.get('node')}: {'; '.join(parts) or 'as known'}"


def _started(body: Body, _about: str) -> str:
    target = f" of {body.get('natural')}" if body.get("natural") else ""
    return f"{body.get('action')}{target} leaves: {body.get('method')} to {body.get('node')}"


def _finished(body: Body, _about: str) -> str:
    error = f": {_cut(body['error'])}" if body.get("error") else ""
    made = f", made {body['made']}" if body.get("made") else ""
    return (
        f"{body.get('node')} answers {body.get('status')} to {body.get('method')} "
        f"({body.get('action')}){made}{error}"
    )


def _failed(body: Body, _about: str) -> str:
    if body.get("withdrawn"):
        return f"{body.get('action')} is withdrawn: " + _cut(body.get("error", ""))
    effect = "it may have had its effect" if body.get("reached") else "it never left"
    return f"{body.get('method')} ({body.get('action')}) got no answer, {effect}: " + _cut(
        body.get("error", "")
    )


def _state(body: Body, about: str) -> str:
    items = [_mapping(one) for one in body.get("items") or ()]
    for item in items:
        if item.get("key") == about:
            place = _mapping(item.get("place"))
            off = " as disabled" if item.get("enabled") is False else ""
            return f"{place.get('file')}:{place.get('line')} declares {about}{off}: " + _cut(
                _pairs(_mapping(item.get("spec")))
            )
    removed = [str(one) for one in body.get("removed") or ()]
    if about in removed:
        return f"the line of {about} is gone"
    changed = _some([str(item.get("key")) for item in items])
    parts = [f"declares {changed}" if items else "", f"drops {_some(removed)}" if removed else ""]
    return "state " + " and ".join(part for part in parts if part)


def _asked(body: Body, _about: str) -> str:
    arguments = _mapping(body.get("arguments"))
    named = arguments.get("resources") or [
        value for name, value in sorted(arguments.items()) if isinstance(value, str)
    ]
    reason = f" because “{_cut(body['reason'])}”" if body.get("reason") else ""
    return f"{body.get('verb')} {_some([str(one) for one in named])}".rstrip() + reason


def _fired(body: Body, about: str) -> str:
    place, verb = _mapping(body.get("place")), body.get("verb")
    rule = f"rule {body.get('rule')} ({place.get('file')}:{place.get('line')})"
    if error := body.get("error"):
        return f"{rule} {f'does not {verb}' if verb else 'does nothing'}: {_cut(error)}"
    if verb == "call":
        return f"{rule} calls {_mapping(body.get('arguments')).get('method')} of {body.get('node')}"
    return f"{rule} does {_asked(body, about)}"


def _held(body: Body, _about: str) -> str:
    count = len(body.get("members") or ())
    return f"{count} steps are held under {body.get('hold')}: {_cut(body.get('message', ''))}"


def _adopted(body: Body, _about: str) -> str:
    return f"{body.get('natural')} runs already and is ours from now, without a call"


def _forgotten(body: Body, _about: str) -> str:
    return f"{body.get('key')} on {body.get('node')} is let go"


def _configured(body: Body, _about: str) -> str:
    nodes = _mapping(_mapping(body.get("configuration")).get("nodes"))
    return f"configuration with the nodes {_some(sorted(nodes))}"


def _clock(body: Body, _about: str) -> str:
    return f"the wall clock was set by {body.get('byMs')} ms"


TELLERS: Final[Mapping[str, Callable[[Body, str], str]]] = {
    "HookReceived": _hook,
    "HookAnswered": _answered,
    "Ensured": _ensured,
    "HooksLost": _lost,
    "Looked": _looked,
    "ActionStarted": _started,
    "ActionFinished": _finished,
    "ActionFailed": _failed,
    "StateLoaded": _state,
    "RulesLoaded": _ruled,
    "ConfigurationLoaded": _configured,
    "DocumentRejected": lambda body, _: (
        f"{body.get('file')}:{body.get('line')}:{body.get('column')} is refused: "
        f"{_cut(body.get('message', ''))}"
    ),
    "DocumentAccepted": lambda body, _: f"{body.get('file')} is well again",
    "Adopted": _adopted,
    "Forgotten": _forgotten,
    "Parked": lambda body, _: (
        f"after {body.get('attempts')} attempts it is tried slowly: {_cut(body.get('message', ''))}"
    ),
    "FightStopped": lambda body, _: f"no more is corrected: {_cut(body.get('message', ''))}",
    "Finished": lambda body, _: f"it is finished: {_cut(body.get('message', ''))}",
    "PlanHeld": _held,
    "PlanApproved": lambda body, _: f"the held set {body.get('hold')} may go on",
    "NodeLost": lambda body, _: (
        f"{body.get('node')} cannot be reached: {_cut(body.get('message', ''))}"
    ),
    "NodeFound": lambda body, _: f"{body.get('node')} answers again",
    "NodeRestarted": lambda body, _: (
        f"{body.get('node')} has restarted: {_cut(body.get('message', ''))}"
    ),
    "OperatorAsked": _asked,
    "RuleFired": _fired,
    "DaemonStarted": lambda body, _: f"the daemon {body.get('version')} starts",
    "DaemonStopped": lambda body, _: f"the daemon ends: {body.get('reason')}",
    "TailLost": lambda body, _: f"acknowledged entries up to {body.get('position')} are lost",
    "ClockStepped": _clock,
    "Checkpoint": lambda _body, _: "a segment begins with the whole world",
}


def _name(seen: Body) -> object:
    fields = _mapping(seen.get("fields"))
    return fields.get("name") or seen.get("natural")


def _pairs(body: Body) -> str:
    said = {name: value for name, value in body.items() if value not in (None, "", False)}
    return ", ".join(f"{name}: {value}" for name, value in said.items())


def _plain(body: Body) -> str:
    return _cut(_pairs(body))


def _some(names: list[str]) -> str:
    """Return a few names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _cut(said: object) -> str:
    text = " ".join(str(said).split())
    return text if len(text) <= DETAIL_MAX else f"{text[: DETAIL_MAX - 1]}…"


def _mapping(value: object) -> Body:
    return value if isinstance(value, Mapping) else {}
