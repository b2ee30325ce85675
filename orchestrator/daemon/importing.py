"""What runs on a node and is declared nowhere, as it would have to be declared to stay as it is.

Only read-only methods are sent, and nothing is kept. Values are in clear here, keys in addresses
included: they are on their way into a document and into files of secrets.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from orchestrator.core.comparison import Same
from orchestrator.core.configuration import Configuration
from orchestrator.core.kind import Kind, LeftOut, Written
from orchestrator.core.mapping import EMPTY
from orchestrator.core.resource import Key, Place, Resource, Seen
from orchestrator.core.rest import Listing
from orchestrator.core.seal import MARK
from orchestrator.core.site import Site
from orchestrator.daemon.looking import listed_in_clear, sealed
from orchestrator.daemon.preview import Preview
from orchestrator.errors import NodeUnreachable
from orchestrator.shell.documents.resource import targets
from orchestrator.shell.documents.written import name_of, why_not
from orchestrator.shell.secrets import Vault
from orchestrator.shell.wcs import NodeClient

HIDDEN: Final = re.compile(rf"{MARK}[0-9a-f]{{16}}")
Found = Written[Any] | LeftOut


@frozen
class Imported:
    """A stranger's thing, with its specification, or with the reason why it has none.

    `name` is that of the resource, or what may be shown of what the node knows it by.
    """

    kind: str
    name: str
    found: Found


async def imported(
    preview: Preview, client: NodeClient, node: str, vault: Vault
) -> tuple[Imported, ...]:
    """Return all that is a stranger's on a node, by kind and name.

    Raises:
        NodeUnreachable: a list cannot be read, so nobody can say what is there.
    """
    lists: dict[str, Listing] = {}
    for kind in preview.kinds.values():
        found = await listed_in_clear(client, kind, preview.world.node(node), vault)
        if isinstance(found, str):
            raise NodeUnreachable(node, found)
        lists[kind.name] = found
        preview.take((node, kind.name), sealed(found, vault))
    return tuple(
        one
        for kind in preview.kinds.values()
        if kind.declared is not None
        for one in _of_kind(preview, kind, node, _strangers(preview, kind, node, lists, vault))
    )


def _strangers(
    preview: Preview, kind: Kind[Any], node: str, lists: Mapping[str, Listing], vault: Vault
) -> Iterator[tuple[str, Seen]]:
    """Yield what is listed, not ours, and not where something that is declared should be.

    With each goes what may be shown of its natural key.
    """
    world, declared = preview.world, kind.declarable
    site = world.site(node)
    claimed = {
        natural
        for placement, wanted in world.wanted.items()
        if (placement.node, placement.key.kind) == (node, kind.name)
        for natural in declared.naturals(wanted.spec, site)
    }
    in_clear = lists[kind.name]
    for item, as_kept in zip(in_clear.items, sealed(in_clear, vault).items, strict=True):
        seen, kept = kind.parse(item), kind.parse(as_kept)
        if seen is None or kept is None or kept.natural in claimed:
            continue
        thing = world.thing(node, kind.name, kept.natural)
        if thing is None or thing.owner is None:
            yield HIDDEN.sub("/…", kept.natural), seen


def _of_kind(
    preview: Preview, kind: Kind[Any], node: str, strangers: Iterator[tuple[str, Seen]]
) -> list[Imported]:
    """Return them under names that nothing else of the kind has, in the order of these names."""
    world = preview.world
    found: list[tuple[str, str, str, Found]] = []
    for shown, seen in strangers:
        written = _written(kind, seen, world.site(node), world.configuration)
        if written is not None:
            hint = name_of(written.name, kind.name) if isinstance(written, Written) else shown
            found.append((hint, seen.natural, shown, written))
    taken = {key.name for key in world.declared if key.kind == kind.name}
    claims: dict[str, str] = {}
    rows: list[Imported] = []
    for hint, _, shown, one in sorted(found, key=lambda row: row[:2]):
        name = _unique(hint, taken)
        rival = _rival(kind, name, one, node, claims, world.configuration)
        if rival or isinstance(one, LeftOut):
            reason = f"it has the same target as {rival}, as far as the list tells"
            rows.append(Imported(kind.name, shown, LeftOut(reason) if rival else one))
        else:
            taken.add(name)
            rows.append(Imported(kind.name, name, one))
    return rows


def _written(kind: Kind[Any], seen: Seen, site: Site, configuration: Configuration) -> Found | None:
    """Return how it has to be declared; only what is then taken as it is, without any call."""
    declared, nodes = kind.declarable, configuration.nodes
    written = declared.declared_as(seen, site)
    if not isinstance(written, Written):
        return written
    if why := why_not(written.spec) or declared.fault(written.spec, nodes):
        return LeftOut(why)
    spec = declared.named(written.spec, written.name, nodes)
    compared = [declared.compare(spec, seen, sent, site) for sent in (declared.sent(spec), EMPTY)]
    if compared != [Same(), Same()]:
        return LeftOut("as it is listed, it would not count as running as declared")
    return evolve(written, spec=spec)


def _rival(
    kind: Kind[Any],
    name: str,
    found: Found,
    node: str,
    claims: dict[str, str],
    configuration: Configuration,
) -> str:
    """Return who has its target already, "" for nobody: documents refuse two of those."""
    if isinstance(found, LeftOut):
        return ""
    resource = Resource(Key(kind.name, name), found.spec, Place("", 1, 1), node=node)
    effective = targets(resource, found.spec, kind, configuration)
    rival = next((claims[target] for target in effective if target in claims), "")
    if not rival:
        claims.update(dict.fromkeys(effective, str(resource.key)))
    return rival


def _unique(name: str, taken: Container[str]) -> str:
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name}-{number}"
    return unique
