"""Every event there is: one small sample of each, and strategies that draw any of them."""

from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from orchestrator.codec import TAGS, codec_of
from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.configuration import Configuration, Node, Policy
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import Checkpoint, HeldStep
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.resource import Key, Place, Resource, Seen
from orchestrator.core.rule import Admit, Decision, Each, Step, Subject, Table, Upon
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.transponder import Sound, Transponder

CODEC = codec_of(KINDS)
KEY = Key("transponder", "youtube")
RESOURCE = Resource(
    KEY,
    Transponder("studio", "rtmp://h/live~0123456789abcdef", sound=Sound("a.wav", loop=True)),
    Place("state/a.yaml", 3, 5),
    node="wcs1",
    labels=Map({"show": "news"}),
)
SEEN = Seen(
    natural="rtmp_studio rtmp://h/live~0123456789abcdef",
    id="m-1",
    fields=Map(
        {
            "streamName": "rtmp_studio",
            "rtmpUrl": "rtmp://h/live~0123456789abcdef",
            "muted": False,
            "soundEnabled": True,
        }
    ),
)
STREAM = Seen("s-1", "s-1", Map({"name": "studio", "status": "PUBLISHING", "createDate": 5}))
CALL = ("wcs1", KEY, "create", "/push/startup")
ENSURED = documents.Ensured(
    "wcs1",
    "restream",
    Place("rules/a.yaml", 5, 3),
    Subject.STREAM,
    "s-1",
    "stream/studio",
    (attrs.evolve(RESOURCE, key=Key("transponder", "t-studio"), rule="restream"),),
    1_700_000_010_000,
    4,
)

SAMPLES = (
    documents.ConfigurationLoaded(
        Configuration(nodes=Map({"wcs1": Node(Map({"role": "origin"}), Policy.OBSERVE)})),
        Place("orchestrator.yaml", 1, 1),
    ),
    documents.StateLoaded(
        (RESOURCE,),
        (Key("transponder", "old"),),
        (documents.Moved(Key("transponder", "before"), KEY),),
    ),
    events.DaemonStarted("0.1.0", 42),
    events.HookReceived(
        "wcs1",
        "StreamStatusEvent",
        freeze({"name": "studio", "mediaSessionId": "s-1", "status": "PUBLISHING", "n": [1, None]}),
        3,
    ),
    events.Looked("wcs1", "stream", (STREAM,)),
    events.ActionStarted(*CALL, freeze({"streamName": "studio"}), 5, sent=freeze({"sound": {}})),
    events.ActionFinished(*CALL, 200, freeze({"mediaSessionId": "m-1"}), "m-1"),
    events.Looked("wcs1", "transponder", (SEEN,), doubted=("x",)),
    events.ActionFailed(*CALL, "timed out", reached=True),
    documents.DocumentRejected("state/b.yaml", 2, 1, "unknown key"),
    documents.DocumentAccepted("state/c.yaml"),
    events.Adopted("wcs1", KEY, "rtmp_studio rtmp://h/live", "m-2"),
    events.Forgotten("wcs1", KEY, "rtmp_studio rtmp://h/live", "m-2"),
    events.Parked("wcs1", KEY, 10, "refused"),
    events.PlanHeld(
        "h-1", "over-limit", "too much", (HeldStep("wcs1", KEY, "delete", "rtmp_studio", "m-1"),)
    ),
    events.PlanApproved("h-1"),
    events.NodeLost("wcs2", "timed out"),
    events.NodeFound("wcs3"),
    events.NodeRestarted("wcs4", "nothing of what it had is there any more"),
    events.OperatorAsked(
        "stop", freeze({"resources": ["transponder/youtube"], "until": 9_000}), "maintenance"
    ),
    events.OperatorAsked("pause", freeze({"resources": ["node/wcs1"]})),
    events.DaemonStopped("asked to"),
    events.TailLost(17, "ab" * 32),
    events.ClockStepped(-3_600_000),
)


def folded(facts: list[Fact]) -> World:
    """Return the fold of facts at a steady clock."""
    world = World()
    for number, fact in enumerate(facts):
        entry = Entry(number + 1, 1_000 + 10 * number, fact.cause, fact.actor, fact.event)
        world = project(world, entry, KINDS)
    return world


CHECKPOINT = Checkpoint(folded([Fact(sample) for sample in SAMPLES]))
ALL = (
    *SAMPLES,
    CHECKPOINT,
    events.Finished("wcs1", KEY, "it ended"),
    events.FightStopped("wcs1", KEY, "muted (declared: False, found: True)"),
    events.HooksLost("wcs1", 3, 1_700_000_000_000),
    events.HookAnswered("wcs1", "connect", 403, "deny", "stream/studio", error="no answer"),
    documents.RulesLoaded(
        (
            Admit(
                "rename",
                Place("rules/a.yaml", 2, 3),
                ("publishStream",),
                Decision.ALLOW,
                'hook.name != "a"',
                Map({"name": "studio-${hook.name}"}),
            ),
            Each(
                "restream",
                Place("rules/a.yaml", 5, 3),
                Subject.STREAM,
                freeze({"transponders": {"t-${stream.name}": {"muted": True}}}),
            ),
            Upon(
                "greet",
                Place("rules/a.yaml", 7, 3),
                ("publishStream",),
                (
                    Step("stop", ("${hook.name}",), 60_000),
                    Step("call", method="/data/send", body=freeze({"operationId": "${item}"})),
                ),
                for_each="[1, 2]",
            ),
        ),
        ("old",),
        (Table("t", Place("rules/a.yaml", 9, 3), freeze({"a": [1, None, "~0123456789abcdef"]})),),
        ("gone",),
        (ENSURED,),
    ),
    ENSURED,
    events.RuleFired(
        "greet",
        Place("rules/a.yaml", 7, 3),
        "call",
        freeze({"node": "wcs1", "method": "/data/send", "body": {"operationId": "1"}}),
        "wcs1",
    ),
)

names = st.text("abcXYZ09_-./ äé\u2028", max_size=8)
numbers = st.integers(0, 2**53)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | names
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
).map(freeze)  # fmt: skip
keys = st.builds(Key, st.sampled_from(["transponder", "stream"]), names)
specs = st.builds(
    Transponder, names, names, st.booleans(), names, st.booleans(),
    st.none() | st.builds(Sound, names, st.booleans()),
)  # fmt: skip


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any type that a field of ours has."""
    origin, arguments = get_origin(kind), get_args(kind)
    simple = {
        str: names, int: numbers, bool: st.booleans(), Any: json, Key: keys, None: st.none(),
        type(None): st.none(),
        float: st.floats(0, 1e9),
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    if origin is tuple and arguments[-1] is ...:
        return st.lists(of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of, arguments))
    if origin is frozenset:
        return st.frozensets(of(arguments[0]), max_size=3)
    if origin is Map:
        return st.dictionaries(of(arguments[0]), of(arguments[1]), max_size=2).map(Map)
    if origin in (Union, UnionType):
        return st.one_of(*map(of, arguments))
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    return built(kind)


def built(kind: type) -> st.SearchStrategy[Any]:
    """Return a strategy for a frozen class of ours."""
    hints = get_type_hints(kind)
    fields = {field.name: st.deferred(lambda t=hints[field.name]: of(t)) for field in
              attrs.fields(kind)}  # fmt: skip
    if kind is Resource:
        key = names.map(lambda name: Key("transponder", name))
        fields = {**fields, "spec": specs, "key": key}
    if kind is Checkpoint:
        fields = {"world": st.deferred(lambda: built(World))}
    return st.builds(kind, **fields)


def any_of(tag: str) -> st.SearchStrategy[Any]:
    """Return a strategy for events of a type."""
    return built(TAGS[tag])
