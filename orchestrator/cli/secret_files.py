"""Secrets that were found on a node, each on its way into a file of its own."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click
from attrs import define, field

from orchestrator.core.json import Json
from orchestrator.core.seal import MARK, sealed_url
from orchestrator.shell.secrets import FromFolder

NAME: Final = "imported"
ODD: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def source_of(sources: Mapping[str, Any], folder: Path | None, base: Path) -> tuple[str, Path]:
    """Return by which name documents refer to a folder, and its path; the default has none yet."""
    path = (folder or base / NAME).resolve()
    for name in sorted(sources):
        source = sources[name]
        if isinstance(source, FromFolder) and source.path.resolve() == path:
            return name, path
    name = NAME if NAME not in sources else ODD.sub("-", path.name).replace(".", "-")
    return name, path


@define
class SecretFiles:
    """The files of a folder to be, by name. `name` is how documents refer to the folder."""

    name: str
    folder: Path
    seal: Callable[[str], str] = field(repr=False)
    values: dict[str, str] = field(factory=dict, repr=False)

    def kept(self, file: str, fields: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, str]]:
        """Return the fields with references for secrets, and what may be shown of these.

        A secret is kept with the whole address around it: so it is sealed as the node's list is,
        whatever the key is.
        """
        shown: dict[str, str] = {}

        def replaced(key: str, value: Json) -> Json:
            match value:
                case str():
                    sealed = sealed_url(value, self.seal)
                    if sealed == value:
                        return value
                    shown[key] = f"{sealed.rpartition(MARK)[0]}/…"
                    return self._reference(file if key in ("uri", "rtmpUrl") else f"{file}-{key}",
                                           value)  # fmt: skip
                case Mapping():
                    return {name: replaced(f"{key}-{name}", value[name]) for name in value}
                case list():
                    return [replaced(f"{key}-{index}", one) for index, one in enumerate(value)]
                case _:
                    return value

        return {key: replaced(key, value) for key, value in fields.items()}, shown

    def _reference(self, wanted: str, value: str) -> str:
        file, number = ODD.sub("-", wanted), 1
        while file in self.values:
            number += 1
            file = f"{ODD.sub('-', wanted)}-{number}"
        self.values[file] = value
        return f"${{secret.{self.name}/{file}}}"

    def write(self) -> None:
        """Write all that is not there yet, for nobody but the user who runs this.

        A file that holds something else is never overwritten.
        """
        for file, value in self.values.items():
            path = self.folder / file
            if path.exists() and path.read_text(encoding="utf-8") != f"{value}\n":
                raise click.ClickException(f"{path} holds another secret: name another folder")
        for file, value in self.values.items():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / file
            if not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                    opened.write(f"{value}\n")
