"""What rules want for their subjects: from the world and an evaluation to what is news.

A rule holds for a subject, or it does not, or that cannot be told: then what it wanted stays as it
was, since nothing that fails may end anything. What is wanted no more lapses, and goes once looks
agree that the subject is gone (`overdue`).
"""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import define

from orchestrator.core.configuration import Configuration
from orchestrator.core.document import Ensured, RulesLoaded
from orchestrator.core.ground import Ground, Standing
from orchestrator.core.json import Json, JsonObject, text, texts
from orchestrator.core.kind import Kinds
from orchestrator.core.lineage import origin_of
from orchestrator.core.look import NEVER_LOOKED, Looks
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import Resource
from orchestrator.core.rule import REFERENCE, Each, Evaluate, Scoped, Subject, expressions, filled
from orchestrator.core.scope import body_of, names_about, subjects
from orchestrator.core.seal import has_seal
from orchestrator.core.subject import subject
from orchestrator.core.world import World
from orchestrator.errors import ExpressionFailed

ENSURED_MAX: Final = 1_000  # grounds of one rule on one node

Make = Callable[[Configuration, Each, str, Json], tuple[Resource, ...]]
"""From a rule, a node and a filled template to resources; raises `ExpressionFailed`."""


@define(eq=False)
class Deriver:
    """Asks rules about subjects.

    `scoped` evaluates, `make` reads what comes of a template, and `looks` tells the names that an
    expression looks at.
    """

    scoped: Scoped
    make: Make
    looks: Callable[[str], frozenset[str]]
    kinds: Kinds

    def names(self, rule: Each) -> frozenset[str]:
        """Return the names that a rule looks at."""
        asked = [one for one in expressions(rule.ensure) if not one.startswith(REFERENCE)]
        return frozenset(name for text in (rule.where, *asked) for name in self.looks(text))

    def concerned(self, world: World, loaded: RulesLoaded) -> frozenset[str]:
        """Return the rules that say something else since rules or tables have changed."""
        names = {rule.name for rule in loaded.items} | set(loaded.removed)
        if loaded.tables or loaded.tables_removed:
            rules = (world.rules[name] for name in world.deriving)
            names |= {
                one.name for one in rules if isinstance(one, Each) and "tables" in self.names(one)
            }
        return frozenset(names)

    def derived(self, world: World, ground: Ground, now_ms: int) -> Ensured | None:
        """Return what a rule has to say of a subject that it has not said, None for nothing.

        Raises:
            ExpressionFailed: it cannot be told; what it wanted stays.
        """
        rule, standing = world.rules.get(ground.rule), world.grounds.get(ground)
        if not isinstance(rule, Each) or rule.each is not ground.each:
            return _gone(world, ground, standing)
        items = self._items(world, rule, ground, now_ms)
        if items is None:
            return _lapsing(world, rule, ground, standing, now_ms)
        if standing is not None and (standing.items, standing.until_ms) == (items, 0):
            return None
        held = world.ensuring.get((rule.name, ground.node), EMPTY)
        if standing is None and len(held) >= ENSURED_MAX:
            message = f"it holds for {ENSURED_MAX} subjects of {ground.node} already: split it"
            raise ExpressionFailed(message)
        about = _about(ground, body_of(world, ground) or EMPTY)
        return _said(world, rule, ground, about, items, 0)

    def at_once(self, world: World, names: frozenset[str], now_ms: int) -> Iterator[Ensured]:
        """Yield what follows from rules that are new, changed or gone, without any lingering."""
        for name in sorted(names):
            rule = world.rules.get(name)
            known = {
                one for scope in world.ensuring if scope[0] == name for one in world.ensuring[scope]
            }
            if isinstance(rule, Each):
                known |= {
                    Ground(name, node, rule.each, natural)
                    for node in world.configuration.nodes
                    for natural in subjects(world, node, rule.each)
                }
            for ground in sorted(known):
                try:
                    found = self.derived(world, ground, now_ms)
                except ExpressionFailed:
                    continue  # as it was: the loop that asks again says so
                if found is not None and found.until_ms:
                    found = _gone(world, ground, world.grounds[ground])
                if found is not None:
                    yield found

    def _items(
        self, world: World, rule: Each, ground: Ground, now_ms: int
    ) -> tuple[Resource, ...] | None:
        """Return what a rule wants for a subject, None where it does not hold."""
        body = body_of(world, ground)
        if body is None or self._is_left_out(world, rule, ground):
            return None
        evaluate = self.scoped(names_about(world, ground, body, now_ms))
        holds = evaluate(rule.where)
        if not isinstance(holds, bool):
            raise ExpressionFailed("`where` is neither true nor false")
        if not holds:
            return None
        nodes = world.configuration
        return self.make(nodes, rule, ground.node, filled(rule.ensure, _guarded(evaluate)))

    def _is_left_out(self, world: World, rule: Each, ground: Ground) -> bool:
        """Return whether a rule does not hold for a stream because of who makes it."""
        if ground.each is not Subject.STREAM:
            return False
        found = origin_of(world, ground.node, ground.natural, self.kinds)
        if found is None or found.is_left or not rule.made or rule.name in found.makers:
            return found is not None
        if rule.name in found.before:
            others = ", ".join(one for one in found.before if one != rule.name)
            raise ExpressionFailed(f"with {others} it would go round for ever: leave out `made`")
        return False


def overdue(world: World, looks: Looks, now_ms: int) -> Iterator[Ensured]:
    """Yield what goes now: its time is over, and a look since has not brought it back."""
    for ground in sorted(world.lapsing):
        standing = world.grounds[ground]
        if standing.until_ms <= now_ms and _is_seen(world, ground, standing, looks):
            found = _gone(world, ground, standing)
            assert found is not None, "it stands"
            yield found


def _is_seen(world: World, ground: Ground, standing: Standing, looks: Looks) -> bool:
    """Return whether its node was looked at since its time is over, and could be believed."""
    if ground.node in world.lost:
        return False
    scope = (ground.node, ground.each.kind)
    last = looks.get(scope, NEVER_LOOKED)
    return scope not in world.cliffs and not last.failing_ms and last.at_ms >= standing.until_ms


def _lapsing(
    world: World, rule: Each, ground: Ground, standing: Standing | None, now_ms: int
) -> Ensured | None:
    if standing is None or standing.until_ms:
        return None
    until_ms = now_ms + max(1, rule.linger_ms)
    return _said(world, rule, ground, standing.about, standing.items, until_ms)


def _gone(world: World, ground: Ground, standing: Standing | None) -> Ensured | None:
    if standing is None:
        return None
    rule = world.rules.get(ground.rule)
    place = rule.place if rule is not None else standing.items[0].place
    return Ensured(
        ground.node, ground.rule, place, ground.each, ground.natural, standing.about,
        seen=world.position,
    )  # fmt: skip


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


def _guarded(evaluate: Evaluate) -> Evaluate:
    """Return an evaluation for templates: references to secrets stay, and none comes in from out.

    What a client names must never be read as a reference, and a sealed value would be written out
    as if it were the value itself.
    """

    def value(text: str) -> Json:
        if text.startswith(REFERENCE):
            return f"${{{text}}}"
        found = evaluate(text)
        if has_seal(found):
            raise ExpressionFailed("a sealed value cannot stand in what is to be there")
        if _has_reference(found):
            raise ExpressionFailed("a value with “${” cannot stand in what is to be there")
        return found

    return value


def _has_reference(value: Json) -> bool:
    return any("${" in one for one in texts(value))
