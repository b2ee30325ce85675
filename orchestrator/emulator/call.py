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


def bad_field(settings: Settings) -> int:
    """Return the status for a field that is missing or wrong, in groups whose newer builds care."""
    return 400 if settings.checks_rtmp_url else 500


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
    false_text_is_true: bool = False

    def text(self, name: str) -> str:
        """Return a field as text, empty when it is missing or null."""
        value = self.body.get(name)
        return "" if value is None else str(value)

    def needed(self, name: str, status: int = 500) -> str:
        """Return a field as text; refuse with that status when there is none."""
        value = self.text(name)
        if not value:
            raise Refusal(status, f"{name} is missing")
        return value

    def uri(self, *schemes: str, status: int = 500) -> str:
        """Return the field `uri`; refuse one that is missing or of another scheme."""
        uri = self.needed("uri", status)
        scheme, separator, rest = uri.partition("://")
        if scheme not in schemes or not separator or not rest:
            raise Refusal(status, f"Bad URI {uri}")
        return uri

    def number(self, name: str, default: int) -> int:
        """Return a number, which may come as text."""
        value = self.body.get(name)
        try:
            return default if value is None else int(value)
        except (TypeError, ValueError):
            raise Refusal(500, f"Cannot deserialize {name} from {value!r}") from None

    def flag(self, name: str) -> bool | None:
        """Return a boolean, which may come as text; None when it is missing or null."""
        match self.body.get(name):
            case None:
                return None
            case bool(value):
                return value
            case str(value) if value.lower() in {"true", "false"}:
                return value.lower() == "true" or self.false_text_is_true
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
