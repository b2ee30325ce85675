"""All state files: what each declares, or what is wrong with it.

Every file stands alone, a faulty one declares nothing new. What cannot be read is a fault, never an
empty file: nothing is taken away because a disk or a folder was not there.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import define, evolve, field, frozen

from orchestrator.core.configuration import Configuration
from orchestrator.core.document import Moved
from orchestrator.core.kind import Kinds
from orchestrator.core.resource import Key, Resource
from orchestrator.errors import Fault, SecretMissing
from orchestrator.shell.documents.clash import Claims, clashes
from orchestrator.shell.documents.cycle import cycles
from orchestrator.shell.documents.folder import (
    Signature,
    absent,
    files_below,
    read_bytes,
    shown,
    signature_of,
)
from orchestrator.shell.documents.resource import Claim, FileReader, Resolve, targets
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import Settings


@frozen
class FileRead:
    """One file, relative to the folder of orchestrator.yaml. With faults it has no resources."""

    file: str
    resources: tuple[Resource, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    moved: tuple[Moved, ...] = ()


@frozen
class _Known:
    """What was found in a file when it had this signature and these secrets (by their seals)."""

    signature: Signature
    secrets: Mapping[str, str]
    claims: tuple[Claim, ...]
    read: FileRead


@frozen
class _Context:
    """What a file means depends on this, too; vaults are compared as objects."""

    base: Path
    configuration: Configuration
    vault: Vault
    kinds: Kinds
    resolve: Resolve


@define(eq=False)
class StateReader:
    """Reads state again and again; a file that has not changed costs a look at its folder.

    `resolve` replaces references to secrets; None: the vault does it.
    """

    resolve: Resolve | None = None
    _known: dict[Path, _Known] = field(factory=dict, init=False)
    _context: _Context | None = field(default=None, init=False)

    def read(
        self, settings: Settings, vault: Vault, kinds: Kinds, *, declared: Mapping[Key, Resource]
    ) -> tuple[FileRead, ...]:
        """Return every file; `declared` is what the world holds, which decides who came first."""
        base = Path(settings.place.file).parent
        resolve = self.resolve or vault.resolved
        context = _Context(base, settings.configuration, vault, kinds, resolve)
        if self._context != context:
            self._context = context
            self._known.clear()
        seals: dict[str, str] = {}
        known = [one for folder in settings.state for one in self._folder(folder, context, seals)]
        known = list({one.read.file: one for one in known}.values())
        claims = [Claims(one.read.file, one.claims, bool(one.read.faults)) for one in known]
        found = clashes(
            claims,
            declared,
            lambda one: _targets(one, context),
            lambda those: cycles(those, context.configuration, context.kinds),
        )
        return tuple(
            evolve(one.read, resources=(), moved=(), faults=found[one.read.file])
            if one.read.file in found
            else one.read
            for one in known
        )

    def _folder(self, folder: Path, context: _Context, seals: dict[str, str]) -> Iterator[_Known]:
        base = context.base
        try:
            paths = files_below(folder)
        except OSError as error:
            fault = absent(folder, base, error)
            yield _Known(Signature(), {}, (), FileRead(shown(folder, base), faults=(fault,)))
            return
        for path in paths:
            yield self._file(path, context, seals)

    def _file(self, path: Path, context: _Context, seals: dict[str, str]) -> _Known:
        signature, known = signature_of(path), self._known.get(path)
        if known is not None and known.signature == signature:
            now = {name: _seal(name, context, seals) for name in known.secrets}
            if now == known.secrets:
                return known
        file = shown(path, context.base)
        reader = FileReader(
            file,
            context.base,
            context.configuration,
            context.vault,
            context.kinds,
            context.resolve,
        )
        data = read_bytes(path, file)
        if isinstance(data, Fault):
            return _Known(signature, {}, (), FileRead(file, faults=(data,)))
        claims = reader.claims(data)
        faults = reader.faults.ordered
        resources = () if faults else tuple(claim.resource for claim in claims)
        moved = () if faults else reader.moved
        read = FileRead(file, resources, faults, reader.warnings.ordered, moved)
        secrets = {name: _seal(name, context, seals) for name in reader.secrets}
        self._known[path] = _Known(signature, secrets, claims, read)
        return self._known[path]


def read_state(
    settings: Settings, vault: Vault, kinds: Kinds, *, declared: Mapping[Key, Resource]
) -> tuple[FileRead, ...]:
    """Return every state file, read anew."""
    return StateReader().read(settings, vault, kinds, declared=declared)


def _cleared(spec: Any, vault: Vault) -> Any:
    texts = {
        one.name: value
        for one in attrs.fields(type(spec))
        if isinstance(value := getattr(spec, one.name), str)
    }
    return evolve(spec, **{name: vault.clear(value) for name, value in texts.items()})


def _seal(name: str, context: _Context, seals: dict[str, str]) -> str:
    """Return the seal of a secret as it is now, "" when it cannot be read."""
    if name not in seals:
        try:
            seals[name] = context.vault.seal(context.resolve(f"${{secret.{name}}}"))
        except SecretMissing:
            seals[name] = ""
    return seals[name]


def _targets(resource: Resource, context: _Context) -> tuple[str, ...]:
    """Return the targets of what the world holds, none where its secrets are not known now."""
    kind = context.kinds.get(resource.key.kind)
    if kind is None or kind.declared is None:
        return ()
    try:
        spec = _cleared(resource.spec, context.vault)
    except SecretMissing:
        return ()
    return targets(resource, spec, kind, context.configuration)
