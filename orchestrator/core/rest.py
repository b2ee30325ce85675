"""What goes to a node's REST API and what comes back, as values.

Knows nothing of sockets, of retries, or of what a method means. Texts in a call are sealed where
they are sensitive; they become clear only in the moment in which the call leaves.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import field, frozen

from orchestrator.core.json import Json, JsonObject, text
from orchestrator.core.mapping import EMPTY, Map

READ: Final = 1_000  # characters of a text for people that are looked at
TOLD: Final = 200  # of these, how many they are told


@frozen
class RestCall:
    """One WCS REST method with its body: a POST to `…/rest-api` + `path`."""

    path: str
    body: JsonObject = field(default=EMPTY)


@frozen
class NotJson:
    """A reply whose body is no JSON that we accept; `reason` says why."""

    reason: str


@frozen
class RestReply:
    """What the node said. `text` is the body as it came, sealed and cut; for people only."""

    status: int
    body: Json | NotJson
    text: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the node took it; success in v2 is 200, but 202 means the same to us."""
        return 200 <= self.status < 300


@frozen
class Listing:
    """A complete list of what there is of one kind on one node.

    `progress` says how far media has come, by natural key, where that was measured.
    """

    items: tuple[JsonObject, ...]
    progress: Map[str, int] = field(default=EMPTY)


@frozen
class Unreadable:
    """A reply to a listing that says nothing about what there is."""

    reason: str


def listing(reply: RestReply, identity: str) -> Listing | Unreadable:
    """Return what a `find_all` reply lists; each listed object has the member `identity`.

    An empty server answers most groups with 404, some with `[]` or `{}`; some pages show one bare
    object for a list of one, and one group went from a list to an object of objects (rest-api.md
    sections 0, 7 and 16). All of these are complete lists. A 404 takes nothing away by itself:
    `core.look` doubts a list that lost most of what it had.
    """
    read = _listing(reply)
    if isinstance(read, Listing) and not all(text(item, identity) for item in read.items):
        return Unreadable(f"a list with members that have no {identity}")
    return read


def _listing(reply: RestReply) -> Listing | Unreadable:
    if reply.status == 404:
        return Listing(())
    if not reply.accepted:
        return Unreadable(f"status {reply.status}{_because(reply)}")
    match reply.body:
        case NotJson(reason) if reply.text.strip():
            return Unreadable(f"{reason}{_beginning(reply)}")
        case NotJson() | None:
            return Unreadable("an empty body where a list was due")
        case Mapping() as one:
            members = [one[name] for name in sorted(one)]
            objects = tuple(member for member in members if isinstance(member, Mapping))
            return Listing(objects if len(objects) == len(members) else (one,))
        case str():
            return Unreadable("a text where a list was due")
        case Sequence() as many:
            objects = tuple(item for item in many if isinstance(item, Mapping))
            if len(objects) < len(many):
                return Unreadable("a list with members that are no objects")
            return Listing(objects)
        case _:
            return Unreadable("a scalar where a list was due")


def _beginning(reply: RestReply) -> str:
    """Return how what is no JSON at all begins, for people, who may know whose page it is.

    But for a page, what may be half a JSON is not told: nobody can say any more what in it had to
    be sealed.
    """
    said = reply.text[:READ].strip()
    if not said.startswith("<"):
        said = re.split(r'[{\["]', said, maxsplit=1)[0]
    said = _cut(said)
    return f": {said}" if said else ""


def complaint(reply: RestReply) -> str:
    """Return what a refusing reply says of itself, for people; "" when it says nothing.

    The member names of WCS error bodies are not documented, so the likely ones are tried in turn
    (rest-api.md section 1).
    """
    if isinstance(reply.body, Mapping):
        for name in ("reason", "message", "exception", "error"):
            if said := text(reply.body, name):
                return said
    return _cut(reply.text[:READ])


def _cut(text: str) -> str:
    """Return the first words; none is cut in two, since half a secret is not known for one."""
    said = " ".join(text.split())
    return said if len(said) <= TOLD else said[: TOLD + 1].rpartition(" ")[0]


def _because(reply: RestReply) -> str:
    said = complaint(reply)
    return f": {said}" if said else ""
