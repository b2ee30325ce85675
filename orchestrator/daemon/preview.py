"""A plan without a daemon: what the log tells, what the documents say, what the nodes show.

Nothing is written and nothing but read-only methods is sent. Entries that a daemon would append are
folded and forgotten.
"""

from attrs import define, field

from orchestrator.core.entry import Entry
from orchestrator.core.event import DaemonStarted, Event
from orchestrator.core.kind import Kinds
from orchestrator.core.look import Glance, LastLook, all_fresh, news
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.rest import Listing
from orchestrator.core.world import Scope, World
from orchestrator.daemon.asking import all_derived, deriver_of
from orchestrator.daemon.load import Documents
from orchestrator.daemon.load import news as news_of
from orchestrator.daemon.looking import client_of, listed
from orchestrator.shell.secrets import Vault
from orchestrator.shell.wcs import NodeClient


@define(eq=False)
class Preview:
    """A world that goes on from the log's, in memory only."""

    world: World
    kinds: Kinds
    now_ms: int
    looks: dict[Scope, LastLook] = field(factory=dict)

    def fold(self, *events: Event) -> None:
        """Take events as if they stood in the log."""
        for event in events:
            entry = Entry(self.world.position + 1, self.now_ms, 0, "", event)
            self.world = project(self.world, entry, self.kinds)

    def read(self, documents: Documents, vault: Vault) -> None:
        """Take documents as a daemon would."""
        deriver = deriver_of(vault, self.kinds)
        self.fold(*news_of(self.world, documents, self.kinds, deriver, self.now_ms))

    def ensure(self, vault: Vault) -> None:
        """Take what rules want now for all that is known, as a daemon would have done."""
        self.fold(*all_derived(self.world, deriver_of(vault, self.kinds), self.now_ms))

    def trust(self) -> None:
        """Take every look as fresh, as far as there ever was one."""
        self.looks = dict(all_fresh(self.world, self.now_ms))

    async def look(self, documents: Documents, vault: Vault) -> None:
        """Look at every kind on every managed node; a failure is kept as the daemon keeps it."""
        self.fold(DaemonStarted("", 0))
        settings = documents.settings
        for name, node in sorted(settings.nodes.items()):
            if settings.configuration.nodes[name].retired:
                continue
            client = client_of(name, node, settings.configuration.timing.call_ms, vault)
            try:
                for kind in self.kinds.values():
                    await self._look(client, vault, (name, kind.name))
            finally:
                await client.aclose()
        self.ensure(vault)

    async def _look(self, client: NodeClient, vault: Vault, scope: Scope) -> None:
        found = await listed(client, self.kinds[scope[1]], self.world.node(scope[0]), vault)
        self.take(scope, found)

    def take(self, scope: Scope, found: Listing | str) -> None:
        """Take what a look at a kind on a node has shown, or why it failed."""
        began = LastLook(self.world.position, self.now_ms, self.now_ms)
        if not isinstance(found, Listing):
            self.looks[scope] = LastLook(failing_ms=self.now_ms, error=found)
            return
        glance = Glance(scope[0], scope[1], found, began, self.now_ms, Map(self.looks))
        self.fold(*news(self.world, glance, self.kinds))
        self.looks[scope] = LastLook(self.world.position, self.now_ms, self.now_ms)
