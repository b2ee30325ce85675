"""Past events through other documents: which decisions and actions would have differed.

Two shadows go along the log, one under the documents that it has, one under the others. A decision
is compared with the one that was made. Of actions it is compared what would have been there: what
is wanted, once the streams that it reads are.
"""

from collections.abc import Iterable, Iterator

from attrs import define, field, frozen

from orchestrator.codec import Codec
from orchestrator.core.entry import Entry
from orchestrator.core.event import Event, HookAnswered, HookReceived, RuleFired
from orchestrator.core.json import Json, thaw
from orchestrator.core.kind import Kinds, Source
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import Placement
from orchestrator.core.rule import CALL, Decision
from orchestrator.core.sources import lacking
from orchestrator.core.subject import subject_of
from orchestrator.core.world import World
from orchestrator.daemon.admitting import scoped
from orchestrator.daemon.asking import deriver_of
from orchestrator.daemon.firing import asker_of
from orchestrator.daemon.shadow import Said, Shadow
from orchestrator.shell.secrets import Vault
from orchestrator.web.admission import Decided


@frozen
class Difference:
    """What would have been otherwise at a position: `before` in the log, `after` by the others."""

    resource: str
    node: str
    at: int
    before: Json
    after: Json

    @property
    def change(self) -> str:
        """Return whether it would have been added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def told(self) -> Json:
        """Return this as `backtest -o json` has it."""
        return {
            "change": self.change,
            "resource": self.resource,
            "node": self.node,
            "at": self.at,
            "before": self.before,
            "after": self.after,
        }


@define(eq=False)
class Backtest:
    """Two shadows of one log, and how they differ."""

    past: Shadow
    other: Shadow
    codec: Codec
    kinds: Kinds
    decisions: list[Difference] = field(factory=list)
    actions: list[Difference] = field(factory=list)
    _asked: tuple[Entry, Decided | None] | None = None
    _differing: dict[Placement, tuple[Json, Json]] = field(factory=dict)

    def run(self, entries: Iterable[Entry]) -> None:
        """Go along the log, from what the documents want before anything comes."""
        self._compare({*self.past.world.wanted, *self.other.world.wanted})
        for entry in entries:
            self._take(entry)
        self._settle(None)

    def _take(self, entry: Entry) -> None:
        self._settle(entry)
        past, other = self.past.take(entry), self.other.take(entry)
        if isinstance(entry.event, HookReceived):
            self._asked = (entry, other.decided)
        self._compare(past.concerned | other.concerned)
        self._compare_done(entry, past, other)

    def _settle(self, entry: Entry | None) -> None:
        """Compare what is decided about the last hook with what was, which follows it at once."""
        if self._asked is None:
            return
        asked, decided = self._asked
        self._asked = None
        made = entry.event if entry is not None and entry.cause == asked.position else None
        is_by_rule = isinstance(made, HookAnswered) and bool(made.rule)
        before = _made(made) if isinstance(made, HookAnswered) and is_by_rule else None
        after = _decided(decided)
        if _outcome(before) != _outcome(after):
            about, node = subject_of(asked.event), getattr(asked.event, "node", "")
            self.decisions.append(Difference(about, node, asked.position, before, after))

    def _compare(self, placements: Iterable[Placement]) -> None:
        for placement in sorted(placements):
            pair = (self._due(self.past.world, placement), self._due(self.other.world, placement))
            if pair[0] == pair[1]:
                self._differing.pop(placement, None)
            elif pair != self._differing.get(placement):
                self._differing[placement] = pair
                at = self.past.world.position
                self.actions.append(Difference(str(placement.key), placement.node, at, *pair))

    def _due(self, world: World, placement: Placement) -> Json:
        """Return what is to be there, None where nothing is wanted or it would still wait."""
        resource = world.wanted.get(placement)
        if resource is None:
            return None
        needs = self.kinds[placement.key.kind].declarable.needs(resource.spec)
        missing = lacking(world, placement.node, needs)
        if not all(_is_wanted(world, placement.node, source) for source in missing):
            return None
        return self.codec.plain(resource.spec)

    def _compare_done(self, entry: Entry, past: Said, other: Said) -> None:
        """Compare what rules do upon an entry."""
        before, after = list(map(_done, past.fired)), list(map(_done, other.fired))
        for one in list(before):
            if one in after:
                before.remove(one)
                after.remove(one)
        node = getattr(entry.event, "node", "")
        for done, is_before in (*((one, True) for one in before), *((one, False) for one in after)):
            for resource in _resources(done):
                pair = (done, None) if is_before else (None, done)
                self.actions.append(Difference(resource, node, entry.position, *pair))


def backtest_of(
    world: World, loaded: Iterable[Event], codec: Codec, vault: Vault, kinds: Kinds
) -> Backtest:
    """Return a backtest from a world on, in which the loaded documents stand for those of then."""
    loaded = tuple(loaded)

    def shadow(*ignored: type[Event]) -> Shadow:
        tools = (deriver_of(vault, kinds), asker_of(vault, codec, kinds), scoped(vault))
        return Shadow(world, kinds, *tools, ignored)

    past, other = shadow(), shadow(*map(type, loaded))
    past.load(())
    other.load(loaded)
    return Backtest(past, other, codec, kinds)


def _is_wanted(world: World, node: str, source: Source) -> bool:
    """Return whether something that is wanted makes a stream, though it never was there."""
    return bool(world.publishers.get((source.node or node, source.stream), EMPTY))


def _made(answered: HookAnswered) -> dict[str, Json]:
    fields = thaw(answered.overwrite)
    return {"decision": answered.decision, "rule": answered.rule, "overwrite": fields}


def _decided(found: Decided | None) -> Json:
    if found is None:
        return None
    fields = thaw(found.overwrite)
    return {"decision": found.decision.value, "rule": found.rule.name, "overwrite": fields}


def _outcome(decision: Json) -> tuple[Json, Json]:
    """Return what comes of a decision, whoever made it; without one it is allowed as it is."""
    if not isinstance(decision, dict):
        return (Decision.ALLOW.value, {})
    return (decision["decision"], decision["overwrite"])


def _done(fired: RuleFired) -> dict[str, Json]:
    done: dict[str, Json] = {"rule": fired.rule, "verb": fired.verb, "error": fired.error}
    return {**done, "arguments": thaw(fired.arguments)}


def _resources(done: dict[str, Json]) -> Iterator[str]:
    """Yield what a rule does something to; the rule itself where that is no resource."""
    arguments = done["arguments"]
    assert isinstance(arguments, dict), "those of a verb"
    if done["verb"] == CALL or not arguments.get("resources"):
        yield f"rule/{done['rule']}"
        return
    yield from arguments["resources"]
