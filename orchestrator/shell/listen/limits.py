"""How much, how long, how many: each limit of a listener with its reason; what came of them."""

from collections.abc import Mapping
from enum import Enum

from attrs import frozen

RECEIVE_BYTES = 64 * 1024  # one read; what a connection can hold beyond its own limits


@frozen
class Limits:
    """What one listener takes. The longest that a silent stranger stays is `read_s` and a sweep."""

    body_max_bytes: int = 256 * 1024
    """WCS sends about 1 KiB a hook; with long SDP and custom data it stays below 64 KiB."""

    bodies_max_bytes: int = 16 * 1024 * 1024
    """Unfinished bodies of all connections together: a crowd of slow writers cannot fill memory."""

    header_max_bytes: int = 16 * 1024
    """What Tomcat, nginx and browsers keep to, doubled."""

    headers_max: int = 100
    """As Apache; each header costs far more memory than its bytes."""

    target_max_bytes: int = 8 * 1024
    """The request line as RFC 9112 wants it supported at least."""

    connections_max: int = 4096
    """One file descriptor each; WCS keeps a few tens, monitoring and people bring few more."""

    address_connections_max: int = 2048
    """One address cannot take every place; half, as one WCS may be the only user there is."""

    read_s: float = 8.0
    """A whole head, and again a whole body: far above what a LAN needs, below T16's ten seconds."""

    idle_s: float = 75.0
    """Longer than the keep-alive of Java's client (5 s idle check, 30 s pools) and most proxies."""

    write_s: float = 20.0
    """A whole answer: a reader that stalls is dropped instead of holding memory."""

    answer_s: float = 30.0
    """The responder: a disk that hangs becomes a 503, which tells WCS more than silence does."""

    linger_s: float = 1.0
    """How long what a peer still sends is thrown away, lest a reset destroys our last answer."""


class Refused(Enum):
    """Why somebody got no proper answer."""

    MALFORMED = "malformed request"
    TOO_LARGE = "request too large"
    TOO_SLOW = "request too slow"
    TOO_MANY = "too many connections"
    TOO_MANY_FROM_ADDRESS = "too many connections from one address"
    TOO_MUCH_UNFINISHED = "too many unfinished bodies"
    EVICTED = "idle connection made room for a new one"
    HANDSHAKE = "no TLS handshake"
    UNANSWERED = "no answer in time"
    STALLED = "reader stalled"


@frozen
class Statistics:
    """What a listener did since it began; `connections` are those open now."""

    connections: int
    accepted: int
    requests: int
    refused: Mapping[Refused, int]
