"""Cases of rules, in `NAME.test.yaml` beside `NAME.yaml`: what is to come of what."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from orchestrator.core.hook import REFUSABLE, SPELLINGS
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Decision, Subject
from orchestrator.errors import DocumentError, Fault
from orchestrator.shell.documents.decode import FAULTY, Decoder, suggestion
from orchestrator.shell.documents.faults import Faults, quoted
from orchestrator.shell.documents.folder import absent, files_below, read_bytes, shown
from orchestrator.shell.documents.member import Member, OneOf, rules
from orchestrator.shell.documents.scalar import Refused
from orchestrator.shell.documents.step import StepForm
from orchestrator.shell.documents.tree import MappingNode, ScalarNode, read_tree
from orchestrator.shell.documents.trigger import OF_LOG, TRIGGERS

HOOKS: Final = (*REFUSABLE, *sorted(SPELLINGS))
ENDINGS: Final = (".test.yaml", ".test.yml")


@frozen
class Given:
    """What there is already: bodies of connects, and streams and calls as WCS lists them."""

    connections: tuple[Map[str, Any], ...] = ()
    streams: tuple[Map[str, Any], ...] = ()
    calls: tuple[Map[str, Any], ...] = ()


@frozen
class Expected:
    """The answer that is due, or all that rules want or do. `rule` "": none matches.

    `fails`: an expression fails. `ensure` and `do` are written as in a rule, with values for
    expressions; a call without `node` goes to that of the case.
    """

    decide: Decision | None = None
    rule: str = ""
    overwrite: Map[str, Any] = EMPTY
    fails: bool = False
    ensure: Map[str, Any] | None = None
    do: tuple[StepForm, ...] | None = None


@frozen
class Case:
    """A hook and what is to be answered, a subject and what is to be there for it, or a trigger.

    What a trigger is about is the `body` of a hook, or an `event` as `events -o json` shows it.
    """

    expect: Expected
    hook: str = field(default="", metadata=rules(OneOf(HOOKS)))
    each: Subject | None = None
    upon: str = field(default="", metadata=rules(OneOf(TRIGGERS)))
    body: Map[str, Any] = EMPTY
    event: Map[str, Any] = EMPTY
    node: str = "wcs1"
    given: Given = field(factory=Given)


@frozen
class CasesForm:
    """A file of cases, each under a name that says what is to happen."""

    cases: Map[str, Case]


@frozen
class NamedCase:
    """One case with its name, the place where it stands, and the rule file that it is about.

    `about` "": there is no rule file of its name, so it is asked of all rules together.
    """

    name: str
    place: Place
    about: str
    case: Case


def read_cases(folders: Iterable[Path], base: Path) -> tuple[NamedCase, ...]:
    """Return all cases below folders of rules.

    Raises:
        DocumentError: a file of cases is faulty, or a folder cannot be listed.
    """
    faults, found = Faults(), list[NamedCase]()
    for folder in folders:
        try:
            paths = [path for path in files_below(folder) if path.name.endswith(ENDINGS)]
        except OSError as error:
            faults.keep(absent(folder, base, error))
            continue
        found += [case for path in paths for case in _read(path, base, faults)]
    if faults.ordered:
        raise DocumentError(faults.ordered)
    return tuple(found)


def _read(path: Path, base: Path, faults: Faults) -> Iterator[NamedCase]:
    file = shown(path, base)
    data = read_bytes(path, file)
    if isinstance(data, Fault):
        faults.keep(data)
        return
    tree = read_tree(data, file, faults)
    form = FAULTY if tree is None else Decoder(faults, path.parent, _text).instance(tree, CasesForm)
    if form is FAULTY:
        return
    assert isinstance(tree, MappingNode), "what was decoded is a mapping"
    written = tree.get("cases")
    assert isinstance(written, MappingNode), "and so are its cases"
    beside = _about(path)
    about = shown(beside, base) if beside is not None else ""
    for key, _ in written.pairs:
        if key.text not in form.cases:
            continue  # no name, which was said
        case = form.cases[key.text]
        if message := _fault(case):
            faults.add(key.place, message)
        yield NamedCase(key.text, key.place, about, case)


def _fault(case: Case) -> str:
    """Return what is wrong with a case, "" where nothing is."""
    expect = case.expect
    if bool(case.hook) + (case.each is not None) + bool(case.upon) != 1:
        return "a case is about one thing: write one of “hook”, “each” and “upon”"
    if case.event and case.upon not in OF_LOG:
        return "“event” belongs to “upon” with an event: write “body”"
    if case.body and case.upon in OF_LOG:
        return "an event has no body: write “event” with its fields, such as “data”"
    is_answer = expect.decide is not None or bool(expect.overwrite or expect.rule)
    is_wanted, is_done = expect.ensure is not None, expect.do is not None
    if case.hook and (expect.decide is None or is_wanted or is_done):
        return "a hook is answered: expect “decide”, and neither “ensure” nor “do”"
    if case.each is not None and (is_answer or is_done or not (is_wanted or expect.fails)):
        return "for a subject something is wanted: expect “ensure”, {} for nothing, or “fails”"
    if case.upon and (is_answer or is_wanted or not (is_done or expect.fails)):
        return "upon a trigger something is done: expect “do”, [] for nothing, or “fails”"
    if expect.decide is Decision.DENY and not expect.rule:
        return "what is denied is denied by a rule: name it, as `rule`"
    return ""


def _about(path: Path) -> Path | None:
    """Return the rule file of the same name."""
    name = next(path.name.removesuffix(one) for one in ENDINGS if path.name.endswith(one))
    beside = (path.with_name(f"{name}{suffix}") for suffix in (".yaml", ".yml"))
    return next((one for one in beside if one.is_file()), None)


def _text(node: ScalarNode, member: Member) -> str:
    if member.name == "hook" and node.text not in HOOKS:
        hint = suggestion(node.text, HOOKS)
        raise Refused(f"the hook {quoted(node.text)} is not one that asks: {hint}")
    if member.name == "upon" and node.text not in TRIGGERS:
        hint = suggestion(node.text, TRIGGERS)
        raise Refused(f"{quoted(node.text)} is neither a hook nor an event: {hint}")
    return node.text
