"""One rule as it is written: its trigger, its expressions, and what it decides or wants.

Every expression is compiled here, with the names that its trigger knows, so a rule that is taken
can be asked.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field, frozen

from orchestrator.core.hook import FIELDS, POINTLESS, REFUSABLE, SPELLINGS, canonical
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rule import (
    ALWAYS,
    LINGER_MS,
    REFERENCE,
    SECRET,
    Admit,
    Decision,
    Each,
    Rule,
    Subject,
    expressions,
)
from orchestrator.core.value import evolve
from orchestrator.errors import BadExpression
from orchestrator.expression import compiled, members
from orchestrator.shell.documents.decode import suggestion
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.member import DAY_MS, Later, Member, Named, OneOf, Range, rules
from orchestrator.shell.documents.scalar import CONTROL, Refused, checked
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, scalars

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # it stands in the log as rule:NAME
ADMITTED: Final = (*REFUSABLE, *sorted(SPELLINGS))
FIXED: Final = frozenset(
    {"sessionId", "mediaSessionId", "callId", "nodeId", "appKey", "restClientConfig"}
)
AROUND: Final = frozenset(
    {"connection", "node", "streams", "calls", "connections", "all", "tables", "now"}
)
HOOK: Final = "hook"
SUBJECTS: Final = tuple(one.value for one in Subject)
OF_TRIGGER: Final[Mapping[str, frozenset[str]]] = {
    "admit": frozenset({"decide", "overwrite", "onError", "whenUnreachable"}),
    "each": frozenset({"ensure", "linger", "made"}),
}
"""The keys that a rule may have beside `where`, by its trigger."""
TEXTS: Final = ("where", "overwrite", "ensure")
"""The members whose texts are expressions, or have some in them."""


@frozen
class RuleForm:
    """A rule: what it listens to, when it holds, and what it decides or wants."""

    admit: tuple[str, ...] = field(default=(), metadata=rules(OneOf(ADMITTED)))
    where: str = field(default=ALWAYS, metadata=rules(Named("a CEL expression")))
    decide: Decision | None = None
    overwrite: Map[str, Any] = EMPTY
    on_error: Decision | None = None
    when_unreachable: Decision = Decision.DENY
    each: Subject | None = None
    ensure: Map[str, Any] = EMPTY
    linger_ms: int = field(default=LINGER_MS, metadata=rules(Range(0, 7 * DAY_MS)))
    made: bool = False
    upon: Later | None = None
    do: Later | None = None
    at_most: Later | None = None
    for_each: Later | None = None


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
            message = "a rule has one trigger: write either “admit” with hooks, or “each”"
            self.faults.add(node.place, message)
            return Each(name, key.place, Subject.NODE, EMPTY)
        (trigger,) = triggers
        of_others = frozenset().union(*OF_TRIGGER.values()) - OF_TRIGGER[trigger]
        for other in sorted(given & of_others):
            message = f"“{other}” has no meaning beside “{trigger}”: remove it"
            self.faults.add(node.place, message)
        rule = (
            self.each(name, form, form.each, key, node)
            if form.each is not None
            else self.admit(name, form, key, node)
        )
        return evolve(rule, names=self.names(node))

    def admit(self, name: str, form: RuleForm, key: ScalarNode, node: Node) -> Admit:
        """Return a rule that answers hooks."""
        if not form.admit:
            self.faults.add(node.place, "“admit” is missing: name the hooks that it answers")
        for given in sorted(form.overwrite):
            if given in FIXED:
                message = f"{given} is what it is known by, or follows from the rules: leave it out"
                self.faults.add(node.place, message)
            if given in self.maker.vault.guard.whole:
                message = f"{given} is a secret, and the log would show it: rules do not give it"
                self.faults.add(node.place, message)
        decide = form.decide or (Decision.ALLOW if form.overwrite else None)
        if decide is None:
            self.faults.add(node.place, "“decide” is missing: write allow or deny")
        elif decide is Decision.DENY and form.overwrite:
            self.faults.add(node.place, "what is denied has no fields: remove “overwrite”")
        on_error = form.on_error or (decide if decide is Decision.DENY else None)
        rule = Admit(
            name,
            key.place,
            tuple(dict.fromkeys(map(canonical, form.admit))),
            decide or Decision.ALLOW,
            form.where,
            form.overwrite,
            on_error,
            form.when_unreachable,
        )
        self.warn_of_fields(rule, node)
        return rule

    def each(
        self, name: str, form: RuleForm, each: Subject, key: ScalarNode, node: MappingNode
    ) -> Each:
        """Return a rule that wants resources."""
        ensure = node.get("ensure")
        if ensure is None:
            self.faults.add(node.place, "“ensure” is missing: write what is to be there")
        else:
            self.maker.check(ensure, self.faults)
        if form.made and each is not Subject.STREAM:
            self.faults.add(node.place, "only streams are made by rules: remove “made”")
        made = (form.where, form.linger_ms, form.made)
        return Each(name, key.place, each, form.ensure, *made)

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
                    self.compile(text, expression, _known(node))
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
                has_secret = key == "ensure" and f"${{{REFERENCE}" in text.text
                names |= {SECRET} if has_secret else set()
                for expression in _asked(key, text.text):
                    names |= self.compile(text, expression, _known(node))
        return tuple(sorted(names))

    def warn_of_fields(self, rule: Admit, node: Node) -> None:
        """Warn of fields that none of the hooks is known to have."""
        if any(method not in FIELDS for method in rule.methods):
            return
        known = sorted({name for method in rule.methods for name in FIELDS[method]})
        texts = (rule.where, *expressions(rule.overwrite))
        asked = {one for text in texts for one in members(text, HOOK)}
        for name in (*sorted(asked - set(known)), *sorted(set(rule.overwrite) - set(known))):
            hint = suggestion(name, known)
            hint = hint if hint.startswith("did") else "it may never be there."
            hooks = ", ".join(rule.methods)
            message = f"{hooks} is not known to have the field {quoted(name)}: {hint}"
            self.warnings.add(node.place, message)


def text_of(node: ScalarNode, member: Member) -> str:
    """Return a text of a rule; what its expressions mean is checked apart, with the trigger."""
    if member.name == "admit" and node.text in POINTLESS:
        raise Refused(f"{node.text} happens all the same, whatever is answered: leave it out")
    if member.name == "admit" and node.text not in ADMITTED:
        hint = suggestion(node.text, ADMITTED)
        raise Refused(f"the hook {quoted(node.text)} is not one that asks: {hint}")
    if member.name not in TEXTS:
        return checked(node.text, member)
    if member.name == "where":
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
    if key == "where":
        return (text,) if text else ()
    found = expressions(text)
    is_template = key == "ensure"
    return tuple(one for one in found if not (is_template and one.startswith(REFERENCE)))


def _known(node: MappingNode) -> frozenset[str]:
    """Return the names that a rule with this trigger may look at."""
    each = node.get("each")
    word = each.text if isinstance(each, ScalarNode) else HOOK
    return AROUND | ({word} if word in (HOOK, *SUBJECTS) else {HOOK, *SUBJECTS})
