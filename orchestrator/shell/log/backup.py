"""A copy of a log, taken beside the daemon that may be writing it.

What is copied is a log as a kill would leave it, so a start takes it as any other. Closed segments
are never altered and are copied as files; the newest is copied by SQLite in one transaction of a
reader. The anchor is copied before anything else: in the copy it can only lag, and what a power cut
leaves of a copy is no log, since it ends below its anchor.
"""

import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from orchestrator.errors import LogUncopied
from orchestrator.shell.log.chain import anchor_line
from orchestrator.shell.log.folder import ANCHOR, read_anchor, sync_folder
from orchestrator.shell.log.read import Verified, verify
from orchestrator.shell.log.segment import first_of, reading, segments, trouble

KEY: Final = "seal.key"  # made by `shell.secrets`; without it every sealed value counts as changed


def backed_up(folder: Path, target: Path) -> Verified:
    """Return what the copy of a log holds, once all of that was verified and is on disk.

    When it fails, nothing is left of the copy: half of one would look like a log.

    Raises:
        LogUncopied: there is no log, the target is not empty, or the disk is in the way.
        LogDamaged, LogUnreadable: the log cannot be read, or the copy does not verify.
    """
    if not segments(folder):
        raise LogUncopied(str(target), f"there is no log at {folder}")
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o750)
        if any(target.iterdir()):
            raise LogUncopied(str(target), "it is not empty")
        with ExitStack() as undo:
            undo.callback(_empty, target)
            _copy(folder, target)
            verified = verify(target)
            for path in target.glob("*-*"):  # left by the reader that verified
                assert path.name.endswith("-shm") or not path.stat().st_size
                path.unlink()
            sync_folder(target)
            sync_folder(target.parent)
            undo.pop_all()
    except OSError as error:
        raise LogUncopied(str(target), str(error)) from error
    return verified


def _copy(folder: Path, target: Path) -> None:
    anchor = read_anchor(folder)
    if anchor.position:
        _write(target / ANCHOR, anchor_line(anchor), 0o640)
        sync_folder(target)
    copied: set[str] = set()
    while paths := [path for path in segments(folder) if path.name not in copied]:
        for path in paths:
            _copy_segment(path, target / path.name)
        copied.update(path.name for path in paths[:-1])
        if segments(folder)[-1] == paths[-1]:
            break  # otherwise it got a successor meanwhile, and perhaps entries before that
    if (folder / KEY).exists():
        _write(target / KEY, (folder / KEY).read_bytes(), 0o600)


def _copy_segment(path: Path, to: Path) -> None:
    if not path.stat().st_mode & 0o222:
        shutil.copyfile(path, to)
        to.chmod(0o440)
    else:
        to.unlink(missing_ok=True)
        to.touch(mode=0o640)
        try:
            with closing(reading(path)) as source, closing(sqlite3.connect(to)) as copy:
                source.backup(copy)
        except sqlite3.Error as error:
            raise trouble(error, path, first_of(path)) from error
    _sync(to)


def _write(path: Path, content: bytes, mode: int) -> None:
    path.touch(mode=mode)
    path.write_bytes(content)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _empty(target: Path) -> None:
    for path in target.iterdir():
        path.unlink()
