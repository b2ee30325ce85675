"""What would be answered: cases of rules, tried without a daemon, a log or a node."""

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.document import ConfigurationLoaded, RulesLoaded
from orchestrator.core.entry import Entry
from orchestrator.core.event import Event, HookReceived, Looked
from orchestrator.core.hook import CONNECT
from orchestrator.core.json import JsonObject, thaw
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.rule import Decision
from orchestrator.core.value import evolve
from orchestrator.core.world import STREAM, World
from orchestrator.daemon.admitting import scoped
from orchestrator.shell.documents.cases import Expected, NamedCase
from orchestrator.shell.documents.doubled import RulesRead
from orchestrator.shell.secrets import Vault
from orchestrator.web.admission import decided
from orchestrator.web.scope import CALL

NOW_MS: Final = 1_700_000_000_000
STANDING: Final[JsonObject] = Map({"published": True, "status": "PUBLISHING"})


@frozen
class Outcome:
    """What came of a case. `complaint` "": it is as expected."""

    case: NamedCase
    rule: str
    complaint: str


def rehearse(
    cases: Iterable[NamedCase],
    files: Sequence[RulesRead],
    configuration: Configuration,
    vault: Vault,
    kinds: Kinds,
) -> tuple[Outcome, ...]:
    """Return what comes of each case, asked of the rules of its file, or of all."""
    return tuple(_rehearsed(one, files, configuration, vault, kinds) for one in cases)


def _rehearsed(
    named: NamedCase,
    files: Sequence[RulesRead],
    configuration: Configuration,
    vault: Vault,
    kinds: Kinds,
) -> Outcome:
    case = named.case
    asked = [file for file in files if not named.about or file.file == named.about]
    rules = tuple(rule for file in asked for rule in file.rules)
    tables = tuple(table for file in files for table in file.tables)
    world = World()
    for event in (
        ConfigurationLoaded(_with_node(configuration, case.node), named.place),
        RulesLoaded(rules, tables=tables),
        *_given(named, vault, kinds),
    ):
        world = project(world, Entry(world.position + 1, NOW_MS, 0, "", event), kinds)
    hook = HookReceived(case.node, case.hook, vault.guard.object(case.body))
    found = decided(world, hook, scoped(vault), NOW_MS)
    if found is None:
        return Outcome(named, "", _differs(case.expect, Expected(Decision.ALLOW)))
    got = Expected(found.decision, found.rule.name, found.overwrite, bool(found.error))
    because = f" ({found.error})" if found.error else ""
    complaint = _differs(case.expect, got)
    return Outcome(named, found.rule.name, f"{complaint}{because}" if complaint else "")


def _given(named: NamedCase, vault: Vault, kinds: Kinds) -> Iterable[Event]:
    node, given = named.case.node, named.case.given
    for body in given.connections:
        yield HookReceived(node, CONNECT, vault.guard.object(body))
    for kind, key, bodies in (
        (STREAM, "mediaSessionId", given.streams),
        (CALL, "callId", given.calls),
    ):
        items = (
            vault.guard.object({**STANDING, key: f"given-{number}", **body})
            for number, body in enumerate(bodies)
        )
        seen = (kinds[kind].parse(item) for item in items)
        yield Looked(node, kind, tuple(one for one in seen if one is not None))


def _with_node(configuration: Configuration, name: str) -> Configuration:
    nodes = configuration.nodes
    return configuration if name in nodes else evolve(configuration, nodes=nodes.set(name, Node()))


def _differs(due: Expected, got: Expected) -> str:
    """Return how an answer differs from what is due, "" where it does not."""
    if due == got:
        return ""
    return f"expected {_shown(due)}, got {_shown(got)}"


def _shown(one: Expected) -> str:
    by = f" by {one.rule}" if one.rule else " by no rule"
    fields = [f"{name} {thaw(one.overwrite[name])}" for name in sorted(one.overwrite)]
    given = f" with {', '.join(fields)}" if fields else ""
    return f"{one.decide.value}{by}{given}{', failing' if one.fails else ''}"
