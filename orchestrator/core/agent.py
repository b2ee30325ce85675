"""What all agents of WCS have in common: status words, and the uris that they go by.

An agent is what WCS runs on somebody's behalf: a pull, a push to another WCS, a mixer, a
transcoder, a VOD. Its start is only accepted at first; its status word says when it runs, and when
it ends it leaves the list.
Source: rest-api.md sections 2, 5 and 16.
"""

from typing import Final

from orchestrator.core.json import Json, JsonObject, text, truth
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Seen
from orchestrator.core.seal import normalised, url_of

RUNNING: Final = frozenset({"PROCESSED_LOCAL", "PROCESSED_REMOTE", "PLAYING"})
"""The words for an agent whose media flows; any other, known or not, means not yet."""

FLAGS: Final = ("hasAudio", "hasVideo", "record")


def is_running(seen: Seen) -> bool:
    """Return whether an agent runs by its status word; a build without one lists what runs."""
    return text(seen.fields, "status") in ("", *RUNNING)


def scheme_of(uri: str) -> str:
    """Return the scheme of a uri in lower case, "" where it has none."""
    scheme, found, _ = uri.partition("://")
    return scheme.lower() if found else ""


def without_suffix(uri: str) -> str:
    """Return the uri of another WCS as it is declared: some builds list `/websocket` behind it."""
    return uri.rstrip("/").removesuffix("/websocket").rstrip("/")


def identity_of(uri: str, local: str, remote: str) -> str:
    """Return what a connection to another WCS goes by: its uri and the names at both ends."""
    return f"{without_suffix(normalised(uri))} {local} {remote}"


def flags(item: JsonObject) -> dict[str, Json]:
    """Return what a listing tells of sound, picture and recording; older builds leave it out."""
    return {flag: truth(item, flag) for flag in FLAGS if item.get(flag) is not None}


def unusual_in(fields: JsonObject) -> tuple[str, ...]:
    """Return the listed flags that are not as a start without them would set them."""
    return tuple(
        flag for flag in FLAGS if flag in fields and truth(fields, flag) is (flag == "record")
    )


def host_of(uri: str) -> str:
    """Return the host of a uri, without its port; "" where there is none that may be shown."""
    url = url_of(uri)
    shown = url.visible.partition("://")[2] if url is not None else ""
    return shown.partition("/")[0].partition(":")[0]


def connection(seen: Seen) -> Map[str, Json]:
    """Return the filter that fits one connection to another WCS and no other."""
    fields = seen.fields
    return Map(
        {
            "uri": without_suffix(text(fields, "uri")),
            "localStreamName": text(fields, "localStreamName"),
            "remoteStreamName": text(fields, "remoteStreamName"),
        }
    )


def differing(wanted: JsonObject, listed: JsonObject, sent: JsonObject) -> tuple[str, ...]:
    """Return the names of fields that are not as wanted, in order.

    What a build does not list is as it was sent, and what was never sent counts as equal. What was
    sent and is not wanted any more differs. Numbers and booleans may be listed as texts.
    """
    known = {name: value for name, value in {**sent, **listed}.items() if value is not None}
    changed = {name for name in wanted if name in known and not same(known[name], wanted[name])}
    return tuple(sorted(changed | (set(sent) - set(wanted))))


def same(one: Json, other: Json) -> bool:
    """Return whether two scalars say the same, one of them maybe as a text."""
    return one == other or _word(one) == _word(other)


def _word(value: Json) -> str:
    return str(value).lower()


def given(**fields: Json) -> dict[str, Json]:
    """Return the fields that were declared: neither None nor an empty text."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
