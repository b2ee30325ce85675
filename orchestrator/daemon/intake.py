"""Hooks in: verify the sender, append what was said, answer.

The answer leaves only after the entry is on disk. Refusals are counted and named, at most once a
minute for each node, peer and reason, and never with a token.
"""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Final

import structlog
import trio
from attrs import define, evolve, field

from orchestrator.core.entry import Fact
from orchestrator.core.event import HookReceived, HooksLost
from orchestrator.core.http import InetPeer, Peer, Reply, Request
from orchestrator.daemon.admitting import Admission, Answering
from orchestrator.daemon.forwarding import Forwarding, chosen
from orchestrator.daemon.memory import Memory
from orchestrator.errors import LogRefused, SecretMissing
from orchestrator.shell.backend import VIA
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault, is_same, is_signed
from orchestrator.shell.settings import NodeSettings, Settings
from orchestrator.web.hooks import Address, Counted, Refused, Taken, address_of, error, take

TEND_EVERY_S: Final = 1.0
NAMED_EVERY_MS: Final = 60_000
REFUSALS_MAX: Final = 1_000  # different refusals kept; a scanner shall not fill memory
RETRY_AFTER_S: Final = "2"
FORBIDDEN: Final = error(403, "not a node that we know, or not its token")

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Refusals:
    """Refused hooks by (node, peer, reason): how many, and when they were last named."""

    _counts: dict[tuple[str, str, str], int] = field(factory=dict)
    _named_ms: dict[tuple[str, str, str], int] = field(factory=dict)

    def count(self, node: str, peer: str, reason: str, now_ms: int) -> None:
        """Count one refusal, and name it in the journal unless that was done just now."""
        key = (node, peer, reason)
        if key not in self._counts and len(self._counts) >= REFUSALS_MAX:
            oldest = next(iter(self._counts))
            del self._counts[oldest]
            self._named_ms.pop(oldest, None)
        self._counts[key] = self._counts.get(key, 0) + 1
        if now_ms - self._named_ms.get(key, -NAMED_EVERY_MS) >= NAMED_EVERY_MS:
            self._named_ms[key] = now_ms
            journal.warning(
                "hook_refused", node=node, peer=peer, reason=reason, count=self._counts[key]
            )

    def listed(self) -> tuple[tuple[str, str, str, int], ...]:
        """Return all of them, most frequent first."""
        rows = [(*key, count) for key, count in self._counts.items()]
        return tuple(sorted(rows, key=lambda row: (-row[3], row)))


@define(eq=False)
class Intake:
    """Answers what comes in on the hooks' socket."""

    settings: Settings
    memory: Memory
    log: Log
    vault: Vault
    refusals: Refusals = field(factory=Refusals)
    received: int = 0
    counted: int = 0
    repeated: int = 0
    lost: dict[str, HooksLost] = field(factory=dict)
    forwarding: Forwarding = field(init=False)
    admission: Admission = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.forwarding = Forwarding(self.log, self.vault)
        self.admission = Admission(self.memory, self.log, self.vault)

    async def respond(self, request: Request) -> Reply:
        """Return the answer to one request."""
        address = address_of(request)
        if VIA in request.headers.get("via", ""):
            self._refused("", request, "a hook that was forwarded came back")
            return error(403, "hooks.forward leads back to here: name the application server")
        if address is None:
            self._refused("", request, "no such path")
            return error(404, "hooks are posted to /hooks/NODE/TOKEN/METHOD")
        if reason := self._distrust(address, request):
            self._refused(address.node, request, reason)
            return FORBIDDEN
        taken = take(address, request, self.memory.world, self.vault.guard, self.memory.now_ms())
        match taken:
            case Refused(reply=reply, reason=reason):
                self._refused(address.node, request, reason)
                return reply
            case Counted(hook=hook, reply=reply) if self.admission.passes(hook):
                self.counted += 1
                return await self._answer(Answering(hook), request, reply)
            case Counted(hook=hook, reply=reply) | Taken(hook=hook, reply=reply):
                try:
                    answering = await self._append(hook)
                except LogRefused as refused:
                    self._refused(address.node, request, "the log cannot be written")
                    if not self.settings.hooks.answers_without_log:
                        return error(503, str(refused), Retry_After=RETRY_AFTER_S)
                    self._lose(address.node)
                    answering = Answering(hook, found=self.admission.found(hook))
                else:
                    self.received += 1
                return await self._answer(answering, request, reply)

    async def tend(self) -> None:
        """Own up to what is lost and close what is not used, again and again, until cancelled.

        A log that hangs holds up this and nothing else.
        """
        while True:
            await trio.sleep(TEND_EVERY_S)
            await self.own_up()
            await self.forwarding.tidy(self.settings.hooks.forward)

    async def own_up(self) -> None:
        """Say in the log which hooks were answered and not written, if it can be written again."""
        while self.lost:
            node, lost = next(iter(self.lost.items()))
            try:
                await self.log.append([Fact(lost)])
            except LogRefused:
                return
            more = self.lost[node].count - lost.count
            if more:
                self.lost[node] = evolve(lost, count=more)
            else:
                del self.lost[node]

    def _lose(self, node: str) -> None:
        lost = self.lost.get(node) or HooksLost(node, 0, self.memory.now_ms())
        self.lost[node] = evolve(lost, count=lost.count + 1)

    async def _answer(self, answering: Answering, request: Request, echo: Reply) -> Reply:
        """Return the echo, or what the server says that the hook is forwarded to, under our rules.

        A rule decides whatever that server says, which is told all the same.
        """
        forward, base = chosen(self.settings.hooks.forward, answering.hook), echo
        if forward is not None:
            base = await self.forwarding.answer(forward, answering, request, echo)
        return self.admission.reply(answering, base, echo)

    async def _append(self, hook: HookReceived) -> Answering:
        """Append a hook, marked where it says again what it has said, with what rules decide."""
        async with self.memory.repeats.alone(hook):
            before = self.memory.repeats.of(hook, self.memory.now_ms())
            if before:
                hook = evolve(hook, duplicate_of=before)
                self.repeated += 1
            return await self.admission.append(hook)

    def _distrust(self, address: Address, request: Request) -> str:
        """Return why the sender is not the node that it says it is, "" when it is."""
        node = self.settings.nodes.get(address.node)
        if node is None:
            return "unknown node"
        try:
            return self._unproven(node, address, request)
        except SecretMissing as missing:
            return str(missing)

    def _unproven(self, node: NodeSettings, address: Address, request: Request) -> str:
        if node.hook_from and not is_from(request.peer, node.hook_from):
            return "an address that is not in its hookFrom"
        tokens = [token for token in map(self.vault.resolved, node.hook_tokens) if token]
        keys = [key for key in map(self.vault.resolved, node.hook_secrets) if key]
        if not node.hook_tokens and not node.hook_secrets:
            return "the node has neither hookToken nor hookSecret"
        if (node.hook_tokens and not tokens) or (node.hook_secrets and not keys):
            return "its hookToken or hookSecret is empty"
        if keys and not is_signed(request.body, request.headers.get("authorization", ""), keys):
            return "wrong signature"
        if tokens and (address.token or not keys):
            fits = [is_same(address.token, token) for token in tokens]
            return "" if any(fits) else "wrong token"
        return ""

    def _refused(self, node: str, request: Request, reason: str) -> None:
        is_known = node in self.settings.nodes
        peer = request.peer.address if isinstance(request.peer, InetPeer) else "unix"
        self.refusals.count(node if is_known else "", peer, reason, self.memory.now_ms())


def is_from(peer: Peer, networks: Sequence[str]) -> bool:
    """Return whether somebody speaks from one of these addresses or networks.

    One that is IPv4 within IPv6, as a listener for both sees it, is IPv4; who has none is nowhere.
    """
    if not isinstance(peer, InetPeer):
        return False
    address = ip_address(peer.address.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ip_network(one) for one in networks)
