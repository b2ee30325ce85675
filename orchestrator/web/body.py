"""JSON from strangers, read strictly: what two readers could understand differently is refused.

What is good JSON but cannot be kept as it stands is kept as text (a number beyond 64 bits) or with
a mark in its place (half of a surrogate pair): refusing it would let any client of a node keep its
doings out of the log by adding such a value. Knows nothing of what a body means.
"""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

from attrs import frozen

from orchestrator.core.json import Json

WHOLE_MAX: Final = 2**63  # what is kept as a number; beyond it readers disagree


@frozen
class BadBody:
    """A body that is no JSON object we take; `reason` is fit for the sender."""

    reason: str


class _RefusedError(ValueError):
    """Raised inside the parser to leave it."""


def parsed(body: bytes) -> dict[str, Json] | BadBody:
    """Return the JSON object that a body holds."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return BadBody("the body is not UTF-8")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_number,
            parse_int=_whole,
        )
        value = _whole_texts(value) if "\\u" in text else value
    except _RefusedError as refused:
        return BadBody(str(refused))
    except RecursionError:
        return BadBody("the body nests too deep")
    except ValueError:
        return BadBody("the body is not JSON")
    if not isinstance(value, dict):
        return BadBody("the body is not a JSON object")
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError("the body names a key twice")
    return members


def _refuse_constant(word: str) -> float:
    raise _RefusedError(f"{word} is not JSON")


def _number(text: str) -> float | str:
    number = float(text)
    return number if isfinite(number) else text


def _whole(text: str) -> int | str:
    number = int(text) if len(text) < 21 else WHOLE_MAX
    return number if -WHOLE_MAX <= number < WHOLE_MAX else text


def _whole_texts(value: Any) -> Any:
    """Return the same with U+FFFD for each half of a surrogate pair, which is no text."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return _unique([(_whole_texts(name), _whole_texts(value[name])) for name in value])
        case list():
            return [_whole_texts(member) for member in value]
        case _:
            return value
