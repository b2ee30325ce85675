"""What of a value may be seen, and what has to be sealed.

A sealed value reads `visible part~seal`. The seal is made under a key that only `shell.secrets`
has; it comes in here as a function. Equal values have equal seals, so identity, equality and
rotation work on them, live and in replay; nothing here can go back from a seal to the value.

URLs are sealed wherever they stand: user information and query always, and in RTMP everything
behind the application, since that is where stream keys are. Members of the names in `WHOLE` are
sealed whole, and so is an `rtmpUrl` that is no RTMP address. `sdp` is dropped; its length stays.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from orchestrator.core.json import Json, JsonObject, texts
from orchestrator.core.mapping import Map

Seal = Callable[[str], str]

WHOLE: Final = frozenset({"authToken", "password", "restPassword", "sipPassword", "token"})
KEYED: Final = "rtmpUrl"  # ends in a stream key: one that cannot be taken apart is sealed whole
DEPTH_MAX: Final = 64  # a hook nests three deep; deeper is an attack on our stack
MARK: Final = "~"

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:\\*/){2}[^\s\"'<>]*")
_ESCAPED: Final = re.compile(r"\\+/")
_PARTS: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/?#]*)@)?(?P<host>[^/?#]*)"
    r"(?P<path>[^?#]*)(?P<tail>.*)",
    re.DOTALL,
)
_SEAL: Final = re.compile(r"~[0-9a-f]{16}")
_SEALED: Final = re.compile(rf"(?P<visible>.*){_SEAL.pattern}")
_HOST: Final = re.compile(r"(?:\[[0-9a-f:.%]*\]|[^:\s\[\]\\;=]*)(?::[0-9]*)?")
_SEGMENT: Final = r"/(?:[^/\s:;=&@\\%]|%(?!2f|3a|3b|3d|26|40|5c|23|3f|20))*"
_PLAIN: Final = re.compile(rf"(?:{_SEGMENT}(?=/|$))*", re.IGNORECASE)
_APPLICATION: Final = re.compile(r"/[A-Za-z0-9._-]*")
_PORTS: Final = Map(
    {
        "rtmp": ":1935", "rtmps": ":443", "rtsp": ":554", "rtsps": ":322",
        "http": ":80", "https": ":443", "ws": ":80", "wss": ":443",
    }
)  # fmt: skip


class TooDeep(ValueError):
    """A tree nests deeper than `DEPTH_MAX`."""


@frozen
class Url:
    """A URL in the parts that matter here, its host in lower case, without a default port."""

    scheme: str
    user: str
    host: str
    path: str
    tail: str

    @property
    def canonical(self) -> str:
        """Return the one form that all spellings of this URL share."""
        at = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{at}{self.host}{self.path.rstrip('/')}{self.tail}"

    @property
    def visible(self) -> str:
        """Return what anyone may see.

        A password with a slash or a question mark in it moves the borders of the parts: where that
        may be, nothing is shown. Parameters in a path (`/user=admin_password=…`), and escapes that
        hide a border, are not shown either.
        """
        if "@" in self.path + self.tail or not _HOST.fullmatch(self.host):
            return f"{self.scheme}://"
        path = self.path.rstrip("/")
        shown = (_APPLICATION if self.scheme.startswith("rtmp") else _PLAIN).match(path)
        return f"{self.scheme}://{self.host}{shown[0].rstrip('/') if shown else ''}"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Return the parts that nobody may see, so that texts can be searched for them."""
        shown = self.visible.removeprefix(f"{self.scheme}://")
        host = "" if shown else self.host
        behind = self.path.removeprefix(shown.removeprefix(self.host))
        parts = (self.user, *self.user.split(":"), host, behind, *behind.split("/"), self.tail)
        return tuple(part for part in parts if part.strip("/"))


def url_of(value: str) -> Url | None:
    """Return the parts of a URL, or None where the text is none."""
    match = _PARTS.fullmatch(value.strip())
    if match is None:
        return None
    scheme, host = match["scheme"].lower(), match["host"].lower()
    return Url(
        scheme=scheme,
        user=match["user"] or "",
        host=host.removesuffix(_PORTS.get(scheme, ":")),
        path=match["path"],
        tail=match["tail"] if match["tail"] not in ("?", "#") else "",
    )


def is_sealed(value: str) -> bool:
    """Return whether a text is a seal, or a URL that shows nothing secret and ends in one."""
    found = _SEALED.fullmatch(value)
    if found is None or not found["visible"]:
        return found is not None
    url = url_of(found["visible"])
    return url is not None and url.visible == found["visible"]


def has_seal(value: Json) -> bool:
    """Return whether a seal stands anywhere in a value."""
    return any(_SEAL.search(one) is not None for one in texts(value))


def normalised(value: str) -> str:
    """Return a URL in its one form; sealed texts have it already, other texts stay."""
    url = None if is_sealed(value) else url_of(value)
    return value if url is None else url.canonical


def sealed_whole(value: str, seal: Seal) -> str:
    """Return nothing but the seal; "" stays ""."""
    return value if not value or is_sealed(value) else f"{MARK}{seal(value)}"


def sealed_url(value: str, seal: Seal) -> str:
    """Return a URL with all that is secret in it sealed; one without secrets stays as it is."""
    url = None if is_sealed(value) else url_of(value)
    if url is None or url.visible == url.canonical:
        return value
    return f"{url.visible}{MARK}{seal(url.canonical)}"


def sealed_text(value: str, seal: Seal) -> str:
    """Return a text with every URL in it sealed."""

    def replace(found: re.Match[str]) -> str:
        return sealed_url(_ESCAPED.sub("/", found[0]), seal)

    return value if ":" not in value else _URL.sub(replace, value)


@frozen
class Sealer:
    """Seals trees: `whole` are member names or dotted paths (`custom.token`) to seal whole.

    What looks sealed already stays as it is, but for where others speak (`trusts_seals` false): a
    seal that somebody has seen must not pass for the secret that it was made of.
    """

    seal: Seal
    whole: frozenset[str] = field(default=WHOLE)
    trusts_seals: bool = True

    def tree(self, value: Json, path: str = "", depth: int = 0) -> Json:
        """Return the same JSON, frozen, with what is sensitive in it sealed.

        Raises:
            TooDeep: it nests deeper than any body of WCS.
        """
        if depth > DEPTH_MAX:
            raise TooDeep
        match value:
            case str():
                return self._text(value, path)
            case Mapping():
                return self.object(value, path, depth)
            case Sequence():
                return tuple(self.tree(member, path, depth + 1) for member in value)
            case _:
                return self._scalar(value, path)

    def object(self, value: JsonObject, path: str = "", depth: int = 0) -> Map[str, Json]:
        """Return the same object, frozen and sealed."""
        return Map(
            {
                name: _length(member)
                if name == "sdp"
                else self.tree(member, f"{path}.{name}" if path else name, depth + 1)
                for name, member in value.items()
            }
        )

    def _is_whole(self, path: str) -> bool:
        return path in self.whole or path.rpartition(".")[2] in self.whole

    def _text(self, value: str, path: str) -> str:
        if not self.trusts_seals and _SEALED.fullmatch(value):
            return f"{MARK}{self.seal(value)}"
        if self._is_whole(path):
            return sealed_whole(value, self.seal)
        if path.rpartition(".")[2] == KEYED and not _is_rtmp(value):
            return sealed_whole(value, self.seal)
        if ":" not in value:
            return value  # no URL, nor a part of one
        if _URL.match(value.lstrip()) and url_of(_ESCAPED.sub("/", value)) is not None:
            return sealed_url(_ESCAPED.sub("/", value), self.seal)
        return sealed_text(value, self.seal)

    def _scalar(self, value: Json, path: str) -> Json:
        if value is None or isinstance(value, bool) or not self._is_whole(path):
            return value
        return sealed_whole(str(value), self.seal)


def _is_rtmp(value: str) -> bool:
    url = url_of(_ESCAPED.sub("/", value))
    return is_sealed(value) or (url is not None and url.scheme.startswith("rtmp"))


def with_whole(names: Iterable[str]) -> frozenset[str]:
    """Return the names to seal whole, with configured ones added."""
    return WHOLE | frozenset(names)


def _length(sdp: Json) -> Json:
    return Map({"length": len(sdp)}) if isinstance(sdp, str) else None
