"""What stays between two hooks never decides: answers are those of one who remembers nothing."""

from random import Random

from orchestrator.core.document import RulesLoaded
from orchestrator.core.event import HookReceived
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Admit, Decision, Table
from orchestrator.daemon.admitting import Scopes, scoped
from orchestrator.shell.secrets import Vault
from orchestrator.web.admission import decided
from tests.core.history import NODE, History

WHERES = (
    "hook.name in tables.names",
    "has(hook.appKey) && hook.appKey in tables.names && streams.size() == 0",
    "has(connection.login) && connection.login in tables.names",
    "connections.exists(one, one.sessionId == hook.sessionId && hook.name in tables.names)",
    "tables.names.size() > 2 && now > timestamp(0)",
    "hook.name == 'c'",
    "tables.gone.size() == 0",
)


def test_what_stays_between_hooks_never_decides():
    vault = Vault(b"k" * 32)
    scopes, plain = Scopes(vault), scoped(vault)
    decisions = set()
    for seed in range(200):
        draw = Random(seed)
        history = History().configure()
        rules = tuple(
            Admit(str(number), Place("a.yaml", number + 1, 1), ("publishStream",), Decision.DENY,
                  where, on_error=draw.choice((None, Decision.DENY)))
            for number, where in enumerate(draw.sample(WHERES, 4))
        )  # fmt: skip
        for _ in range(4):
            names = draw.sample(["a", "b", "c", "x"], draw.randrange(4))
            table = Table("names", Place("a.yaml", 9, 1), freeze(dict.fromkeys(names, 1)))
            history.happen(RulesLoaded(rules, tables=(table,)))
            for _ in range(3):
                login, session = draw.choice("abx"), draw.choice("st")
                connect = {"sessionId": session, "login": login, "appKey": "a"}
                history.happen(HookReceived(NODE, "connect", Map(connect)))
                body = {"sessionId": draw.choice("stu"), "name": draw.choice("abcx")}
                body |= draw.choice(({}, {"appKey": "a"}, {"appKey": "x"}))
                hook = HookReceived(NODE, "publishStream", Map(body))
                world = history.world
                due = decided(world, hook, plain, 1)
                assert decided(world, hook, scopes.scoped(world), 1) == due
                decisions.add((due.rule.where, bool(due.error)) if due is not None else None)
    assert len(decisions) > len(WHERES)
