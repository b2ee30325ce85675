"""What asks rules about their subjects: the core's deriver, with CEL, secrets and documents."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from orchestrator.core.configuration import Configuration
from orchestrator.core.deriving import Deriver, grounds
from orchestrator.core.document import Ensured
from orchestrator.core.entry import Fact
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.project import ahead
from orchestrator.core.resource import Resource
from orchestrator.core.rule import Each
from orchestrator.core.world import World
from orchestrator.daemon.admitting import around
from orchestrator.errors import ExpressionFailed
from orchestrator.shell.documents.template import Maker
from orchestrator.shell.secrets import Vault


def deriver_of(vault: Vault, kinds: Kinds) -> Deriver:
    """Return what asks rules, with the secrets of a vault."""

    def made(
        configuration: Configuration, rule: Each, node: str, filled: Json
    ) -> tuple[Resource, ...]:
        return Maker(Path(), configuration, vault, kinds).resources(rule, node, filled)

    return Deriver(around(vault), made, kinds)


def all_derived(world: World, deriver: Deriver, now_ms: int) -> Iterator[Ensured]:
    """Yield all that is news about all that there is; what cannot be told stays as it was."""
    for name in world.deriving:
        for ground in grounds(world, name):
            with suppress(ExpressionFailed):
                found = deriver.derived(world, ground, now_ms)
                if found is not None:
                    world = ahead(world, [Fact(found)], deriver.kinds)
                    yield found
