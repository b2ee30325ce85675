"""What rules would do: cases of them, tried without a daemon, a log or a node."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.deriving import Deriver
from orchestrator.core.document import ConfigurationLoaded, RulesLoaded
from orchestrator.core.entry import DAEMON, Entry
from orchestrator.core.event import Event, HookReceived, Looked, NodeFound
from orchestrator.core.ground import Ground
from orchestrator.core.hook import CONNECT, canonical
from orchestrator.core.json import Json, JsonObject, freeze_object, thaw
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.project import project
from orchestrator.core.resource import Resource
from orchestrator.core.rule import CALL as CALL_VERB
from orchestrator.core.rule import Decision, Each, Step, Subject, Upon
from orchestrator.core.subject import subject_of
from orchestrator.core.value import evolve
from orchestrator.core.world import CALL, STREAM, World
from orchestrator.daemon.admitting import around, scoped
from orchestrator.errors import ExpressionFailed
from orchestrator.shell.documents.cases import Case, Expected, NamedCase
from orchestrator.shell.documents.doubled import RulesRead
from orchestrator.shell.documents.resource import Resolve
from orchestrator.shell.documents.step import step_of
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.documents.trigger import OF_LOG
from orchestrator.shell.secrets import Vault
from orchestrator.web.admission import decided
from orchestrator.web.firing import Asker
from orchestrator.web.times import rfc3339

SUBJECT: Final = "subject"
NOW_MS: Final = 1_700_000_000_000
STANDING: Final[JsonObject] = Map({"published": True, "status": "PUBLISHING"})


@frozen
class Outcome:
    """What came of a case. `rules` decided or wanted something; `complaint` "": as expected."""

    case: NamedCase
    rules: tuple[str, ...]
    complaint: str


@frozen
class Theatre:
    """What cases are tried with: all rules there are, and how their values are read."""

    files: Sequence[RulesRead]
    configuration: Configuration
    vault: Vault
    kinds: Kinds
    resolve: Resolve | None = None

    def rehearse(self, cases: Iterable[NamedCase]) -> tuple[Outcome, ...]:
        """Return what comes of each case, asked of the rules of its file, or of all."""
        return tuple(self._rehearsed(one) for one in cases)

    def _rehearsed(self, named: NamedCase) -> Outcome:
        case = named.case
        asked = [file for file in self.files if not named.about or file.file == named.about]
        rules = tuple(rule for file in asked for rule in file.rules)
        tables = tuple(table for file in self.files for table in file.tables)
        world = World()
        for event in (
            ConfigurationLoaded(_with_node(self.configuration, case.node), named.place),
            RulesLoaded(rules, tables=tables),
            *self._given(named),
        ):
            world = project(world, Entry(world.position + 1, NOW_MS, 0, "", event), self.kinds)
        if case.each is not None:
            return self._ensured(named, case.each, world)
        if case.upon:
            return self._done(named, world)
        hook = HookReceived(case.node, case.hook, self.vault.guard.object(case.body))
        found = decided(world, hook, scoped(self.vault), NOW_MS)
        if found is None:
            return Outcome(named, (), _differs(case.expect, Expected(Decision.ALLOW)))
        got = Expected(found.decision, found.rule.name, found.overwrite, bool(found.error))
        because = f" ({found.error})" if found.error else ""
        complaint = _differs(case.expect, got)
        return Outcome(named, (found.rule.name,), f"{complaint}{because}" if complaint else "")

    def _ensured(self, named: NamedCase, each: Subject, world: World) -> Outcome:
        """Return what comes of a case about a subject: all that any rule wants for it."""
        case, wanted, rules = named.case, dict[str, dict[str, Json]](), list[str]()

        def made(
            configuration: Configuration, rule: Each, node: str, filled: Json
        ) -> tuple[Resource, ...]:
            assert isinstance(filled, Mapping), "a template is one"
            maker = Maker(Path(), configuration, self.vault, self.kinds, self.resolve)
            resources = maker.resources(rule, node, filled)
            rules.append(rule.name)
            for plural in filled:
                section = filled[plural]
                assert isinstance(section, Mapping), "and so are its parts"
                known = wanted.setdefault(plural, {})
                known |= {name: section[name] for name in section if name not in known}
            return resources

        deriver = Deriver(around(self.vault), made, self.kinds)
        natural = case.node if each is Subject.NODE else SUBJECT
        because = ""
        for name in world.deriving:
            try:
                deriver.derived(world, Ground(name, case.node, each, natural), NOW_MS)
            except ExpressionFailed as failed:
                because = f"{name} fails: {failed}"
        got = Expected(fails=bool(because), ensure=freeze_object(wanted))
        due = case.expect if case.expect.ensure is not None else evolve(case.expect, ensure=EMPTY)
        if due == got:
            return Outcome(named, tuple(rules), "")
        said = f"expected {_wanted(due)}, got {_wanted(got)}"
        return Outcome(named, tuple(rules), f"{said} ({because})" if because else said)

    def _done(self, named: NamedCase, world: World) -> Outcome:
        """Return what comes of a case about a trigger: all that any rule does, in order."""
        case, steps, rules, because = named.case, list[Step](), list[str](), ""
        entry, told = self._entry(case, world.position + 1)
        if isinstance(entry.event, HookReceived):
            world = project(world, entry, self.kinds)
        asker = Asker(around(self.vault), lambda _: told, self.kinds)
        for name in world.firing.get(canonical(case.upon), ()):
            rule = world.rules[name]
            assert isinstance(rule, Upon), "no other rule does anything"
            try:
                found = asker.steps(world, entry, rule)
            except ExpressionFailed as failed:
                because = f"{name} fails: {failed}"
                continue
            if found is not None:
                rules.append(name)
            for step in found or ():
                if isinstance(step, Step):
                    steps.append(step)
                else:
                    because = f"{name} fails: {step.why}"
        due = tuple(_at(step_of(form), case.node) for form in case.expect.do or ())
        is_due = due == tuple(steps) or (case.expect.fails and case.expect.do is None)
        if is_due and case.expect.fails is bool(because):
            return Outcome(named, tuple(rules), "")
        wanted = "a failure" if case.expect.fails else _steps(due)
        got = "a failure" if because else _steps(steps)
        said = f"expected {wanted}, got {got}"
        return Outcome(named, tuple(rules), f"{said} ({because})" if because else said)

    def _entry(self, case: Case, position: int) -> tuple[Entry, Json]:
        """Return the entry that a case is about, and what `events` would show of it."""
        event: Event = NodeFound(case.node)  # one that has a node; what it says is in the case
        known: dict[str, Json] = {"type": case.upon, "actor": DAEMON, "data": EMPTY}
        if case.upon not in OF_LOG:
            body = self.vault.guard.object(case.body)
            event = HookReceived(case.node, case.upon, body)
            data: Map[str, Json] = Map({"node": case.node, "method": case.upon, "body": body})
            known = {"type": "HookReceived", "subject": subject_of(event), "data": data}
            known["actor"] = case.node
        known |= {"position": position, "time": rfc3339(NOW_MS), "node": case.node, "cause": None}
        return Entry(position, NOW_MS, 0, case.node, event), Map({**known, **case.event})

    def _given(self, named: NamedCase) -> Iterable[Event]:
        case, given = named.case, named.case.given
        sealed = self.vault.guard.object
        connections, streams, calls = given.connections, given.streams, given.calls
        match case.each:
            case Subject.STREAM:
                streams = (*streams, Map({**case.body, "mediaSessionId": SUBJECT}))
            case Subject.CALL:
                calls = (*calls, Map({**case.body, "callId": SUBJECT}))
            case Subject.CONNECTION:
                connections = (*connections, Map({**case.body, "sessionId": SUBJECT}))
            case _:
                pass
        for body in connections:
            yield HookReceived(case.node, CONNECT, sealed(body))
        for kind, key, bodies in ((STREAM, "mediaSessionId", streams), (CALL, "callId", calls)):
            items = (
                sealed({**STANDING, key: f"given-{number}", **body})
                for number, body in enumerate(bodies)
            )
            seen = (self.kinds[kind].parse(item) for item in items)
            yield Looked(case.node, kind, tuple(one for one in seen if one is not None))


def _at(step: Step, node: str) -> Step:
    return evolve(step, node=step.node or node)


def _steps(steps: Iterable[Step]) -> str:
    said = [
        f"call {step.method} of {step.node} with {thaw(step.body)}"
        if step.verb == CALL_VERB
        else f"{step.verb} {', '.join(step.resources)}"
        for step in steps
    ]
    return "; ".join(said) or "nothing"


def _with_node(configuration: Configuration, name: str) -> Configuration:
    nodes = configuration.nodes
    return configuration if name in nodes else evolve(configuration, nodes=nodes.set(name, Node()))


def _differs(due: Expected, got: Expected) -> str:
    """Return how an answer differs from what is due, "" where it does not."""
    if due == got:
        return ""
    return f"expected {_shown(due)}, got {_shown(got)}"


def _shown(one: Expected) -> str:
    assert one.decide is not None, "a hook is answered"
    by = f" by {one.rule}" if one.rule else " by no rule"
    fields = [f"{name} {thaw(one.overwrite[name])}" for name in sorted(one.overwrite)]
    given = f" with {', '.join(fields)}" if fields else ""
    return f"{one.decide.value}{by}{given}{', failing' if one.fails else ''}"


def _wanted(one: Expected) -> str:
    if one.fails:
        return "a failure"
    return str(thaw(one.ensure)) if one.ensure else "nothing"
