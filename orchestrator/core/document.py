"""The events of documents: what was read and taken, and what was refused.

They stand in the log as all events do (`core.event`), whole, so that decisions can be replayed.
"""

from attrs import frozen

from orchestrator.core.configuration import Configuration
from orchestrator.core.resource import Key, Place, Resource
from orchestrator.core.rule import Rule, Subject, Table


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
class Ensured:
    """A rule wants these resources for a subject from now, until a time where `until_ms` says one.

    It stands for all that the rule wanted for it before; with no items nothing is wanted any more.
    `natural` is what a node knows the subject by, `about` what people do.
    """

    node: str
    rule: str
    place: Place
    each: Subject
    natural: str
    about: str
    items: tuple[Resource, ...] = ()
    until_ms: int = 0
    seen: int = 0


@frozen
class RulesLoaded:
    """Rule files were taken: each added or changed rule or table whole, names of removed ones.

    `ensured` is what follows at once: what the changed rules want now, and what is gone with them.
    """

    items: tuple[Rule, ...] = ()
    removed: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    tables_removed: tuple[str, ...] = ()
    ensured: tuple[Ensured, ...] = ()


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
