"""Plans made in this process, from the log, the documents and, if wanted, the nodes."""

from pathlib import Path
from typing import Any

import trio

from orchestrator.cli.ask import now_ms, settings
from orchestrator.cli.folders import Folders
from orchestrator.cli.offline import asked, view, world_at
from orchestrator.cli.when import At
from orchestrator.codec import codec_of
from orchestrator.core.world import World
from orchestrator.daemon.load import Documents, places_of
from orchestrator.daemon.preview import Preview
from orchestrator.errors import DocumentError
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.rules import read_rules
from orchestrator.shell.documents.state import StateReader
from orchestrator.shell.log.sqlite import segments
from orchestrator.shell.secrets import Vault, sealing_key


def planned(path: Path, folders: Folders, at: At | None, *, offline: bool) -> Any:
    """Return `plan -o json` made without a daemon.

    Raises:
        DocumentError: a document is faulty, so that no whole plan can be made of them.
    """
    found = folders.instead(settings(path))
    folder, codec = found.log.path, codec_of(KINDS)
    has_log = folder.is_dir() and bool(segments(folder))
    if at is not None:
        world = world_at(folder, codec, at.until, at.until_ms)
        preview = Preview(world, KINDS, world.at_ms)
        preview.trust()
    else:
        world = world_at(folder, codec) if has_log else World()
        preview = Preview(world, KINDS, now_ms())
        _with_documents(preview, found, folder, has_log=has_log, offline=offline)
    seen = view(preview.world, codec, preview.looks, preview.now_ms)
    return asked("/api/v1/plan", {}, seen, folder)


def _with_documents(
    preview: Preview, found: Any, folder: Path, *, has_log: bool, offline: bool
) -> None:
    documents, vault = _read(preview, found, folder, has_log=has_log)
    if offline:
        preview.trust()
    else:
        trio.run(preview.look, documents, vault)


def as_documented(found: Any) -> tuple[Preview, Vault]:
    """Return what the log and the documents tell, no node being asked, and what seals it.

    Raises:
        DocumentError: a document is faulty, so that it cannot be said what is declared.
    """
    folder, codec = found.log.path, codec_of(KINDS)
    has_log = folder.is_dir() and bool(segments(folder))
    world = world_at(folder, codec) if has_log else World()
    preview = Preview(world, KINDS, now_ms())
    _, vault = _read(preview, found, folder, has_log=has_log)
    return preview, vault


def _read(preview: Preview, found: Any, folder: Path, *, has_log: bool) -> tuple[Documents, Vault]:
    key = sealing_key(folder / "seal.key", is_first_start=False) if has_log else b"preview"
    vault = Vault(key, found.secrets, found.hooks.sealed)
    files = StateReader().read(found, vault, KINDS, declared=preview.world.declared)
    documents = Documents(found, files, read_rules(found, vault, KINDS, places_of(preview.world)))
    if documents.faults:
        raise DocumentError(documents.faults)
    preview.read(documents, vault)
    return documents, vault
