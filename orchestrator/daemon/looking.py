"""Looking at a node: its client, and the complete list of a kind, sealed, or why there is none."""

from functools import partial
from typing import Any

from attrs import evolve

from orchestrator.core.configuration import Node
from orchestrator.core.json import JsonObject, freeze_object
from orchestrator.core.kind import Kind
from orchestrator.core.mapping import EMPTY, Map
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
    found = await listed_in_clear(client, kind, node, vault)
    return found if isinstance(found, str) else sealed(found, vault)


def sealed(found: Listing, vault: Vault) -> Listing:
    """Return the same list, fit to be kept."""
    return evolve(found, items=tuple(vault.guard.object(item) for item in found.items))


async def listed_in_clear(
    client: NodeClient, kind: Kind[Any], node: Node, vault: Vault
) -> Listing | str:
    """Return all of a kind on a node as it is, keys in addresses included, or why it cannot."""
    items: list[JsonObject] = []
    for call in kind.listings(node):
        try:
            reply = await client.look(call)
        except (NodeUnreachable, OutcomeUnknown, SecretMissing) as error:
            return vault.redacted(str(error))
        read = listing(reply, kind.identity)
        if not isinstance(read, Listing):
            return vault.redacted(f"{call.path}: {read.reason}")
        items += (freeze_object(item) for item in read.items)
    return Listing(tuple(items), await _measured(client, kind))


async def _measured(client: NodeClient, kind: Kind[Any]) -> Map[str, int]:
    """Return how far the media of each thing has come; what cannot be measured is left out."""
    if kind.measure is None:
        return EMPTY
    try:
        read = listing(await client.look(kind.measure), kind.identity)
    except (NodeUnreachable, OutcomeUnknown, SecretMissing):
        return EMPTY
    found: dict[str, int] = {}
    for item in read.items if isinstance(read, Listing) else ():
        seen, come = kind.parse(item), kind.progress(item)
        if seen is not None and come is not None:
            found[seen.natural] = come
    return Map(found)
