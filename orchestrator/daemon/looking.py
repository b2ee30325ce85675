"""Looking at a node: its client, and the complete list of a kind, sealed, or why there is none."""

from functools import partial
from typing import Any

from orchestrator.core.configuration import Node
from orchestrator.core.json import JsonObject
from orchestrator.core.kind import Kind
from orchestrator.core.rest import Listing, listing
from orchestrator.errors import NodeUnreachable, OutcomeUnknown, SecretMissing
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import NodeSettings
from orchestrator.shell.wcs import Endpoint, NodeClient, network


def client_of(name: str, node: NodeSettings, call_ms: int, vault: Vault) -> NodeClient:
    """Return a client for a node as it is configured; its password is read when it is used."""
    endpoint = Endpoint(
        node=name,
        url=node.url,
        username=node.username,
        ca=node.tls_ca,
        parallel=node.parallel,
        per_second=node.per_second,
        call_s=call_ms / 1000,
    )
    return NodeClient(endpoint, partial(vault.resolved, node.password), network(endpoint))


async def listed(client: NodeClient, kind: Kind[Any], node: Node, vault: Vault) -> Listing | str:
    """Return all of a kind on a node, or why that cannot be said; no secret is in either."""
    items: list[JsonObject] = []
    for call in kind.listings(node):
        try:
            reply = await client.look(call)
        except (NodeUnreachable, OutcomeUnknown, SecretMissing) as error:
            return vault.redacted(str(error))
        read = listing(reply, kind.identity)
        if not isinstance(read, Listing):
            return vault.redacted(f"{call.path}: {read.reason}")
        items += (vault.sealer.object(item) for item in read.items)
    return Listing(tuple(items))
