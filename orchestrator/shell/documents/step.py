"""What a rule does, as it is written: a verb with the resources it is for, or a call.

What stands there without expressions is checked when the rule is loaded; what comes of expressions
when they have values, as if an operator had written it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

from orchestrator.core.configuration import Configuration
from orchestrator.core.filling import expressions
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.quantity import parse_duration
from orchestrator.core.resource import Place
from orchestrator.core.rule import CALL, REFERENCE, Rate, Step
from orchestrator.shell.documents.clear import broken_references, is_written_out
from orchestrator.shell.documents.decode import suggestion
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.member import DAY_MS, OneOf, Pattern, rules
from orchestrator.shell.documents.scalar import Refused
from orchestrator.shell.secrets import Vault
from orchestrator.web.calls import CALLS, misuse
from orchestrator.web.methods.method import Form
from orchestrator.web.names import NODE
from orchestrator.web.orders import LASTING

VERBS: Final = ("stop", "start", "pause", "resume", "restart", "adopt", "forget")
ECHOED: Final = frozenset({"/data/send"})
METHODS: Final = tuple(sorted(path for path in CALLS if not CALLS[path].is_reading))
SAMPLES: Final[Mapping[Form, Json]] = Map(
    {
        Form.TEXT: "x",
        Form.FLAG: True,
        Form.NUMBER: 1,
        Form.LIST: ("x",),
        Form.OBJECT: Map({"x": 1}),
        Form.TEXTS: ("x",),
        Form.ANY: "x",
    }
)
"""What stands for an expression while a call is checked that has no values yet."""
RATE: Final = Pattern(r"[1-9][0-9]{0,4}/[0-9]{1,9}(ms|s|m|h|d)", "times/duration, as in 3/10m")
RATE_MAX: Final = 10_000


@frozen
class StepForm:
    """One thing to do: a verb with the resources it is for, or the call of a REST method."""

    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    pause: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    adopt: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    for_ms: int = 0
    call: str = field(default="", metadata=rules(OneOf(METHODS)))
    with_: Map[str, Any] = EMPTY
    node: str = ""


TEXTS: Final = frozenset({*VERBS, "with_", "node"})
"""The members whose texts have expressions in them."""


@frozen
class StepReader:
    """Makes steps of their forms, having said what is wrong; with faults they mean nothing."""

    configuration: Configuration
    vault: Vault
    faults: Faults
    resolve: Callable[[str], str]
    kinds: Kinds

    def step(self, form: StepForm, place: Place) -> Step:
        """Return one step."""
        verbs = [verb for verb in VERBS if getattr(form, verb)]
        if len(verbs) + bool(form.call) != 1:
            message = f"a step does one thing: write one of {', '.join(VERBS)}, or “call”"
            self.faults.add(place, message)
            return Step("")
        step = step_of(form)
        for text in (*step.resources, step.node):
            self.check_name(text, place)
        if form.for_ms and step.verb not in LASTING:
            message = f"“for” belongs to {' and '.join(sorted(LASTING))}: remove it"
            self.faults.add(place, message)
        if form.call:
            self.check_call(form, place)
        elif form.with_ or form.node:
            self.faults.add(place, "“with” and “node” belong to “call”: remove them")
        return step

    def check_name(self, text: str, place: Place) -> None:
        """Say what is wrong with a name of what a step is for, as far as it is written out."""
        if f"${{{REFERENCE}" in text:
            self.faults.add(place, "a secret names nothing: write the name")
        kind, slash, rest = text.partition("/")
        if not slash or expressions(kind):
            return
        if kind == NODE and rest and not expressions(rest):
            nodes = self.configuration.nodes
            if nodes and rest not in nodes:
                hint = suggestion(rest, nodes)
                self.faults.add(place, f"the node {quoted(rest)} is not configured: {hint}")
        elif kind != NODE and kind not in self.kinds:
            self.faults.add(place, f"{quoted(kind)} is no kind: {suggestion(kind, self.kinds)}")

    def check_call(self, form: StepForm, place: Place) -> None:
        """Say what is wrong with a call, as far as that can be told without values."""
        nodes, method = self.configuration.nodes, CALLS[form.call]
        if form.node and not expressions(form.node) and nodes and form.node not in nodes:
            hint = suggestion(form.node, nodes)
            self.faults.add(place, f"the node {quoted(form.node)} is not configured: {hint}")
        literal = Map({name: one for name, one in form.with_.items() if not expressions(one)})
        sampled = {
            name: SAMPLES[method.form_of(name) or Form.ANY]
            for name in form.with_
            if name not in literal
        }
        if why := misuse(form.call, literal.update(sampled)):
            self.faults.add(place, why)
        if is_written_out(form.with_, self.vault.sealer.whole):
            message = "a secret stands here, and the log would show it: write ${secret.NAME}"
            self.faults.add(place, message)
        for message in broken_references(form.with_, self.resolve):
            self.faults.add(place, message)
        if form.call in ECHOED and f"${{{REFERENCE}" in str(form.with_):
            message = f"{form.call} comes back as a hook, and the log would show the secret"
            self.faults.add(place, message)


def step_of(form: StepForm) -> Step:
    """Return the step of a form that says one thing."""
    if form.call:
        return Step(CALL, method=form.call, body=form.with_, node=form.node)
    verb = next((verb for verb in VERBS if getattr(form, verb)), "")
    return Step(verb, getattr(form, verb, ()), form.for_ms)


def check_method(path: str) -> None:
    """Refuse what is no method that a rule can call.

    Raises:
        Refused: there is no such method, or it only reads.
    """
    if path not in CALLS:
        raise Refused(misuse(path, EMPTY))
    if CALLS[path].is_reading:
        raise Refused(f"{path} only reads, so nothing would come of it: leave it out")


def rate_of(text: str) -> Rate:
    """Return a rate that is written as its form wants it.

    Raises:
        ValueError: it is written otherwise.
    """
    count, _, within = text.partition("/")
    rate = Rate(int(count), parse_duration(within))
    if not 1 <= rate.count <= RATE_MAX or not 1 <= rate.within_ms <= 7 * DAY_MS:
        raise ValueError(f"write up to {RATE_MAX} times within up to 7d, as in 3/10m")
    return rate
