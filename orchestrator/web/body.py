"""JSON from strangers, read strictly: what two readers could understand differently is refused.

Knows nothing of what a body means.
"""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

from attrs import frozen

from orchestrator.core.json import Json

WHOLE_MAX: Final = 2**63  # beyond it readers disagree: refuse what cannot be kept exactly


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
            parse_float=_finite,
            parse_int=_whole,
        )
    except _RefusedError as refused:
        return BadBody(str(refused))
    except RecursionError:
        return BadBody("the body nests too deep")
    except ValueError:
        return BadBody("the body is not JSON")
    if not isinstance(value, dict):
        return BadBody("the body is not a JSON object")
    if "\\u" in text and _has_surrogate(value):
        return BadBody("the body has half of a surrogate pair")
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError("the body names a key twice")
    return members


def _refuse_constant(word: str) -> float:
    raise _RefusedError(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _RefusedError("the body has a number without end")
    return number


def _whole(text: str) -> int:
    number = int(text) if len(text) < 21 else WHOLE_MAX
    if not -WHOLE_MAX <= number < WHOLE_MAX:
        raise _RefusedError("the body has a number of more than 64 bits")
    return number


def _has_surrogate(value: Json) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
