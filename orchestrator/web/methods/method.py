"""What a REST method is, for those who call one by hand: what it takes, and what it refuses.

Knows no method; each group of them is a file beside this one.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from attrs import field, frozen

from orchestrator.core.mapping import EMPTY, Map


class Form(Enum):
    """What a parameter looks like in JSON. Flags and numbers may be texts, as WCS takes them."""

    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    LIST = "list"
    OBJECT = "object"
    TEXTS = "list or text"
    ANY = "anything"


@frozen
class Parameter:
    """One field of a method's body."""

    name: str
    form: Form = Form.TEXT
    is_required: bool = False


@frozen
class Method:
    """One REST method: its parameters, and the meaning of each status that it refuses with.

    One that `is_reading` leaves no action in the log. `ends_all` says what a call without any
    parameter would end; such a call is refused. One that `takes_more` takes what is not listed.
    `sends_to` is the parameter with the address that media is sent to, "" for none.
    """

    path: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    errors: Mapping[int, str] = field(default=EMPTY)
    is_reading: bool = False
    ends_all: str = ""
    takes_more: bool = False
    sends_to: str = ""

    @property
    def group(self) -> str:
        """Return the first part of its path."""
        return self.path.split("/")[1]

    def form_of(self, name: str) -> Form | None:
        """Return the form of a parameter, None where it has none of that name."""
        found = (parameter.form for parameter in self.parameters if parameter.name == name)
        return next(found, Form.ANY if self.takes_more else None)


NONE: Final = Map({404: "none"})
UNKNOWN: Final = Map({404: "unknown"})


def takes(words: str) -> tuple[Parameter, ...]:
    """Return parameters from words as `name`, `name:form` and, for what is required, `name!`."""
    return tuple(_parameter(word) for word in words.split())


def _parameter(word: str) -> Parameter:
    name, _, form = word.partition(":")
    name, required = name.rstrip("!"), "!" in name
    return Parameter(name, Form[form.upper()] if form else Form.TEXT, required)
