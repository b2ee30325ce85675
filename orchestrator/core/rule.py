"""What follows from what comes and goes: rules, as values.

An expression is a text here, in CEL; what it is worth says an `Evaluate` that the caller brings, so
nothing in the core knows the language.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place

Evaluate = Callable[[str], Json]
"""From an expression to its value; raises `ExpressionFailed` where it has none."""

Names = Mapping[str, Callable[[], Json]]
"""What an expression may look at: each name with what fetches its value, if it is asked for."""

Scoped = Callable[[Names], Evaluate]
"""What gives names to expressions."""

Around = Callable[[Names], Scoped]
"""What gives names that many subjects share to what gives each its own."""

ALWAYS: Final = "true"
CALL: Final = "call"
"""The verb of a step that calls a REST method."""
TABLES: Final = "tables"
WIDE: Final = frozenset({"streams", "calls", "connections", "all"})
"""What expressions look at that is around a subject: any other one may change what they say."""
MEASURED: Final = ("width", "height")
"""Fields of streams that change with the picture: a rule that looks at one has it in its names."""
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


@frozen
class Step:
    """One thing that a rule does: a verb for resources, or the call of a REST method.

    `verb` is that of the command line, or `call`. Texts may have expressions; `node` "": that of
    the entry that it is about. `for_ms` 0: until somebody ends it.
    """

    verb: str
    resources: tuple[str, ...] = ()
    for_ms: int = 0
    method: str = ""
    body: Map[str, Any] = field(default=EMPTY)
    node: str = ""


@frozen
class Rate:
    """So many times within so long."""

    count: int
    within_ms: int


AT_MOST: Final = Rate(1_000, 3_600_000)


@frozen
class Upon:
    """A rule that does something, once for each entry of some sorts for which `where` is true.

    `upon` are methods of hooks, or types of events. `for_each` is an expression with a list: the
    steps are taken for each member of it, "": once.
    """

    name: str
    place: Place
    upon: tuple[str, ...]
    do: tuple[Step, ...]
    where: str = ALWAYS
    at_most: Rate = AT_MOST
    for_each: str = ""
    names: tuple[str, ...] = ()


Rule = Admit | Each | Upon


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
    return _by_word(rules, lambda rule: rule.methods if isinstance(rule, Admit) else ())


def by_trigger(rules: Iterable[Rule]) -> Map[str, tuple[str, ...]]:
    """Return the names of the rules that do something upon each hook or event, in order."""
    return _by_word(rules, lambda rule: rule.upon if isinstance(rule, Upon) else ())


def _by_word(
    rules: Iterable[Rule], words_of: Callable[[Rule], tuple[str, ...]]
) -> Map[str, tuple[str, ...]]:
    named: dict[str, tuple[str, ...]] = {}
    for rule in sorted(rules, key=order):
        for word in words_of(rule):
            named[word] = (*named.get(word, ()), rule.name)
    return Map(named)
