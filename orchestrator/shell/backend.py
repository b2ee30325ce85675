"""Carry one hook to an application server that had the hooks before us. Knows httpx.

The body leaves as it came, with the header that signs it. What the server answers is the node's to
read: its status and its body go back as they are.
"""

from collections.abc import Callable, Mapping
from typing import Final

import httpx
import trio
from attrs import define, field

from orchestrator.core.http import Reply
from orchestrator.errors import BackendFailed
from orchestrator.shell.settings import Forward

SLOTS: Final = 32  # hooks at a time; the others wait, within their time
REPLY_MAX_BYTES: Final = 1024 * 1024
VIA: Final = "1.1 wcs-orchestrator"
"""What tells a hook that we sent from one that a node sent."""

_PASSED: Final = ("authorization", "content-type", "user-agent")
_ONE: Final = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=5.0)

Transports = Callable[[], httpx.AsyncBaseTransport]


def network() -> httpx.AsyncBaseTransport:
    """Return what makes connections over the network, one at a time."""
    return httpx.AsyncHTTPTransport(limits=_ONE, trust_env=False)


@define(eq=False)
class Backend:
    """One server, reached over slots of its own; one that is slow delays only what goes to it."""

    forward: Forward
    transports: Transports = network
    _free: list[httpx.AsyncClient] = field(factory=list)
    _slots: trio.CapacityLimiter = field(factory=lambda: trio.CapacityLimiter(SLOTS))

    async def ask(self, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return what the server answers to a hook.

        Raises:
            BackendFailed: there is no whole answer in time.
        """
        timeout_s = self.forward.timeout_ms / 1000
        with trio.move_on_after(timeout_s):
            async with self._slots:
                return await self._exchange(method, headers, body)
        raise BackendFailed(self.forward.url, f"no whole answer within {timeout_s:g} s")

    async def aclose(self) -> None:
        """Close all connections; no hook is on its way any more."""
        while self._free:
            await self._free.pop().aclose()

    async def _exchange(self, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        url = f"{self.forward.url.rstrip('/')}/{method}"
        passed = {name: headers[name] for name in _PASSED if name in headers}
        client = self._client()
        data = bytearray()
        try:
            request = client.build_request(
                "POST", url, content=body, headers={**passed, "via": VIA}
            )
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                with trio.CancelScope() as enough:
                    async for part in response.aiter_bytes():
                        data += part
                        if len(data) > REPLY_MAX_BYTES:
                            enough.cancel()  # leaves none of httpx's nested generators open
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BackendFailed(self.forward.url, str(error) or type(error).__name__) from error
        finally:
            self._free.append(client)
        if len(data) > REPLY_MAX_BYTES:
            raise BackendFailed(self.forward.url, "its answer is too long")
        said = response.headers.get("content-type", "application/json")
        return Reply(response.status_code, bytes(data), content_type=said)

    def _client(self) -> httpx.AsyncClient:
        if self._free:
            return self._free.pop()
        timeout = httpx.Timeout(self.forward.timeout_ms / 1000)
        return httpx.AsyncClient(transport=self.transports(), timeout=timeout, trust_env=False)
