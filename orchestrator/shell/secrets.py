"""The only place that knows secret values.

It reads them, seals what carries them, and gives clear values back to a request in the moment it
leaves. Seals are made under a key that is kept beside the log (0600): it belongs in backups of the
log, and in nothing else. What is never known here in clear: keys in foreign listings and hooks;
they are sealed on arrival and forgotten.
"""

import hmac
import json
import os
import re
import secrets as randomness
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import Final
from urllib.parse import quote, quote_plus

from attrs import define, field, frozen

from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import Map
from orchestrator.core.seal import (
    MARK,
    Sealer,
    is_sealed,
    sealed_text,
    sealed_url,
    sealed_whole,
    url_of,
    with_whole,
)
from orchestrator.errors import SecretMissing

KEY_BYTES: Final = 32
SEAL_DIGITS: Final = 16
SHORTEST: Final = 4  # shorter hidden parts stand in every text and would redact all of it
REFERENCE: Final = re.compile(r"\$\{secret\.([A-Za-z0-9_-]+(?:/[A-Za-z0-9_.-]+)?)\}")


@frozen
class FromEnvironment:
    """A secret in an environment variable."""

    name: str


@frozen
class FromFile:
    """A secret in a file of its own; one newline at its end is not part of it."""

    path: Path


@frozen
class FromCredential:
    """A systemd credential, under `$CREDENTIALS_DIRECTORY`."""

    name: str


@frozen
class FromFolder:
    """Many secrets, one file each: `${secret.NAME/FILE}`."""

    path: Path


Source = FromEnvironment | FromFile | FromCredential | FromFolder


@define(eq=False)
class Vault:
    """Secrets by name, the key of seals, and what is behind the seals that we made."""

    key: bytes = field(repr=False)
    sources: Mapping[str, Source] = field(default=Map(), repr=False)
    whole: Sequence[str] = ()
    _clear: dict[str, Json] = field(factory=dict, repr=False)
    _read: set[str] = field(factory=set, repr=False)
    _hidden: dict[str, str] = field(factory=dict, repr=False)

    @property
    def sealer(self) -> Sealer:
        """Return what seals what we say ourselves, of which parts may be sealed already."""
        return Sealer(self.seal, with_whole(self.whole))

    @property
    def guard(self) -> Sealer:
        """Return what seals hooks and listings on the way in."""
        return Sealer(self.seal, with_whole(self.whole), trusts_seals=False)

    def seal(self, value: str) -> str:
        """Return the seal of a value: the same for the same value, under this key."""
        return hmac.new(self.key, value.encode(), sha256).hexdigest()[:SEAL_DIGITS]

    def read(self, name: str) -> str:
        """Return a secret as it is now.

        Raises:
            SecretMissing: nobody named it, or what it names cannot be read.
        """
        first, _, file = name.partition("/")
        source = self.sources.get(first)
        match source:
            case None:
                raise SecretMissing(name, "it is not listed under `secrets:` in the configuration")
            case FromEnvironment(name=variable):
                value = os.environ.get(variable)
                if value is None:
                    raise SecretMissing(name, f"the environment has no {variable}")
            case FromFile(path=path):
                value = _file(name, path)
            case FromFolder(path=path):
                if not file:
                    raise SecretMissing(name, f"it is a folder: write ${{secret.{name}/FILE}}")
                value = _file(name, path / file)
            case FromCredential(name=credential):
                value = _file(name, Path(os.environ.get("CREDENTIALS_DIRECTORY", ".")) / credential)
        self._read.add(value)
        self._hide(value)
        return value

    def resolved(self, text: str) -> str:
        """Return a text with its `${secret.…}` references replaced by clear values."""
        return REFERENCE.sub(lambda found: self.read(found[1]), text)

    def declared(self, clear: str, *, is_secret: bool) -> str:
        """Return a declared text sealed, remembering what is behind the seal.

        `is_secret`: a reference stood in it, so nothing of that may be seen, wherever it stood.
        That is judged by the secrets themselves, not by parts of other URLs: else the order in
        which things are declared would decide how they are sealed, and a reload would be drift.
        """
        sealed = sealed_url(clear, self.seal)
        if is_secret and (sealed == clear or self._shows(sealed)):
            sealed = sealed_whole(clear, self.seal)
        if sealed != clear:
            self._keep(sealed, clear)
        return sealed

    def sealed_arguments(self, body: JsonObject) -> Map[str, Json]:
        """Return what an operator wants sent, sealed; clear values stay here for the sending."""
        sealed = self.sealer.object(body)
        self._remember(body, sealed)
        return sealed

    def clear(self, value: Json) -> Json:
        """Return the same JSON with every seal of ours replaced by what is behind it.

        Raises:
            SecretMissing: a value was sealed in an earlier run and nobody declares it now.
        """
        match value:
            case str() if value in self._clear:
                return self._clear[value]
            case str() if is_sealed(value):
                raise SecretMissing("value", "it was sealed before and is declared nowhere now")
            case str():
                return value
            case Mapping():
                return {name: self.clear(member) for name, member in value.items()}
            case Sequence():
                return [self.clear(member) for member in value]
            case _:
                return value

    def redacted(self, text: str) -> str:
        """Return a text of a stranger fit to be kept: URLs sealed, and no secret that we know.

        Known secrets are found as they are, and as JSON, a URL or a quoted text would spell them.
        """
        text = sealed_text(text, self.seal)
        if not self._hidden:
            return text
        longest_first = sorted(self._hidden, key=lambda spelling: (-len(spelling), spelling))
        known = re.compile("|".join(map(re.escape, longest_first)))
        return known.sub(lambda found: sealed_whole(self._hidden[found[0]], self.seal), text)

    def _shows(self, sealed: str) -> bool:
        """Return whether a secret stands in what is shown, in whatever case and however ended."""
        visible = sealed.rpartition(MARK)[0].lower()
        read = (value.strip().strip("/").lower() for value in self._read)
        return any(value in visible for value in read if value)

    def _remember(self, clear: Json, sealed: Json) -> None:
        """Keep what is behind each text that the sealer changed."""
        match clear, sealed:
            case Mapping(), Mapping():
                for name, member in clear.items():
                    self._remember(member, sealed[name])
            case Sequence(), Sequence() if not isinstance(sealed, str):
                for one, other in zip(clear, sealed, strict=True):
                    self._remember(one, other)
            case _, str() if clear != sealed:
                self._keep(sealed, clear)
            case _:
                pass

    def _keep(self, sealed: str, clear: Json) -> None:
        self._clear[sealed] = clear
        url = url_of(clear) if isinstance(clear, str) else None
        for part in url.hidden if url is not None else ():
            self._hide(part)
        if url is None or sealed.startswith(MARK):
            self._hide(str(clear))

    def _hide(self, value: str) -> None:
        if len(value) >= SHORTEST:
            for spelling in _spellings(value):
                self._hidden.setdefault(spelling, value)


def sealing_key(path: Path, *, is_first_start: bool = True) -> bytes:
    """Return the key of seals, made at the first start and never again.

    It gets its name only when it is whole and on disk, so a crash leaves no key, never half of one;
    of two who make it at once, both take the one that was there first. A key of another length is
    never made anew by itself: all seals would change, and all that runs would look changed.

    Raises:
        SecretMissing: what stands there is no key of ours, or cannot be read.
    """
    try:
        if is_first_start and not path.exists():
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise SecretMissing(str(path), f"it cannot be read: {error.strerror or error}") from error
    if len(key) != KEY_BYTES:
        reason = (
            f"it has {len(key)} bytes, not {KEY_BYTES}: restore it from the backup of the log. "
            "Without it every sealed value counts as changed"
        )
        raise SecretMissing(str(path), reason)
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(randomness.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _spellings(value: str) -> set[str]:
    """Return how a secret may be written in a text: JSON escapes in both manners, and in URLs."""
    plain = {value, quote(value), quote(value, safe=""), quote_plus(value)}
    escaped = {json.dumps(value, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    return plain | escaped | {text.replace("/", "\\/") for text in (value, *escaped)}


def is_same(one: str, other: str) -> bool:
    """Return whether two secrets are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def is_signed(body: bytes, authorization: str, keys: Sequence[str]) -> bool:
    """Return whether `Authorization: WCS <HMAC-MD5>` fits the raw body under one of the keys.

    Source: hooks.md section 1, rest_hook_send_hash.
    """
    scheme, _, digest = authorization.partition(" ")
    fits = [
        is_same(hmac.new(key.encode(), body, "md5").hexdigest(), digest.strip().lower())
        for key in keys
    ]
    return scheme == "WCS" and any(fits)


def _file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror or error}"
        raise SecretMissing(name, reason) from error
    except UnicodeDecodeError as error:
        raise SecretMissing(name, f"{path} is not UTF-8") from error
