"""What carries an event: the fact that is to be appended, and the entry that the log made of it."""

from typing import Final

from attrs import frozen

from orchestrator.core.event import Event

DAEMON: Final = "orchestrator"
"""The actor of what nobody asked for."""


@frozen
class Fact:
    """An event that is not in the log yet. `cause` 0: nothing in the log caused it."""

    event: Event
    cause: int = 0
    actor: str = DAEMON


@frozen
class Entry:
    """An event in the log: its position from 1, and its time in Unix milliseconds, UTC."""

    position: int
    at_ms: int
    cause: int
    actor: str
    event: Event
