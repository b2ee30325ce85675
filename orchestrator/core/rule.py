"""What follows from what comes and goes: rules, as values.

An expression is a text here, in CEL; what it is worth says an `Evaluate` that the caller brings, so
nothing in the core knows the language. `${…}` in a text is an expression, too.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place
from orchestrator.errors import ExpressionFailed

Evaluate = Callable[[str], Json]
"""From an expression to its value; raises `ExpressionFailed` where it has none."""

Names = Mapping[str, Callable[[], Json]]
"""What an expression may look at: each name with what fetches its value, if it is asked for."""

Scoped = Callable[[Names], Evaluate]
"""What gives names to expressions."""

Around = Callable[[Names], Scoped]
"""What gives names that many subjects share to what gives each its own."""

ALWAYS: Final = "true"
LINGER_MS: Final = 10_000
SECRET: Final = "secret"  # noqa: S105 - a name
REFERENCE: Final = f"{SECRET}."
"""What a reference to a secret begins with: no expression, and replaced last of all."""


class Decision(Enum):
    """What a rule decides about a hook."""

    ALLOW = "allow"
    DENY = "deny"


@frozen
class Admit:
    """A rule that answers hooks of some methods where `where` is true.

    `overwrite` are fields of the answer; `on_error` is decided where an expression fails, None: the
    next rule is asked. `when_unreachable` says what WCS does while nobody answers it. `names` are
    those that its expressions look at.
    """

    name: str
    place: Place
    methods: tuple[str, ...]
    decide: Decision
    where: str = ALWAYS
    overwrite: Map[str, Json] = field(default=EMPTY)
    on_error: Decision | None = None
    when_unreachable: Decision = Decision.DENY
    names: tuple[str, ...] = ()

    @property
    def may_deny(self) -> bool:
        """Return whether it ever refuses anything."""
        return Decision.DENY in (self.decide, self.on_error)


class Subject(Enum):
    """What a rule holds for, one by one; its word is the name by which expressions know it."""

    STREAM = "stream"
    CALL = "call"
    CONNECTION = "connection"
    NODE = "node"

    @property
    def kind(self) -> str:
        """Return the kind of which a look can tell whether a subject is still there."""
        return "call" if self is Subject.CALL else "stream"


@frozen
class Each:
    """A rule that wants resources for each subject, as long as `where` is true for it.

    `ensure` is written as a state file: plural of a kind → name → fields, with expressions in names
    and texts. What is wanted stays for `linger_ms` after the condition ended. `made`: streams that
    rules or copies between our nodes made match, too. `names` are those that its expressions look
    at, with `secret` where it has references to any.
    """

    name: str
    place: Place
    each: Subject
    ensure: Map[str, Any]
    where: str = ALWAYS
    linger_ms: int = LINGER_MS
    made: bool = False
    names: tuple[str, ...] = ()


Rule = Admit | Each


@frozen
class Table:
    """A document that rules look things up in. `value` is any JSON, sealed like a hook."""

    name: str
    place: Place
    value: Json


def order(rule: Rule) -> tuple[str, int, int]:
    """Return where a rule stands, which is the order in which rules are asked."""
    return (rule.place.file, rule.place.line, rule.place.column)


def by_method(rules: Iterable[Rule]) -> Map[str, tuple[str, ...]]:
    """Return the names of the rules that answer each method, in the order of being asked."""
    named: dict[str, tuple[str, ...]] = {}
    admitting = (rule for rule in rules if isinstance(rule, Admit))
    for rule in sorted(admitting, key=order):
        for method in rule.methods:
            named[method] = (*named.get(method, ()), rule.name)
    return Map(named)


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
