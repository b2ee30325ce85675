"""The events of documents: what was read and taken, and what was refused.

They stand in the log as all events do (`core.event`), whole, so that decisions can be replayed.
"""

from attrs import frozen

from orchestrator.core.configuration import Configuration
from orchestrator.core.resource import Key, Place, Resource
from orchestrator.core.rule import Admit, Table


@frozen
class ConfigurationLoaded:
    """orchestrator.yaml was taken; this is what decisions rest on from now."""

    configuration: Configuration
    place: Place


@frozen
class Moved:
    """A resource has another name from now, and is the same."""

    old: Key
    new: Key


@frozen
class StateLoaded:
    """State files were taken: each added or changed item whole, and the names of removed ones.

    Renamed ones are neither: what runs under the old name goes on under the new one.
    """

    items: tuple[Resource, ...]
    removed: tuple[Key, ...] = ()
    moved: tuple[Moved, ...] = ()


@frozen
class RulesLoaded:
    """Rule files were taken: each added or changed rule or table whole, names of removed ones."""

    items: tuple[Admit, ...] = ()
    removed: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    tables_removed: tuple[str, ...] = ()


@frozen
class DocumentRejected:
    """A file was refused; its last good version stays in force."""

    file: str
    line: int
    column: int
    message: str


@frozen
class DocumentAccepted:
    """A file that had been refused is well again."""

    file: str
