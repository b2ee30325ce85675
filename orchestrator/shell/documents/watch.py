"""Waiting for documents to change, by looking: it works on every file system, links included."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import trio

from orchestrator.shell.documents.folder import Signature, files_below, signature_of


async def wait_changed(
    paths: Iterable[Path],
    *,
    since: Mapping[Path, Signature] | None = None,
    settle_s: float = 0.5,
    every_s: float = 1.0,
) -> None:
    """Block until files or folders differ from `since` and have been quiet for `settle_s`.

    `since` are signatures taken before the files were read, so that no change falls between; None:
    as they are now. A change that is taken back in time is none.
    """
    watched = tuple(paths)
    seen = signatures(watched)
    before = seen if since is None else since
    while True:
        await trio.sleep(every_s if seen == before else settle_s)
        now = signatures(watched)
        if now == seen != before:
            return
        seen = now


def signatures(paths: Iterable[Path]) -> Mapping[Path, Signature]:
    """Return the signature of each file and of each document below each folder."""
    found: dict[Path, Signature] = {}
    for path in paths:
        try:
            below = files_below(path) if path.is_dir() else (path,)
        except OSError:
            below = (path,)
        found.update({one: signature_of(one) for one in below})
    return found
