"""One call of the REST API, and what a method of it is.

A group of methods is a file with a table `METHODS`; `rest` routes by these tables and knows no
group. To add a group, write such a file and name it in `rest.GROUPS`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from orchestrator.emulator.media import Media
from orchestrator.emulator.node import Cause
from orchestrator.emulator.settings import Settings


def _everywhere(_: Settings) -> bool:
    return True


class Refusal(Exception):
    """A method answers with an error."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status, words)
        self.status = status
        self.words = words


@frozen
class Call:
    """One call: fields of its body, and who makes it."""

    path: str
    body: Mapping[str, Any]
    cause: Cause

    def text(self, name: str) -> str:
        """Return a field as text, empty when it is missing or null."""
        value = self.body.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool | None:
        """Return a boolean, which may come as text; None when it is missing or null."""
        match self.body.get(name):
            case None:
                return None
            case bool(value):
                return value
            case str(value) if value.lower() in {"true", "false"}:
                return value.lower() == "true"
            case other:
                raise Refusal(500, f"Cannot deserialize {name} from {other!r}")

    def object(self, name: str) -> Mapping[str, Any]:
        """Return a field that is an object, empty when it is missing or null."""
        value = self.body.get(name) or {}
        if not isinstance(value, dict):
            raise Refusal(500, f"Cannot deserialize {name}")
        return value


@frozen
class Method:
    """One method: what it answers, and whether GET will do because it takes no parameters.

    `act` returns a JSON value, None for an empty body; a list that is empty becomes 404 where the
    build is so. `exists` tells whether a build has it.
    """

    act: Callable[[Media, Call], Any]
    takes_nothing: bool = False
    exists: Callable[[Settings], bool] = _everywhere
