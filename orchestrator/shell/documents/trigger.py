"""What a rule says of its trigger: the hooks that it answers, what it wants, or what it does.

The form of a rule, and for each of the three triggers the rule that it makes.
"""

from collections.abc import Iterable
from typing import Any, Final, get_args

from attrs import define, field, frozen

from orchestrator.core.event import Checkpoint, Event, HookReceived, RuleFired
from orchestrator.core.filling import expressions
from orchestrator.core.hook import FIELDS, METHODS, REFUSABLE, SPELLINGS, canonical
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rule import (
    ALWAYS,
    AT_MOST,
    LINGER_MS,
    Admit,
    Decision,
    Each,
    Rule,
    Subject,
    Upon,
)
from orchestrator.expression import members
from orchestrator.shell.documents.decode import suggestion
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.member import DAY_MS, Named, OneOf, Range, rules
from orchestrator.shell.documents.step import RATE, StepForm, StepReader, rate_of
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.documents.tree import MappingNode, Node, ScalarNode, SequenceNode, scalars

HOOK: Final = "hook"
ADMITTED: Final = (*REFUSABLE, *sorted(SPELLINGS))
FIXED: Final = frozenset(
    {"sessionId", "mediaSessionId", "callId", "nodeId", "appKey", "restClientConfig"}
)
OF_LOG: Final = frozenset(
    kind.__name__ for kind in get_args(Event) if kind not in (HookReceived, RuleFired, Checkpoint)
)
TRIGGERS: Final = (*METHODS, *sorted(SPELLINGS), *sorted(OF_LOG))
ALARM: Final = "alarm"


@frozen
class RuleForm:
    """A rule: what it listens to, when it holds, and what it decides, wants or does."""

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
    upon: tuple[str, ...] = field(default=(), metadata=rules(OneOf(TRIGGERS)))
    do: tuple[StepForm, ...] = ()
    at_most: str = field(default="", metadata=rules(RATE))
    for_each: str = field(default="", metadata=rules(Named("a CEL expression")))


@define
class TriggerReader:
    """Makes rules of their forms, having said what is wrong with them beside their expressions."""

    faults: Faults
    warnings: Faults
    maker: Maker

    def rule(self, name: str, form: RuleForm, key: ScalarNode, node: MappingNode) -> Rule:
        """Return the rule of a form with one trigger."""
        if form.each is not None:
            return self.each(name, form, form.each, key, node)
        is_doing = node.get("upon") is not None
        return self.upon(name, form, key, node) if is_doing else self.admit(name, form, key, node)

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
        asked = (rule.where, *expressions(rule.overwrite))
        self.warn_of_fields(rule.methods, asked, rule.overwrite, node)
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

    def upon(self, name: str, form: RuleForm, key: ScalarNode, node: MappingNode) -> Upon:
        """Return a rule that does something."""
        if not form.upon:
            self.faults.add(node.place, "“upon” is missing: name the hooks or events")
        if 0 < len(OF_LOG & {*form.upon}) < len({*form.upon}):
            message = "hooks and events are looked at in different ways: write a rule for each"
            self.faults.add(node.place, message)
        written = node.get("do")
        if written is None or not form.do:
            self.faults.add(node.place, "“do” is missing: write what is to be done")
        items = written.items if isinstance(written, SequenceNode) else (written,)
        maker = self.maker
        resolve = maker.resolve or maker.vault.resolved
        reader = StepReader(maker.configuration, maker.vault, self.faults, resolve, maker.kinds)
        steps = tuple(
            reader.step(one, where.place)
            for one, where in zip(form.do, items, strict=False)
            if where is not None
        )
        rate = AT_MOST
        if form.at_most:
            try:
                rate = rate_of(form.at_most)
            except ValueError as error:
                self.faults.add(node.place, str(error))
        words = tuple(dict.fromkeys(map(canonical, form.upon)))
        texts = (one.text for one in scalars(node.get("do")))
        asked = (form.where, form.for_each, *(one for text in texts for one in expressions(text)))
        self.warn_of_fields(words, asked, (), node)
        return Upon(name, key.place, words, steps, form.where, rate, form.for_each)

    def warn_of_fields(
        self, methods: Iterable[str], asked: Iterable[str], given: Iterable[str], node: Node
    ) -> None:
        """Warn of fields that none of the hooks is known to have: asked for, or given."""
        if any(method not in FIELDS for method in methods):
            return
        known = sorted({name for method in methods for name in FIELDS[method]})
        looked_at = {one for text in asked for one in members(text, HOOK)}
        for name in (*sorted(looked_at - set(known)), *sorted(set(given) - set(known))):
            hint = suggestion(name, known)
            hint = hint if hint.startswith("did") else "it may never be there."
            hooks = ", ".join(methods)
            message = f"{hooks} is not known to have the field {quoted(name)}: {hint}"
            self.warnings.add(node.place, message)
