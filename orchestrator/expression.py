"""CEL: a text becomes a program, checked at load; names become what it may look at.

The one place that knows the library. It has no types and no limit on cost: texts and loops are
bounded here, lists where they are given. No message repeats a value, since any may be a secret.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from math import isfinite
from typing import Any, Final

import cel
from attrs import define, field, frozen

from orchestrator.core.json import Json, freeze, thaw
from orchestrator.core.rule import MEASURED, TABLES, WIDE, Names
from orchestrator.core.seal import WHOLE
from orchestrator.errors import BadExpression, ExpressionFailed

LENGTH_MAX: Final = 2_048
LOOPS_MAX: Final = 2
NOW: Final = "now"
COSTLY: Final = WIDE | {TABLES}
"""What is fetched only if nothing else decides: it may be large."""
MEMBERS_MAX: Final = (5_000, 2_000, 200)
"""Of each list and object that is looked at, by loops: one in another costs the square of it."""
FUNCTIONS: Final = frozenset(
    {
        *("size", "contains", "startsWith", "endsWith", "matches", "verify"),
        *("string", "int", "uint", "double", "bytes", "type", "dyn", "duration", "timestamp"),
        *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    }
)
_LOOP: Final = re.compile(r"\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\(\s*(\w+)\s*,")
_TEXT: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_COMMENT: Final = re.compile(r"//[^\n]*")
_MEMBER: Final = r"(?<![\w.])%s\s*\.\s*([A-Za-z_]\w*)"
_UNDEFINED: Final = re.compile(r"Undefined variable or function: '(\w+)'")
_SEALED: Final = rf"\.\s*(?:{'|'.join(sorted(WHOLE))})"
_SECRET: Final = re.compile(
    rf"{_SEALED}\s*(?:[!=]=|in\b)\s*\[?\s*r?[\"']|[\"']\s*[!=]=\s*[\w.]*{_SEALED}\b"
)
_VERIFIED: Final = re.compile(r"\bverify\s*\(\s*(?:r?[\"']|[^()]*,\s*r?[\"'])")
_MATCHES: Final = re.compile(
    r"\bmatches\s*\(\s*(r?\"(?:[^\"\\]|\\.)*\"|r?'(?:[^'\\]|\\.)*')?", re.DOTALL
)
_PARSED: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")

Verify = Callable[[str, str], bool]


@frozen
class Program:
    """A compiled expression, the names that it looks at, and how many loops are in it."""

    text: str
    names: frozenset[str]
    loops: int
    run: Any = field(eq=False, repr=False)


@lru_cache(maxsize=4_096)
def compiled(text: str, known: frozenset[str]) -> Program:
    """Return the program of an expression that may look at these names.

    Raises:
        BadExpression: it is none, is too long or loops too deep, or names what is not known.
    """
    if len(text) > LENGTH_MAX:
        raise BadExpression(f"the expression is longer than {LENGTH_MAX} letters: split the rule")
    try:
        program = cel.compile(text)
    except Exception as error:  # noqa: BLE001 - whatever the library says, the text is no expression
        raise BadExpression(_unparsed(str(error))) from None
    _check_texts(text)
    bound = _LOOP.findall(_bare(text))
    if len(bound) > LOOPS_MAX:
        raise BadExpression(f"over {LOOPS_MAX} loops in one expression: split the rule")
    for name in sorted(known & set(bound)):
        raise BadExpression(f"“{name}” has a meaning already: call what a loop goes through else")
    found = program.references()
    names = frozenset(found["variables"]) - frozenset(bound)
    for name in sorted(names - known):
        raise BadExpression(f"“{name}” is not known here: known are {', '.join(sorted(known))}")
    for name in sorted(found["functions"]):
        if name[0].isalpha() and name not in FUNCTIONS:
            raise BadExpression(f"the function {name} is not known: known are {_functions()}")
    return Program(text, names, len(bound), program)


def looked_at(text: str, known: frozenset[str]) -> frozenset[str]:
    """Return the names that an expression looks at, none where it is no expression."""
    try:
        return compiled(text, known).names
    except BadExpression:
        return frozenset()


def members(text: str, name: str) -> tuple[str, ...]:
    """Return the members of a name that an expression asks for, each once, in order."""
    return tuple(sorted(set(re.findall(_MEMBER % re.escape(name), _bare(text)))))


def measures(text: str) -> frozenset[str]:
    """Return the measured fields that an expression asks of anything but the hook."""
    asked = re.findall(rf"(\w*)\s*\.\s*({'|'.join(MEASURED)})\b", _bare(text))
    return frozenset(name for whose, name in asked if whose != "hook")


@define(eq=False)
class Scope:
    """What expressions may look at in one moment; each value is fetched once, if it is at all."""

    names: Names
    verify: Verify
    _known: frozenset[str] = field(init=False)
    _context: Any = field(init=False)
    _sizes: dict[str, int] = field(factory=dict, init=False)
    _changed: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._known = frozenset(self.names)
        # what led back from the context to here would never be freed
        is_same = partial(_is_same, self.verify)
        self._context = cel.Context(functions={"verify": is_same})

    def about(self, names: Names) -> "Scope":
        """Return this, with other values for some of its names; the others stay fetched."""
        self.names = {**self.names, **names}
        self._known = frozenset(self.names)
        self._changed |= set(names) & set(self._sizes)
        return self

    def value(self, text: str) -> Json:
        """Return what an expression is worth.

        Raises:
            ExpressionFailed: it has no value here, such as for a field that is not there.
        """
        try:
            program = compiled(text, self._known)
            value = self._run(program)
        except BadExpression as bad:
            raise ExpressionFailed(str(bad)) from None
        except ExpressionFailed:
            raise
        except Exception as error:  # noqa: BLE001 - each kind of failure has its own class there
            raise ExpressionFailed(_reason(error, text)) from None
        if not _is_json(value):
            raise ExpressionFailed("its value is no text, number, list or object")
        return freeze(value)

    def _run(self, program: Program) -> Any:
        """Return a program's value; what it stumbles over is fetched, and it is run again.

        So a list or table that it need not look at, since an `&&` or `||` is decided without, costs
        nothing. Another failure may be one that what is not fetched yet would have decided without.
        """
        cheap = program.names - COSTLY - set(self._sizes)
        for name in sorted((self._changed & program.names) | cheap):
            self._fetch(name)
        while True:
            for name in program.names:
                self._bound(name, program.loops)
            try:
                return program.run.execute(self._context)
            except Exception as error:
                missing = program.names - set(self._sizes)
                if not missing:
                    raise
                found = _UNDEFINED.search(str(error))
                name = found[1] if found is not None else ""
                self._fetch(name if name in missing else min(missing))

    def _fetch(self, name: str) -> None:
        value = self.names[name]()
        self._sizes[name] = _largest(value)
        self._context.add_variable(name, _given(name, value))
        self._changed.discard(name)

    def _bound(self, name: str, loops: int) -> None:
        if self._sizes.get(name, 0) > MEMBERS_MAX[loops]:
            most = f"{MEMBERS_MAX[loops]} members with {loops} loops"
            raise ExpressionFailed(f"“{name}” is too large to be looked through: at most {most}")


def _given(name: str, value: Json) -> Any:
    """Return a value as the library takes it; the time is a timestamp there."""
    if name == NOW and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    return thaw(value)


def _is_same(verify: Verify, *texts: object) -> bool | None:
    """Return whether two texts are the same secret; never raises, or the library would tell."""
    match texts:
        case (str() as known, str() as given):
            return verify(known, given)
        case (_, _):
            return False
        case _:
            return None  # neither true nor false: so many arguments mean nothing


def _check_texts(text: str) -> None:
    """Refuse texts that are secrets written out, and patterns that are none or come from others.

    A sealed field is equal to no text, so a list of what is forbidden would let everything through.
    """
    if _SECRET.search(text) or _VERIFIED.search(text):
        raise BadExpression(
            "a secret is not written out here, where the log would show it: keep it in a sealed "
            "table, and ask verify(tables.NAME.KEY, …)"
        )
    for found in _MATCHES.finditer(text):
        if not found[1]:
            raise BadExpression("write the pattern of matches() out, as a text")
        try:
            cel.compile(f'"".matches({found[1]})').execute({})
        except Exception:  # noqa: BLE001 - each kind of failure has its own class there
            raise BadExpression("the pattern of matches() is no regular expression") from None


def _bare(text: str) -> str:
    """Return an expression without what stands in its texts and comments."""
    return _COMMENT.sub("", _TEXT.sub('""', text))


def _largest(value: Json) -> int:
    """Return how many members the largest list or object in a value has."""
    match value:
        case str():
            return 0
        case Mapping():
            return max(len(value), *(_largest(value[name]) for name in value), 0)
        case Sequence():
            return max(len(value), *map(_largest, value), 0)
        case _:
            return 0


def _unparsed(said: str) -> str:
    """Return why a text is no expression, with the place in it."""
    found = _PARSED.search(said)
    if found is None:
        return "this is no CEL expression: check operators and brackets"
    line, column, why = found.groups()
    why = why.partition(" expecting ")[0].replace("mismatched input '<EOF>'", "it ends too early")
    if "{" in why or "Expr" in why:
        why = "check operators, brackets and quotes"
    return f"this is no CEL expression (line {line}, column {column} of it): {why}"


def _reason(error: Exception, text: str) -> str:
    """Return why an expression has no value, in words that show none but what stands in it."""
    said = str(error)
    match error:
        case KeyError():
            name = str(error.args[0])
            what = (
                f"there is no {name}" if name and name in text else "what it looks up is not there"
            )
            return f"{what}: ask with has() or in, or correct the name"
        case IndexError():
            return "a list is shorter than that"
        case TypeError():
            return "texts, numbers and booleans are mixed: convert them, or compare with =="
        case ZeroDivisionError():
            return "a division by zero"
        case _ if "not a valid regex" in said:
            return "the pattern of matches() is no regular expression"
        case _ if found := _UNDEFINED.search(said):
            is_function = found[1] in FUNCTIONS
            return f"{found[1]}{'() does not take that' if is_function else ' is not known there'}"
        case _:
            return f"it cannot be evaluated ({type(error).__name__})"


def _is_json(value: object) -> bool:
    match value:
        case float():
            return isfinite(value)
        case None | bool() | int() | str():
            return True
        case dict():
            return all(isinstance(name, str) for name in value) and _are_json(value.values())
        case list():
            return _are_json(value)
        case _:
            return False


def _are_json(values: Iterable[object]) -> bool:
    return all(_is_json(value) for value in values)


def _functions() -> str:
    return ", ".join(sorted(name for name in FUNCTIONS if not name.startswith("get")))
