"""HTTP as values: what came in on a socket of ours, and what we say to it.

Knows nothing of sockets, of routes, or of what a request means. Requests that we send to a node are
not these but `core.rest.RestCall`.
"""

from collections.abc import Mapping

from attrs import field, frozen

from orchestrator.core.mapping import EMPTY


@frozen
class InetPeer:
    """Who speaks to us over TCP."""

    address: str
    port: int


@frozen
class UnixPeer:
    """Who speaks to us over a unix socket, as the kernel vouches for it."""

    pid: int
    uid: int
    gid: int


Peer = InetPeer | UnixPeer


@frozen
class Request:
    """One request, whole: `path` is decoded and has no query; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: Peer


@frozen
class Reply:
    """One answer. `headers` come on top of Content-Length, Content-Type and Connection."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default=EMPTY)
    content_type: str = "application/json"
