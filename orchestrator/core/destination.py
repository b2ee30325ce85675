"""Where things may send to: hosts and networks that are allowed, or denied."""

import re
from ipaddress import ip_address, ip_network

from attrs import frozen

_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)", re.IGNORECASE)


@frozen
class Destinations:
    """Hosts, in which `*` is any text, addresses and networks. What is denied is not allowed.

    With nothing in `allow` all that is not denied is allowed.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def refusal(self, address: str) -> str:
        """Return why nothing is sent to an address, "" where it may be."""
        if not address or not (self.allow or self.deny):
            return ""
        found = _HOST.match(address)
        host = found[1].strip("[]").rstrip(".").lower() if found is not None else ""
        if any(_fits(host, one) for one in self.deny):
            return f"nothing is sent to {host}: `destinations` of the configuration denies it"
        if self.allow and not any(_fits(host, one) for one in self.allow):
            return f"nothing is sent to {host}: `destinations` of the configuration allows others"
        return ""


def _fits(host: str, pattern: str) -> bool:
    """Return whether a host is meant; an address that is one fits networks, nothing is resolved."""
    try:
        network = ip_network(pattern)
    except ValueError:
        parts = pattern.lower().rstrip(".").split("*")
        return re.fullmatch(".*".join(map(re.escape, parts)), host) is not None
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in network
