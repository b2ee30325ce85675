"""Which subjects of rules an entry stirs: those of which a rule may have something new to say."""

from attrs import frozen

from orchestrator.core import document as documents
from orchestrator.core import event as events
from orchestrator.core.ensured import ground_of
from orchestrator.core.entry import Entry
from orchestrator.core.hook import CONNECT, CONNECTION_STATUS
from orchestrator.core.json import text
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import EMPTY
from orchestrator.core.placement import placements
from orchestrator.core.resource import Gone, Seen
from orchestrator.core.rule import Subject
from orchestrator.core.subject import unencoded
from orchestrator.core.world import CALL, STREAM, World

SORTS = ((STREAM, Subject.STREAM), (CALL, Subject.CALL))


@frozen
class Stirred:
    """A subject, by what its node knows it by."""

    node: str
    each: Subject
    natural: str


Stirs = frozenset[Stirred] | None
"""None: all that there are."""


def stirred(before: World, after: World, entry: Entry, kinds: Kinds) -> Stirs:
    """Return the subjects that an entry stirs."""
    match entry.event:
        case events.HookReceived() as hook:
            return _of_hook(hook, kinds)
        case events.HookAnswered(node=node, method=method, about=about) if method == CONNECT:
            session = unencoded(about.removeprefix("connection/"))
            return frozenset({Stirred(node, Subject.CONNECTION, session)})
        case events.Looked(node=node, kind=kind) as looked:
            naturals = {one.natural for one in (*looked.appeared, *looked.changed)}
            naturals |= set(looked.vanished)
            each = dict(SORTS).get(kind)
            found = {Stirred(node, each, one) for one in naturals} if each else set()
            return frozenset(found)
        case documents.Ensured() as ensured:
            return _of_made(before, after, ensured, kinds)
        case (
            documents.ConfigurationLoaded()
            | documents.StateLoaded()
            | documents.RulesLoaded()
            | events.NodeRestarted()
            | events.DaemonStarted()
            | events.Checkpoint()
        ):
            return None
        case _:
            return frozenset()


def _of_hook(hook: events.HookReceived, kinds: Kinds) -> Stirs:
    found = set()
    for kind, each in SORTS:
        heard = kinds[kind].hear(hook.method, hook.body)
        if isinstance(heard, Seen):
            found.add(Stirred(hook.node, each, heard.natural))
        elif isinstance(heard, Gone):
            found.add(Stirred(hook.node, each, heard.id))
    if hook.method in (CONNECT, CONNECTION_STATUS):
        found.add(Stirred(hook.node, Subject.CONNECTION, text(hook.body, "sessionId")))
    return frozenset(found)


def _of_made(before: World, after: World, ensured: documents.Ensured, kinds: Kinds) -> Stirs:
    """Return the streams that a rule makes now, or made until now."""
    standing = before.grounds.get(ground_of(ensured))
    found = set()
    for item in (*(standing.items if standing is not None else ()), *ensured.items):
        for name in kinds[item.key.kind].declarable.makes(item.spec):
            for placement in placements(item, after.configuration):
                live = after.live.get((placement.node, name), EMPTY)
                found |= {Stirred(placement.node, Subject.STREAM, media) for media in live}
    return frozenset(found)
