"""CEL: a text becomes a program, checked at load; names become what it may look at.

The one place that knows the library. It has no types and no limit on cost: texts and loops are
bounded here, lists where they are given. No message repeats a value, since any may be a secret.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, Final

import cel
from attrs import define, field, frozen

from orchestrator.core.json import Json, freeze, thaw
from orchestrator.core.rule import Names
from orchestrator.errors import BadExpression, ExpressionFailed

LENGTH_MAX: Final = 2_048
LOOPS_MAX: Final = 2  # one inside another costs the square of a list
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
_MEMBER: Final = r"(?<![\w.])%s\s*\.\s*([A-Za-z_]\w*)"
_UNDEFINED: Final = re.compile(r"Undefined variable or function: '(\w+)'")
_PARSED: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")

Verify = Callable[[str, str], bool]


@frozen
class Program:
    """A compiled expression, and the names that it looks at."""

    text: str
    names: frozenset[str]
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
    bare = _TEXT.sub('""', text)
    bound = _LOOP.findall(bare)
    if len(bound) > LOOPS_MAX:
        raise BadExpression(f"over {LOOPS_MAX} loops in one expression: split the rule")
    found = program.references()
    names = frozenset(found["variables"]) - frozenset(bound)
    for name in sorted(names - known):
        raise BadExpression(f"“{name}” is not known here: known are {', '.join(sorted(known))}")
    for name in sorted(found["functions"]):
        if name[0].isalpha() and name not in FUNCTIONS:
            raise BadExpression(f"the function {name} is not known: known are {_functions()}")
    return Program(text, names, program)


def members(text: str, name: str) -> tuple[str, ...]:
    """Return the members of a name that an expression asks for, each once, in order."""
    return tuple(sorted(set(re.findall(_MEMBER % re.escape(name), _TEXT.sub('""', text)))))


@define(eq=False)
class Scope:
    """What expressions may look at in one moment; each value is fetched once, if it is at all."""

    names: Names
    verify: Verify
    _context: Any = field(init=False)
    _fetched: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        is_same = partial(
            _is_same, self.verify
        )  # a context that led back here would never be freed
        self._context = cel.Context(functions={"verify": is_same})

    def value(self, text: str) -> Json:
        """Return what an expression is worth.

        Raises:
            ExpressionFailed: it has no value here, such as for a field that is not there.
        """
        try:
            program = compiled(text, frozenset(self.names))
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

        So what it need not look at, since an `&&` or `||` is decided without, costs nothing.
        """
        while True:
            try:
                return program.run.execute(self._context)
            except RuntimeError as error:
                found = _UNDEFINED.search(str(error))
                name = found[1] if found is not None else ""
                if name not in program.names - self._fetched:
                    raise
                self._context.add_variable(name, thaw(self.names[name]()))
                self._fetched.add(name)


def _is_same(verify: Verify, known: object, given: object) -> bool:
    """Return whether two texts are the same secret; never raises, or the library would tell."""
    return isinstance(known, str) and isinstance(given, str) and verify(known, given)


def _unparsed(said: str) -> str:
    """Return why a text is no expression, with the place in it."""
    found = _PARSED.search(said)
    if found is None:
        return "this is no CEL expression: check operators and brackets"
    line, column, why = found.groups()
    why = why.partition(" expecting ")[0]
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
            return f"{found[1]} is not known there"
        case _:
            return f"it cannot be evaluated ({type(error).__name__})"


def _is_json(value: object) -> bool:
    match value:
        case None | bool() | int() | float() | str():
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
