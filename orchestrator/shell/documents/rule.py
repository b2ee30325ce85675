"""One rule as it is written: its name, its one trigger, and its expressions.

Every expression is compiled here, with the names that its trigger knows, so a rule that is taken
can be asked.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define

from orchestrator.core.doing import ITEM
from orchestrator.core.filling import expressions
from orchestrator.core.hook import POINTLESS
from orchestrator.core.mapping import EMPTY
from orchestrator.core.rule import (
    REFERENCE,
    SECRET,
    Each,
    Rule,
    Subject,
)
from orchestrator.core.value import evolve
from orchestrator.errors import BadExpression
from orchestrator.expression import compiled, measures
from orchestrator.shell.documents.decode import suggestion
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.member import Member
from orchestrator.shell.documents.scalar import CONTROL, Refused, checked
from orchestrator.shell.documents.step import TEXTS as OF_STEPS
from orchestrator.shell.documents.step import check_method
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, scalars
from orchestrator.shell.documents.trigger import (
    ADMITTED,
    ALARM,
    HOOK,
    OF_LOG,
    TRIGGERS,
    RuleForm,
    TriggerReader,
)

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # it stands in the log as rule:NAME
AROUND: Final = frozenset(
    {"connection", "node", "streams", "calls", "connections", "all", "tables", "now"}
)
EVENT: Final = "event"
SUBJECTS: Final = tuple(one.value for one in Subject)
OF_TRIGGER: Final[Mapping[str, frozenset[str]]] = {
    "admit": frozenset({"decide", "overwrite", "onError", "whenUnreachable"}),
    "each": frozenset({"ensure", "linger", "made"}),
    "upon": frozenset({"do", "atMost", "forEach"}),
}
"""The keys that a rule may have beside `where`, by its trigger."""
WHOLE: Final = ("where", "forEach")
TEXTS: Final = (*WHOLE, "overwrite", "ensure", "do")
"""The members whose texts are expressions, or have some in them."""
REFERRING: Final = ("ensure", "do")
"""Those in which secrets may be named."""


@define
class RuleReader:
    """Makes rules of their forms, having said what is wrong with them."""

    faults: Faults
    warnings: Faults
    maker: Maker

    def rule(self, name: str, form: RuleForm, key: ScalarNode, node: MappingNode) -> Rule:
        """Return a rule; it means nothing when faults were found."""
        if not NAME.fullmatch(name):
            self.faults.add(key.place, "use letters, digits, “.”, “_” and “-” in this name")
        given = {one.text for one, _ in node.pairs}
        triggers = sorted(given & set(OF_TRIGGER))
        if len(triggers) != 1:
            message = "a rule has one trigger: write one of “admit”, “each” and “upon”"
            self.faults.add(node.place, message)
            return Each(name, key.place, Subject.NODE, EMPTY)
        (trigger,) = triggers
        of_others = frozenset().union(*OF_TRIGGER.values()) - OF_TRIGGER[trigger]
        for other in sorted(given & of_others):
            message = f"“{other}” has no meaning beside “{trigger}”: remove it"
            self.faults.add(node.place, message)
        reader = TriggerReader(self.faults, self.warnings, self.maker)
        return evolve(reader.rule(name, form, key, node), names=self.names(node))

    def is_sound(self, node: Node) -> bool:
        """Return whether the texts of a rule can be taken apart, having said what is wrong.

        What is wrong with expressions themselves is said, too, and leaves it sound.
        """
        if not isinstance(node, MappingNode):
            return False
        is_sound = True
        for key in TEXTS:
            for text in scalars(node.get(key)):
                try:
                    asked = _asked(key, text.text)
                except ValueError as error:
                    self.faults.add(text.place, str(error))
                    is_sound = False
                    continue
                for expression in asked:
                    self.compile(text, expression, _known(node, key))
        return is_sound

    def compile(self, node: ScalarNode, text: str, known: frozenset[str]) -> frozenset[str]:
        """Return the names that one expression looks at, having said what is wrong with it."""
        try:
            return compiled(text, known).names
        except BadExpression as bad:
            self.faults.add(node.place, str(bad))
            return frozenset()

    def names(self, node: MappingNode) -> tuple[str, ...]:
        """Return the names that the expressions of a sound rule look at, in order."""
        names: set[str] = set()
        for key in TEXTS:
            for text in scalars(node.get(key)):
                has_secret = key in REFERRING and f"${{{REFERENCE}" in text.text
                names |= {SECRET} if has_secret else set()
                for expression in _asked(key, text.text):
                    names |= self.compile(text, expression, _known(node, key))
                    names |= measures(expression)
        return tuple(sorted(names))


UNHEARD: Final[Mapping[str, str]] = {
    "HookReceived": "name the method of the hook, such as publishStream",
    "RuleFired": "what a rule does sets off no other",
    "Checkpoint": "it says nothing new",
}
"""Types of events upon which nothing is done, and why."""


def check_admitted(text: str) -> None:
    """Refuse what is no hook that asks.

    Raises:
        Refused: it is none, or asks for what happens all the same.
    """
    if text in POINTLESS:
        raise Refused(f"{text} happens all the same, whatever is answered: leave it out")
    if text not in ADMITTED:
        hint = suggestion(text, ADMITTED)
        raise Refused(f"the hook {quoted(text)} is not one that asks: {hint}")


def check_trigger(text: str) -> None:
    """Refuse what is neither a hook nor an event upon which anything is done.

    Raises:
        Refused: it is none, or none of this version.
    """
    if text == ALARM:
        raise Refused("alarms come from WCS OAM, which is not in this version: remove it")
    if text in UNHEARD:
        raise Refused(f"{text} is no trigger: {UNHEARD[text]}")
    if text not in TRIGGERS:
        raise Refused(
            f"{quoted(text)} is neither a hook nor an event: {suggestion(text, TRIGGERS)}"
        )


CHECKS: Final[Mapping[str, Callable[[str], None]]] = {
    "admit": check_admitted,
    "upon": check_trigger,
    "call": check_method,
}


def text_of(node: ScalarNode, member: Member) -> str:
    """Return a text of a rule; what its expressions mean is checked apart, with the trigger."""
    if member.name in CHECKS:
        CHECKS[member.name](node.text)
    if member.name not in TEXTS and member.name not in OF_STEPS and member.key not in WHOLE:
        return checked(node.text, member)
    if member.key in WHOLE:
        if not node.text:
            raise Refused("write a CEL expression")
        return node.text
    if CONTROL.search(node.text):
        raise Refused("line breaks and control characters are not allowed here: remove them")
    return node.text


def _asked(key: str, text: str) -> tuple[str, ...]:
    """Return the expressions in a text under a key; references to secrets are none.

    Raises:
        ValueError: a `${` is never closed.
    """
    if key in WHOLE:
        return (text,) if text else ()
    found, may_refer = expressions(text), key in REFERRING
    return tuple(one for one in found if not (may_refer and one.startswith(REFERENCE)))


def _known(node: MappingNode, key: str) -> frozenset[str]:
    """Return the names that a rule with this trigger may look at under a key."""
    if node.get("upon") is not None:
        words = {one.text for one in scalars(node.get("upon"))}
        item = {ITEM} if key == "do" and node.get("forEach") is not None else set()
        return AROUND | {EVENT} | item | ({HOOK} if words - OF_LOG else set())
    each = node.get("each")
    word = each.text if isinstance(each, ScalarNode) else HOOK
    return AROUND | ({word} if word in (HOOK, *SUBJECTS) else {HOOK, *SUBJECTS})
