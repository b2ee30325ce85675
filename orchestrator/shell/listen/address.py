"""The text of an address becomes sockets that listen; and who is at the other end of one.

`host:port` (a host without a name means every interface) or `unix:/path`. Runs at the start, when
resolving a name may block.
"""

import errno
import os
import shutil
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from orchestrator.core.http import InetPeer, Peer, UnixPeer

_BACKLOG: Final = 4096  # a burst of 10,000 waits in the kernel, which cuts this to its somaxconn
_MAPPED: Final = "::ffff:"  # an IPv4 peer of a socket that takes both


def open_sockets(
    address: str, *, mode: int = 0o660, group: str | None = None
) -> tuple[socket.socket, ...]:
    """Return listening sockets for an address; a name may mean several.

    `mode` and `group` are those of a unix socket, and hold before anybody can connect. Raises
    OSError, with the address as its file name, when that is in use or not ours, ValueError when the
    text is no address.
    """
    if address.startswith("unix:"):
        return (_open_unix(Path(address.removeprefix("unix:")), mode, group),)
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{address!r} is not host:port or unix:/path")
    sockets: list[socket.socket] = []
    try:
        infos = socket.getaddrinfo(
            host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, place in dict.fromkeys((info[0], info[4]) for info in infos):
            sockets.append(_open_inet(family, place))
    except OSError as error:
        for opened in sockets:
            opened.close()
        raise OSError(error.errno, error.strerror, address) from error
    return tuple(sockets)


def _open_inet(family: int, place: tuple[object, ...]) -> socket.socket:
    raw = socket.socket(family, socket.SOCK_STREAM)
    try:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        raw.bind(place)
        raw.listen(_BACKLOG)
    except OSError:
        raw.close()
        raise
    raw.setblocking(False)
    return raw


def _open_unix(path: Path, mode: int, group: str | None) -> socket.socket:
    """Bind beside the path and move the finished socket there: it never stands open too wide.

    It is not removed at the end: by then the path may be the socket of who comes after us.
    """
    _refuse_in_use(path)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        raw.bind(str(draft))
        draft.chmod(0o600)
        if group is not None:
            shutil.chown(draft, group=group)
        draft.chmod(mode)
        raw.listen(_BACKLOG)
        draft.replace(path)
    except (OSError, LookupError):
        raw.close()
        draft.unlink(missing_ok=True)
        raise
    raw.setblocking(False)
    return raw


def _refuse_in_use(path: Path) -> None:
    """Raise OSError unless the path is free or a socket on which nobody listens any more."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise FileExistsError(errno.EEXIST, "there is a file that is no socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a full backlog answers at once: somebody is there
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except BlockingIOError:
            pass
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), str(path))


def peer_of(raw: socket.socket) -> Peer:
    """Return who is at the other end. Raises OSError when nobody is any more."""
    if raw.family == socket.AF_UNIX:
        credentials = raw.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid, uid, gid = struct.unpack("3i", credentials)
        return UnixPeer(pid, uid, gid)
    host, port = raw.getpeername()[:2]
    return InetPeer(host.removeprefix(_MAPPED) if "." in host else host, port)
