"""Texts in which `${…}` is an expression: taken apart, and filled in with what these are worth."""

from collections.abc import Mapping

from attrs import frozen

from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import Map
from orchestrator.core.rule import Evaluate
from orchestrator.errors import ExpressionFailed


@frozen
class Part:
    """A piece of a text: an expression, or what stands there as it is."""

    text: str
    is_expression: bool


def parts(text: str) -> tuple[Part, ...]:
    """Return the pieces of a text in which `${…}` is an expression; braces and quotes nest in it.

    Raises:
        ValueError: a `${` is never closed.
    """
    found: list[Part] = []
    rest = text
    while "${" in rest:
        before, _, rest = rest.partition("${")
        end = _end(rest)
        found += [Part(before, is_expression=False)] if before else []
        found.append(Part(rest[:end], is_expression=True))
        rest = rest[end + 1 :]
    if rest or not found:
        found.append(Part(rest, is_expression=False))
    return tuple(found)


def expressions(value: Json) -> tuple[str, ...]:
    """Return the expressions in all texts of a value, and in its keys."""
    match value:
        case str():
            return tuple(part.text for part in parts(value) if part.is_expression)
        case Mapping():
            return tuple(
                one for name in sorted(value) for text in (name, value[name])
                for one in expressions(text)
            )  # fmt: skip
        case tuple() | list():
            return tuple(one for member in value for one in expressions(member))
        case _:
            return ()


def holds(where: str, evaluate: Evaluate) -> bool:
    """Return whether a condition is true.

    Raises:
        ExpressionFailed: it cannot be told.
    """
    found = evaluate(where)
    if not isinstance(found, bool):
        raise ExpressionFailed("`where` is neither true nor false")
    return found


def filled(value: Json, evaluate: Evaluate) -> Json:
    """Return a value with its expressions evaluated; a text that is nothing else may be anything.

    Raises:
        ExpressionFailed: one of them has no value.
    """
    match value:
        case str():
            pieces = parts(value)
            if len(pieces) == 1 and pieces[0].is_expression:
                return evaluate(pieces[0].text)
            return "".join(
                _text(evaluate(one.text)) if one.is_expression else one.text for one in pieces
            )
        case Mapping():
            return _filled_mapping(value, evaluate)
        case tuple() | list():
            return tuple(filled(member, evaluate) for member in value)
        case _:
            return value


def _filled_mapping(value: JsonObject, evaluate: Evaluate) -> Map[str, Json]:
    members: dict[str, Json] = {}
    for name in sorted(value):
        filled_name = _text(filled(name, evaluate)) if "${" in name else name
        if filled_name in members:
            raise ExpressionFailed("two names come out alike: tell them apart")
        members[filled_name] = filled(value[name], evaluate)
    return Map(members)


def _text(value: Json) -> str:
    """Return a value as it is read within a text: as CEL's `string` writes it."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(int(value)) if value == int(value) else repr(value)
        case _:
            raise ExpressionFailed("only texts, numbers and booleans stand within a text")


def _end(rest: str) -> int:
    """Return where the brace closes that stands before a text."""
    depth, quote, index = 0, "", 0
    while index < len(rest):
        letter = rest[index]
        if quote:
            index += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}" and not depth:
            return index
        elif letter == "}":
            depth -= 1
        index += 1
    raise ValueError("a “${” is not closed: write ${EXPRESSION}")
