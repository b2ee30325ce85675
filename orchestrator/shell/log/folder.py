"""What stands beside the segments of a log: the lock of its daemon, and the head anchor."""

import fcntl
import os
from pathlib import Path
from typing import Final

from attrs import define

from orchestrator.errors import LogHeld
from orchestrator.shell.log.chain import Head, anchor_line, anchored

ANCHOR: Final = "anchor"
LOCK: Final = "lock"


@define(eq=False)
class Held:
    """A file kept open: its descriptor, and whether its name still leads to it."""

    path: Path
    descriptor: int

    @property
    def is_in_place(self) -> bool:
        """Return whether nobody moved, removed or replaced it."""
        return identity(self.path) == _identity(os.fstat(self.descriptor))

    def close(self) -> None:
        """Give it back."""
        os.close(self.descriptor)


def identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from any other, (0, 0) where there is none."""
    try:
        return _identity(path.stat())
    except OSError:
        return (0, 0)


def locked(folder: Path) -> Held:
    """Return the lock of a log, held until it is closed or the process ends.

    Raises:
        LogHeld: another daemon has it.
    """
    path = folder / LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise LogHeld(str(folder), int(holder) if holder.isdecimal() else 0) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return Held(path, descriptor)


def opened_anchor(folder: Path) -> Held:
    """Return the anchor's file, ready to be overwritten in place."""
    path = folder / ANCHOR
    return Held(path, os.open(path, os.O_RDWR | os.O_CREAT, 0o640))


def set_anchor(anchor: Held, head: Head) -> None:
    """Overwrite the anchor; it is not synced, so it may lag and be torn, but never runs ahead."""
    line = anchor_line(head)
    os.pwrite(anchor.descriptor, line, 0)


def read_anchor(folder: Path) -> Head:
    """Return the head that the anchor names, position 0 where there is none or it is torn."""
    try:
        return anchored((folder / ANCHOR).read_bytes()[: len(anchor_line(Head()))])
    except FileNotFoundError:
        return Head()


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
