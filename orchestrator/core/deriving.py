"""What rules want for their subjects: from the world and an evaluation to what is news.

A rule holds for a subject, or it does not, or that cannot be told: then what it wanted stays as it
was, since nothing that fails may end anything. What is wanted no more lingers, and goes once a look
agrees that the subject is gone (`overdue`).
"""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import define, field

from orchestrator.core.configuration import Configuration
from orchestrator.core.document import Ensured, RulesLoaded
from orchestrator.core.entry import Fact
from orchestrator.core.filling import filled, holds
from orchestrator.core.ground import Ground, Standing
from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.kind import Kinds
from orchestrator.core.lineage import LEFT_MS, origin_of
from orchestrator.core.linger import gone, is_managed
from orchestrator.core.mapping import EMPTY
from orchestrator.core.project import ahead
from orchestrator.core.reference import guarded, with_references
from orchestrator.core.resource import Resource
from orchestrator.core.rule import SECRET, Around, Each, Scoped, Subject
from orchestrator.core.scope import body_of, names_about, names_around, subjects
from orchestrator.core.subject import subject
from orchestrator.core.world import STREAM, World
from orchestrator.errors import ExpressionFailed

RESTING: Final = ("observed", "connections", "configuration", "tables")
"""The members of the world that what is around a subject rests on."""
ENSURED_MAX: Final = 1_000  # grounds of one rule on one node

Make = Callable[[Configuration, Each, str, Json], tuple[Resource, ...]]
"""From a rule, a node and a filled template to resources; raises `ExpressionFailed`."""


@define(eq=False)
class Deriver:
    """Asks rules about subjects.

    `around` evaluates, and `make` reads what comes of a template. What is around many subjects is
    given to the evaluation once.
    """

    around: Around
    make: Make
    kinds: Kinds
    _last: tuple[str, str, World, Scoped] | None = field(default=None, init=False)

    def derived(self, world: World, ground: Ground, now_ms: int) -> Ensured | None:
        """Return what a rule has to say of a subject that it has not said, None for nothing.

        Raises:
            ExpressionFailed: it cannot be told; what it wanted stays.
        """
        rule, standing = world.rules.get(ground.rule), world.grounds.get(ground)
        if not isinstance(rule, Each) or rule.each is not ground.each:
            return gone(world, ground, standing)
        items = self._items(world, rule, ground, now_ms)
        if items is None:
            return _lingering(world, rule, ground, standing, now_ms)
        if standing is not None and (standing.items, standing.until_ms) == (items, 0):
            return None
        if standing is None and _is_full(world, ground):
            message = f"it holds for {ENSURED_MAX} subjects of {ground.node} already: split it"
            raise ExpressionFailed(message)
        about = _about(ground, body_of(world, ground) or EMPTY)
        return _said(world, rule, ground, about, items, 0)

    def at_once(self, world: World, names: frozenset[str], now_ms: int) -> Iterator[Ensured]:
        """Yield what follows from documents that changed, without any lingering.

        What is not there any more lingers all the same: no document says that.
        """
        for name in sorted(names):
            for ground in grounds(world, name):
                try:
                    found = self.derived(world, ground, now_ms)
                except ExpressionFailed:
                    continue  # as it was: the loop that asks again says so
                if found is not None and found.until_ms:
                    found = gone(world, ground, world.grounds[ground])
                    if is_managed(world, ground.node) and body_of(world, ground) is None:
                        continue
                if found is not None:
                    world = ahead(world, [Fact(found)], self.kinds)
                    yield found

    def _items(
        self, world: World, rule: Each, ground: Ground, now_ms: int
    ) -> tuple[Resource, ...] | None:
        """Return what a rule wants for a subject, None where it does not hold."""
        body = body_of(world, ground) if is_managed(world, ground.node) else None
        if body is None or self._is_left_out(world, rule, ground, now_ms):
            return None
        scoped = self._scoped(world, ground.node, ground.rule)
        evaluate = scoped(names_about(world, ground, body, now_ms))
        if not holds(rule.where, evaluate):
            return None
        wanted = with_references(filled(rule.ensure, guarded(evaluate)))
        return self.make(world.configuration, rule, ground.node, wanted)

    def _scoped(self, world: World, node: str, rule: str) -> Scoped:
        """Return what gives a subject its names, with those around it as they were last, if so."""
        last = self._last
        if last is None or last[:2] != (node, rule) or not _is_alike(last[2], world):
            last = (node, rule, world, self.around(names_around(world, node, rule)))
            self._last = last
        return last[3]

    def _is_left_out(self, world: World, rule: Each, ground: Ground, now_ms: int) -> bool:
        """Return whether a rule does not hold for a stream because of who makes it."""
        if ground.each is not Subject.STREAM:
            return False
        found = origin_of(world, ground.node, ground.natural, self.kinds)
        if found is not None and found.is_left:
            return self._is_left(world, ground, now_ms)
        if found is None or not rule.made or rule.name in found.makers:
            return found is not None
        if rule.name in found.before:
            others = ", ".join(one for one in found.before if one != rule.name)
            raise ExpressionFailed(f"with {others} it would go round for ever: leave out `made`")
        return False

    def _is_left(self, world: World, ground: Ground, now_ms: int) -> bool:
        """Return that a stream is no leftover since it has outlived all of these.

        Raises:
            ExpressionFailed: it cannot be told yet.
        """
        thing = world.thing(ground.node, STREAM, ground.natural)
        assert thing is not None, "its body was asked for"
        if now_ms - thing.at_ms <= LEFT_MS:
            message = "what a rule made lately has that name: asked again once it is surely gone"
            raise ExpressionFailed(message)
        return False


def grounds(world: World, rule: str, node: str = "") -> list[Ground]:
    """Return all that a rule holds for, or might; on one node, if one is named."""
    known = {scope[1] for scope in world.ensuring if scope[0] == rule}
    nodes = (node,) if node else sorted({*known, *world.configuration.nodes})
    return sorted(ground for one in nodes for ground in _grounds_on(world, rule, one))


def concerned(before: World, after: World, loaded: RulesLoaded) -> frozenset[str]:
    """Return the rules that documents may have say something else.

    Those that changed or are gone, all where nodes changed, those that look at tables where these
    changed, and those with secrets, whose values may be others now.
    """
    names = {rule.name for rule in loaded.items} | set(loaded.removed)
    if before.configuration.nodes != after.configuration.nodes:
        return frozenset({*names, *after.deriving})
    are_tables = bool(loaded.tables or loaded.tables_removed)
    stale = {SECRET, "tables"} if are_tables else {SECRET}
    return frozenset(
        {*names, *(one for one in after.deriving if stale & {*after.rules[one].names})}
    )


def _grounds_on(world: World, name: str, node: str) -> frozenset[Ground]:
    found = frozenset(world.ensuring.get((name, node), EMPTY))
    rule = world.rules.get(name)
    if not isinstance(rule, Each) or node not in world.configuration.nodes:
        return found
    might = subjects(world, node, rule.each)
    return found | {Ground(name, node, rule.each, natural) for natural in might}


def _is_alike(one: World, other: World) -> bool:
    """Return whether all that is around any subject is the same in two worlds."""
    return all(getattr(one, name) is getattr(other, name) for name in RESTING)


def _is_full(world: World, ground: Ground) -> bool:
    """Return whether a rule holds for as much as it may on a node; what lingers does not count."""
    held = world.ensuring.get((ground.rule, ground.node), EMPTY)
    if len(held) < ENSURED_MAX:
        return False
    lingering = world.lingering.get(ground.node, EMPTY)
    return sum(one not in lingering for one in held) >= ENSURED_MAX


def _lingering(
    world: World, rule: Each, ground: Ground, standing: Standing | None, now_ms: int
) -> Ensured | None:
    if standing is None or standing.until_ms:
        return None
    until_ms = now_ms + max(1, rule.linger_ms)
    return _said(world, rule, ground, standing.about, standing.items, until_ms)


def _said(
    world: World, rule: Each, ground: Ground, about: str, items: tuple[Resource, ...], until_ms: int
) -> Ensured:
    return Ensured(
        ground.node, rule.name, rule.place, ground.each, ground.natural, about, items, until_ms,
        world.position,
    )  # fmt: skip


def _about(ground: Ground, body: JsonObject) -> str:
    """Return a subject as people select it; a stream by its name."""
    name = text(body, "name") if ground.each is Subject.STREAM else ground.natural
    return subject(ground.each.value, name or ground.natural)
