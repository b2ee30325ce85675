"""Every hook that may be refused, with documented bodies: kept whole, answered right."""

import json

import pytest

from orchestrator.core.document import RulesLoaded
from orchestrator.core.event import HookReceived
from orchestrator.core.hook import KEEP_ALIVE, REFUSABLE, SPELLINGS
from orchestrator.core.http import InetPeer, Reply, Request
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Admit, Decision
from orchestrator.core.seal import Sealer
from orchestrator.expression import Scope
from orchestrator.web.admission import REFUSED, decided, reply
from orchestrator.web.hooks import Address, take
from tests.core.history import NODE, START_MS, History
from tests.kinds.sample import SAMPLES

METHODS = (*REFUSABLE, *SPELLINGS)
BODIES = {
    path.name.split(".")[0]: path.read_bytes()
    for path in sorted((SAMPLES / "hooks").glob("*.json"))
    if path.read_bytes().lstrip().startswith(b"{")
}
SEALER = Sealer(lambda _: "0123456789abcdef", trusts_seals=False)


def body_of(method):
    """Return a documented body, of the hook itself or of one with the same object."""
    likely = {"call": "OnCallEvent", "playStream": "publishStream", KEEP_ALIVE: "StreamStatusEvent"}
    return BODIES.get(method) or BODIES.get(likely.get(method, "")) or b'{"sessionId": "s", "n": 1}'


def asked(method, where="true", decide=Decision.DENY, **more):
    """Return the sealed hook, what a rule decides about it, and the answer."""
    methods = (SPELLINGS.get(method, method),)
    rule = Admit("r", Place("rules/a.yaml", 1, 1), methods, decide, where, **more)
    world = History().configure().happen(RulesLoaded((rule,))).world
    path, peer = f"/hooks/wcs1/{method}", InetPeer("::1", 1)
    request = Request("POST", path, "", Map(), body_of(method), peer)
    taken = take(Address(NODE, "", method), request, world, SEALER, START_MS)
    found = decided(world, taken.hook, lambda names: Scope(names, str.__eq__).value, START_MS)
    return taken.hook, found, reply(world, taken.hook, found, taken.reply, taken.reply)


@pytest.mark.parametrize("method", METHODS)
def test_a_hook_is_kept_whole_and_answered_as_rules_say(method):
    body = body_of(method)
    hook, found, said = asked(method)
    assert isinstance(hook, HookReceived)
    assert set(hook.body) == set(json.loads(body))
    assert (found.decision, said) == (Decision.DENY, REFUSED)

    _, found, said = asked(method, decide=Decision.ALLOW)
    assert (found.decision, said) == (Decision.ALLOW, Reply(200, body))

    _, found, said = asked(method, decide=Decision.ALLOW, overwrite=Map(name="x", n=freeze([1])))
    assert json.loads(said.body) == json.loads(body) | {"name": "x", "n": [1]}

    _, found, said = asked(method, where="hook.no.thing", on_error=Decision.DENY)
    assert (found.error[:11], said) == ("there is no", REFUSED)

    _, found, said = asked(method, where="hook.no.thing", decide=Decision.ALLOW)
    assert (found, said) == (None, Reply(200, body))
