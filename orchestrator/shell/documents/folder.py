"""Document files below folders: which there are, whether they changed, what is in them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Final

from attrs import frozen

from orchestrator.errors import Fault
from orchestrator.shell.documents.tree import BYTES_MAX

SUFFIXES: Final = (".yaml", ".yml")


@frozen
class Signature:
    """What changes when a file is written or replaced. Zeros: it cannot be seen."""

    modified_ns: int = 0
    size: int = 0
    inode: int = 0


def files_below(folder: Path) -> tuple[Path, ...]:
    """Return the documents below a folder, sorted; hidden ones (as of editors) are passed over.

    Raises:
        OSError: the folder, or one below it, cannot be listed; nothing may be concluded from that.
    """
    return tuple(sorted(_below(folder)))


def is_absent(path: Path) -> bool:
    """Return whether nothing is there for certain; what cannot be seen may be there."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def signature_of(path: Path) -> Signature:
    """Return the signature of a file or folder, of zeros where it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return Signature()
    return Signature(status.st_mtime_ns, status.st_size, status.st_ino)


def read_bytes(path: Path, file: str) -> bytes | Fault:
    """Return what is in a document, or why it cannot be read."""
    try:
        if not S_ISREG(path.stat().st_mode):
            return Fault(file, 1, 1, "this is no regular file: remove it from the folder")
        with path.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)  # one more than is read on, so that it is refused
    except OSError as error:
        reason = error.strerror or str(error)
        return Fault(file, 1, 1, f"the file cannot be read ({reason}): check path and permissions")


def shown(path: Path, base: Path) -> str:
    """Return a path as documents name each other: relative to `base`, absolute when outside."""
    return legible(path.relative_to(base) if path.is_relative_to(base) else path)


def legible(path: Path) -> str:
    """Return a path as text. It may be any bytes: what is no text or breaks a line is escaped."""
    text = os.fsencode(path.as_posix()).decode(errors="backslashreplace")
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


def absent(folder: Path, base: Path, error: OSError) -> Fault:
    """Return the fault of a folder that cannot be listed."""
    reason = error.strerror or str(error)
    message = f"the folder cannot be read ({reason}): create it, or correct its path"
    return Fault(shown(Path(error.filename or folder), base), 1, 1, message)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = _visible(folders)
        yield from (Path(root, name) for name in _visible(files) if name.endswith(SUFFIXES))


def _visible(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(".")]
