"""Fights: somebody else undoes each of our corrections, so we stop, and say what is at odds.

Counted are corrections of one sort since the line was last changed: the same call with the same
fields, or any replacement. What vanishes is dropped, which is no fight; back-off sees to that. What
ends of the fight itself stays away. A fight is over with the life of the node, or of what is read.
"""

from orchestrator.core.action import Phase, Replace, StopFight, Update, Verdict
from orchestrator.core.case import Case
from orchestrator.core.failure import CORRECTIONS_MAX, corrections, sort_of
from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Resource, Seen


def fighting(
    case: Case, wanted: Resource, seen: Seen, fields: tuple[str, ...], step: Update | Replace
) -> Verdict | None:
    """Return a verdict where a correction would be one too many, None where it may go on."""
    record = case.world.record(case.placement)
    if record.fight:
        return still_fighting(case, record.fight)
    sent = step.sent if isinstance(step, Update) else EMPTY
    action = "update" if isinstance(step, Update) else "replace"
    sort = sort_of(action, step.call.path, step.id, step.call.body, sent)
    if corrections(record, sort, case.now_ms) < CORRECTIONS_MAX:
        return None
    message = f"somebody undoes every correction of {_both(wanted, seen, fields)}"
    stop = StopFight(case.placement, message, step.cause)
    return Verdict(case.placement, Phase.HELD, "fighting", message, stop)


def still_fighting(case: Case, fight: str) -> Verdict:
    """Return a verdict that waits for the end of a fight."""
    message = f"{fight}; change its line, or `orchestrator resume` it, to try again"
    return case.held(Phase.HELD, "fighting", message)


def _both(wanted: Resource, seen: Seen, fields: tuple[str, ...]) -> str:
    """Return what is declared and what is found, where that can be told."""
    return ", ".join(
        f"{name} (declared: {_shown(_declared(wanted.spec, name))}, "
        f"found: {_shown(_found(seen, name))})"
        for name in fields
    )


def _declared(spec: object, name: str) -> Json:
    """Return a declared value by its name in documents."""
    value: object = spec
    for part in name.split("."):
        field = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in part)
        value = getattr(value, field, None)
    return value if isinstance(value, str | int | float | bool) else None


def _found(seen: Seen, name: str) -> Json:
    value: Json = seen.fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Map) else None
    return value


def _shown(value: Json) -> str:
    return "unknown" if value is None else str(value)
