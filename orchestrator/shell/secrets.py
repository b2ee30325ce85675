"""The only place that knows secret values.

It reads them, seals what carries them, and gives clear values back to a request in the moment it
leaves. Seals are made under a key that is kept beside the log (0600): it belongs in backups of the
log, and in nothing else. What is never known here in clear: keys in foreign listings and hooks;
they are sealed on arrival and forgotten.
"""

import hmac
import os
import re
import secrets as randomness
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from orchestrator.core.json import Json, JsonObject
from orchestrator.core.mapping import Map
from orchestrator.core.seal import (
    Sealer,
    is_sealed,
    sealed_text,
    sealed_url,
    sealed_whole,
    url_of,
    with_whole,
)
from orchestrator.errors import SecretMissing

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
    _clear: dict[str, str] = field(factory=dict, repr=False)
    _hidden: set[str] = field(factory=set, repr=False)

    @property
    def sealer(self) -> Sealer:
        """Return what seals hooks and listings on the way in."""
        return Sealer(self.seal, with_whole(self.whole))

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
        self._hide(value)
        return value

    def resolved(self, text: str) -> str:
        """Return a text with its `${secret.…}` references replaced by clear values."""
        return REFERENCE.sub(lambda found: self.read(found[1]), text)

    def declared(self, clear: str, *, is_secret: bool) -> str:
        """Return a declared text sealed, remembering what is behind the seal.

        `is_secret`: a reference stood in it, so nothing of that may be seen, wherever it stood.
        """
        sealed = sealed_url(clear, self.seal)
        shows = any(hidden in sealed for hidden in self._hidden)
        if is_secret and (sealed == clear or shows):
            sealed = sealed_whole(clear, self.seal)
        if sealed != clear:
            self._clear[sealed] = clear
            url = url_of(clear)
            for part in url.hidden if url is not None else (clear,):
                self._hide(part)
        return sealed

    def sealed_arguments(self, body: JsonObject) -> Map[str, Json]:
        """Return what an operator wants sent, sealed; clear values stay here for the sending."""
        self._remember(body)
        return self.sealer.object(body)

    def clear(self, value: Json) -> Json:
        """Return the same JSON with every seal of ours replaced by what is behind it.

        Raises:
            SecretMissing: a value was sealed in an earlier run and nobody declares it now.
        """
        match value:
            case str() if is_sealed(value):
                if value not in self._clear:
                    raise SecretMissing("value", "it was sealed before and is declared nowhere now")
                return self._clear[value]
            case str():
                return value
            case Mapping():
                return {name: self.clear(member) for name, member in value.items()}
            case Sequence():
                return [self.clear(member) for member in value]
            case _:
                return value

    def redacted(self, text: str) -> str:
        """Return a text of a stranger fit to be kept: URLs sealed, and no secret that we know."""
        text = sealed_text(text, self.seal)
        for hidden in sorted(self._hidden, key=len, reverse=True):
            if hidden in text:
                text = text.replace(hidden, sealed_whole(hidden, self.seal))
        return text

    def _remember(self, value: Json) -> None:
        match value:
            case str():
                self.declared(value, is_secret=False)
            case Mapping():
                for name, member in value.items():
                    if name in self.sealer.whole and isinstance(member, str):
                        self.declared(member, is_secret=True)
                    else:
                        self._remember(member)
            case Sequence():
                for member in value:
                    self._remember(member)
            case _:
                pass

    def _hide(self, value: str) -> None:
        if len(value) >= SHORTEST:
            self._hidden.add(value)


def sealing_key(path: Path) -> bytes:
    """Return the key of seals, made at the first start and never again."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        key = randomness.token_bytes(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return key


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
