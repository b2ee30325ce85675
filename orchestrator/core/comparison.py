"""How what is there differs from what is declared, and what can be done about it."""

from attrs import field, frozen

from orchestrator.core.json import Json
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rest import RestCall


@frozen
class Same:
    """What is there is what is declared, as far as that can be told."""


@frozen
class InPlace:
    """One call brings what is there nearer to what is declared, without interrupting it.

    `sent` are the fields that this call sets and that no listing shows.
    """

    fields: tuple[str, ...]
    call: RestCall
    sent: Map[str, Json] = field(default=EMPTY)


@frozen
class Different:
    """These fields differ, and only a new life of the thing can change them."""

    fields: tuple[str, ...]


@frozen
class Later:
    """These fields differ; they take effect with its next life, unless cutting it is asked for."""

    fields: tuple[str, ...]


@frozen
class Past:
    """It belongs to a stream that has ended and ends with it; another one may begin beside it."""


Comparison = Same | InPlace | Different | Later | Past
