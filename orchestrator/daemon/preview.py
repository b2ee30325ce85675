"""A plan without a daemon: what the log tells, what the documents say, what the nodes show.

Nothing is written and nothing but read-only methods is sent. Entries that a daemon would append are
folded and forgotten.
"""

from functools import partial

from attrs import define, field

from orchestrator.core.event import DaemonStarted, Entry, Event
from orchestrator.core.look import Glance, LastLook, news
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.resource import Kinds
from orchestrator.core.rest import Listing, listing
from orchestrator.core.world import Scope, World
from orchestrator.daemon.load import Documents
from orchestrator.daemon.load import news as news_of
from orchestrator.errors import NodeUnreachable, OutcomeUnknown, SecretMissing
from orchestrator.shell.secrets import Vault
from orchestrator.shell.wcs import Endpoint, NodeClient, network


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

    def read(self, documents: Documents) -> None:
        """Take documents as a daemon would."""
        self.fold(*news_of(self.world, documents, self.kinds))

    def trust(self) -> None:
        """Take every look as fresh, as far as there ever was one."""
        last = LastLook(self.world.position, self.now_ms, self.now_ms)
        self.looks = dict.fromkeys(self.world.fresh, last)

    async def look(self, documents: Documents, vault: Vault) -> None:
        """Look at every kind on every managed node; a failure is kept as the daemon keeps it."""
        self.fold(DaemonStarted("", 0))
        settings = documents.settings
        for name, node in sorted(settings.nodes.items()):
            if settings.configuration.nodes[name].retired:
                continue
            call_s = settings.configuration.timing.call_ms / 1000
            endpoint = Endpoint(name, node.url, node.username, node.tls_ca, call_s=call_s)
            password = partial(vault.resolved, node.password)
            client = NodeClient(endpoint, password, network(endpoint))
            try:
                for kind in self.kinds.values():
                    await self._look(client, vault, (name, kind.name))
            finally:
                await client.aclose()

    async def _look(self, client: NodeClient, vault: Vault, scope: Scope) -> None:
        began = LastLook(self.world.position, self.now_ms, self.now_ms)
        try:
            kind = self.kinds[scope[1]]
            read = listing(
                await client.look(kind.listing(self.world.node(scope[0]))), kind.identity
            )
        except (NodeUnreachable, OutcomeUnknown, SecretMissing) as error:
            self.looks[scope] = LastLook(failing_ms=self.now_ms, error=vault.redacted(str(error)))
            return
        if not isinstance(read, Listing):
            self.looks[scope] = LastLook(failing_ms=self.now_ms, error=vault.redacted(read.reason))
            return
        sealed = Listing(tuple(vault.sealer.object(item) for item in read.items))
        glance = Glance(scope[0], scope[1], sealed, began, self.now_ms, Map(self.looks))
        self.fold(*news(self.world, glance, self.kinds))
        self.looks[scope] = LastLook(self.world.position, self.now_ms, self.now_ms)
