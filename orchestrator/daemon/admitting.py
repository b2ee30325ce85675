"""Rules asked about hooks: decided on all that came before, written in one append with the hook.

A decision waits for nothing but the disk: it is made in memory, when the hook is on its way there.
"""

from collections.abc import Sequence

from attrs import define, field, frozen

from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import HookReceived
from orchestrator.core.http import Reply
from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rule import TABLES, WIDE, Around, Decision, Evaluate, Names, Scoped, Table
from orchestrator.core.seal import sealed_whole
from orchestrator.core.world import World
from orchestrator.daemon.memory import Memory
from orchestrator.expression import Scope, Verify, looked_at
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault, is_same
from orchestrator.web.admission import Decided, answered, decided, is_asked, reply


@frozen
class Answering:
    """A hook that is to be answered: its position, 0 where none was written, and what was decided.

    `found` None: no rule matched.
    """

    hook: HookReceived
    position: int = 0
    found: Decided | None = None


def scoped(vault: Vault) -> Scoped:
    """Return what gives names to expressions, where secrets are sealed by a vault."""
    return lambda names: Scope(names, is_same_secret(vault)).value


@define(eq=False)
class Scopes:
    """Gives names to expressions, hook after hook, of which tables stay what they were.

    To take tables in costs more than to ask fifty rules, so it is done once for as long as they are
    the same. Lists are none of what stays: they are fetched for each hook, if anything asks.
    """

    vault: Vault
    _tables: Map[str, Table] = EMPTY
    _kept: Scope | None = None

    def scoped(self, world: World) -> Scoped:
        """Return what gives names to expressions that are asked on this world."""
        if self._tables is not world.tables:
            self._tables, self._kept = world.tables, None
        return self._given

    def _given(self, names: Names) -> Evaluate:
        fresh, known = Scope(names, is_same_secret(self.vault)), frozenset(names)
        if self._kept is None:
            self._kept = Scope(names, is_same_secret(self.vault))
        others = {name: names[name] for name in names if name != TABLES}
        kept = self._kept.about(others)

        def value(text: str) -> Json:
            asked = looked_at(text, known)
            return (kept if TABLES in asked and not asked & WIDE else fresh).value(text)

        return value


def around(vault: Vault) -> Around:
    """Return what gives names to expressions that many subjects share, and each its own."""

    def share(names: Names) -> Scoped:
        scope = Scope(names, is_same_secret(vault))
        return lambda own: scope.about(own).value

    return share


def is_same_secret(vault: Vault) -> Verify:
    """Return what tells whether two texts are the same secret, sealed or not; "" is nobody's."""

    def is_same_secret(known: str, given: str) -> bool:
        seals = (sealed_whole(text, vault.seal) for text in (known, given))
        return bool(known) and is_same(*seals)

    return is_same_secret


@define(eq=False)
class Admission:
    """Asks the rules. `denied` counts, by rule, what they refused in this run."""

    memory: Memory
    log: Log
    vault: Vault
    denied: dict[str, int] = field(factory=dict)
    _scopes: Scopes = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._scopes = Scopes(self.vault)

    def passes(self, hook: HookReceived) -> bool:
        """Return whether no rule refuses a hook, so that there is nothing to be written."""
        found = self.found(hook)
        return found is None or found.decision is Decision.ALLOW

    def found(self, hook: HookReceived) -> Decided | None:
        """Return what rules decide on the world as it is on disk."""
        world = self.memory.world
        if not is_asked(world, hook):
            return None
        return decided(world, hook, self._scopes.scoped(world), self.memory.now_ms())

    async def append(self, hook: HookReceived) -> Answering:
        """Append a hook with what rules decide about it.

        Raises:
            LogRefused: neither is on disk.
        """
        fact = Fact(hook, actor=hook.node)
        if not is_asked(self.memory.world, hook):
            (entry,) = await self.log.append([fact])
            return Answering(hook, entry.position)
        found: Decided | None = None

        def made(pending: Sequence[Entry], at_ms: int) -> list[Fact]:
            nonlocal found
            world = self.memory.after(pending)
            found = decided(world, hook, self._scopes.scoped(world), at_ms)
            if found is None:
                return [fact]
            said = answered(hook, found, world.position)
            return [fact, Fact(said, world.position + 1, f"rule:{found.rule.name}")]

        entry, *_ = await self.log.append_made(made)
        return Answering(hook, entry.position, found)

    def reply(self, answering: Answering, base: Reply, echo: Reply) -> Reply:
        """Return the answer to a hook, and count it where a rule refuses."""
        found = answering.found
        if found is not None and found.decision is Decision.DENY:
            name = found.rule.name
            self.denied[name] = self.denied.get(name, 0) + 1
        return reply(self.memory.world, answering.hook, found, base, echo)
