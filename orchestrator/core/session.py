"""Clients of a node, as far as rules look at them: who connected, and what asks to be published."""

from attrs import frozen

from orchestrator.core.json import Json
from orchestrator.core.mapping import Map


@frozen
class Connection:
    """A session of a client, as it connected; `position` is that hook's."""

    body: Map[str, Json]
    position: int


@frozen
class Asking:
    """A stream that asks to be published, by what its hook says; `position` is that hook's."""

    fields: Map[str, Json]
    position: int
    at_ms: int
