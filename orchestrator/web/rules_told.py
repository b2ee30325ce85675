"""Entries about rules as sentences: what was loaded, decided, wanted and done, by whom."""

from orchestrator.web.times import shown
from orchestrator.web.wording import Body, asked, cut, mapping, some


def by_rule(body: Body) -> str:
    """Return what a rule decided about a hook."""
    verb = "denies" if body.get("decision") == "deny" else "allows"
    said = f"{_rule(body)} {verb} {body.get('method')}"
    if error := body.get("error"):
        return f"{said}, since it fails: {cut(error)}"
    given = mapping(body.get("overwrite"))
    fields = ", ".join(f"{name} {cut(str(given[name]))}" for name in sorted(given))
    return f"{said} with {fields}" if fields else said


def ruled(body: Body, _about: str) -> str:
    """Return which rules and tables were taken, and what followed at once."""
    items, removed = body.get("items") or (), body.get("removed") or ()
    names = [str(mapping(item).get("name")) for item in items]
    words = [f"rules taken: {', '.join(names)}"] if names else []
    words += [f"rules gone: {', '.join(map(str, removed))}"] if removed else []
    tables = [str(mapping(one).get("name")) for one in body.get("tables") or ()]
    gone = [str(name) for name in body.get("tablesRemoved") or ()]
    words += [f"tables taken: {', '.join(tables)}"] if tables else []
    words += [f"tables gone: {', '.join(gone)}"] if gone else []
    wishes = [mapping(one) for one in body.get("ensured") or ()]
    words += [f"at once: {some([ensured(one, '') for one in wishes])}"] if wishes else []
    return "; ".join(words)


def ensured(body: Body, _about: str) -> str:
    """Return what a rule wants for a subject."""
    rule, about = _rule(body), body.get("about")
    names = some([str(mapping(item).get("key")) for item in body.get("items") or ()])
    if not names:
        return f"{rule} wants nothing for {about} any more"
    if until_ms := body.get("untilMs"):
        return f"{rule} does not hold for {about} any more: {names} stays until {shown(until_ms)}"
    return f"{rule} holds for {about}: it wants {names}"


def fired(body: Body, about: str) -> str:
    """Return what a rule did, or why it did not."""
    rule, verb = _rule(body), body.get("verb")
    if error := body.get("error"):
        return f"{rule} {f'does not {verb}' if verb else 'does nothing'}: {cut(error)}"
    if verb == "call":
        return f"{rule} calls {mapping(body.get('arguments')).get('method')} of {body.get('node')}"
    return f"{rule} does {asked(body, about)}"


def _rule(body: Body) -> str:
    place = mapping(body.get("place"))
    return f"rule {body.get('rule')} ({place.get('file')}:{place.get('line')})"
