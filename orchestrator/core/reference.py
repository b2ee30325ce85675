"""References to secrets in what is filled: marks while that is done, so none comes in from out."""

from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.core.json import Json, texts
from orchestrator.core.mapping import Map
from orchestrator.core.rule import REFERENCE, Evaluate
from orchestrator.core.seal import has_seal
from orchestrator.errors import ExpressionFailed

OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
"""Private characters: they stand around the names of secrets while a template is filled."""


def guarded(evaluate: Evaluate) -> Evaluate:
    """Return an evaluation for templates, in which references to secrets become marks.

    No value has such a mark, so what a client names is never read as a reference, however it is
    pieced together; and a sealed value would be written out as if it were the value itself.
    """

    def value(text: str) -> Json:
        if text.startswith(REFERENCE):
            return f"{OPEN}{text}{CLOSE}"
        found = evaluate(text)
        if has_seal(found):
            raise ExpressionFailed("a sealed value cannot stand in what is to be there")
        if any(OPEN in one or CLOSE in one for one in texts(found)):
            raise ExpressionFailed("a value that no text has cannot stand in what is to be there")
        return found

    return value


def with_references(value: Json) -> Json:
    """Return a filled template in which marks are references again, and nothing else is one.

    Raises:
        ExpressionFailed: values would make a reference that nobody has written.
    """
    match value:
        case str():
            return _with_references(value)
        case Mapping():
            return Map({_with_references(name): with_references(value[name]) for name in value})
        case Sequence():
            return tuple(map(with_references, value))
        case _:
            return value


def _with_references(text: str) -> str:
    if "${" in text:
        raise ExpressionFailed("a value with “${” cannot stand in what is to be there")
    return text.replace(OPEN, "${").replace(CLOSE, "}")
