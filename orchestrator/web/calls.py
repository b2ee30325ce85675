"""The REST methods that `orchestrator call` knows, and what is said to a call that makes no sense.

All of the documented API; each group's table is a file of `methods`.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from orchestrator.core.destination import Destinations
from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.mapping import Map
from orchestrator.web.methods import (
    call,
    connection,
    mixer,
    pull,
    push,
    recorder,
    service,
    stream,
    transcoder,
)
from orchestrator.web.methods.method import Form, Method

GROUPS: Final = (push, pull, stream, recorder, mixer, transcoder, call, connection, service)
METHODS: Final[tuple[Method, ...]] = tuple(one for group in GROUPS for one in group.METHODS)
CALLS: Final = Map({method.path: method for method in METHODS})
ANYWHERE: Final = Destinations()
ALL_ARE_LISTED: Final = "`orchestrator call --list` names all"


def misuse(path: str, body: JsonObject, destinations: Destinations = ANYWHERE) -> str:
    """Return what is wrong with a call, naming the next step; "" when nothing is."""
    method = CALLS.get(path)
    if method is None:
        return f"{path}: no such method; {_meant(path)}"
    for name in sorted(body):
        form = method.form_of(name)
        if form is None:
            return f"{path} has no parameter {name}; it takes {_names(method) or 'nothing'}"
        if body[name] is not None and not _fits(form, body[name]):
            return f"{path}: {name} is no {form.value}"
    given = {name for name in body if _is_given(body[name])}
    missing = [one.name for one in method.parameters if one.is_required and one.name not in given]
    if missing:
        return f"{path} needs {', '.join(missing)}"
    if method.ends_all and not given:
        return f"{path} without a filter would end {method.ends_all}; give one of {_names(method)}"
    return destinations.refusal(text(body, method.sends_to)) if method.sends_to in given else ""


def _meant(path: str) -> str:
    near = get_close_matches(path, CALLS, n=3, cutoff=0.8)
    same_group = [known for known in sorted(CALLS) if CALLS[known].group in path.split("/")]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(same_group)}" if same_group else ALL_ARE_LISTED


def _names(method: Method) -> str:
    return ", ".join(one.name for one in method.parameters)


def _is_given(value: Json) -> bool:
    is_empty = isinstance(value, str | Sequence | Mapping) and not value
    return value is not None and not is_empty


def _fits(form: Form, value: Json) -> bool:
    match form:
        case Form.TEXT:
            return isinstance(value, str)
        case Form.FLAG:
            return isinstance(value, bool) or value in ("true", "false")
        case Form.NUMBER:
            return _is_number(value)
        case Form.LIST:
            return isinstance(value, list | tuple)
        case Form.OBJECT:
            return isinstance(value, Mapping)
        case Form.TEXTS:
            return isinstance(value, list | tuple | str)
        case Form.ANY:  # pragma: no branch
            return True


def _is_number(value: Json) -> bool:
    if isinstance(value, str):
        return value.removeprefix("-").isdecimal()
    return isinstance(value, int | float) and not isinstance(value, bool)
