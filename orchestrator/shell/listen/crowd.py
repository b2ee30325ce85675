"""Who is connected, in which phase, until when; and who has to go.

No connection keeps a timer of its own: moving a deadline twice per request costs more than parsing
it. Each writes down when it is due, and one sweep cancels those that are late. The phase in which
it was says why.
"""

import math
import socket
from collections import Counter
from enum import Enum

import trio
from attrs import define, field

from orchestrator.shell.listen.limits import Limits, Refused, Statistics


class Phase(Enum):
    """What a connection waits for, and so what it means when that does not come."""

    HANDSHAKE = "the end of the TLS handshake"
    IDLE = "the next request to begin"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    ANSWERING = "our own answer"
    WRITING = "the reader of our answer"
    LINGERING = "the other side to finish too"


@define(eq=False)
class Seat:
    """The place of one connection. `address` is empty where addresses are not counted."""

    raw: socket.socket
    address: str
    due: float
    phase: Phase = Phase.HANDSHAKE
    held_bytes: int = 0
    scope: trio.CancelScope = field(init=False, factory=trio.CancelScope)

    def enter(self, phase: Phase, wait_s: float) -> None:
        """Begin to wait for something, for so long."""
        self.phase = phase
        self.due = trio.current_time() + wait_s

    def is_spoken_to(self) -> bool:
        """Return whether bytes lie in the kernel that nobody has read yet."""
        try:
            return bool(self.raw.recv(1, socket.MSG_PEEK))
        except OSError:
            return False


@define(eq=False)
class Crowd:
    """All connections of one listener."""

    limits: Limits
    is_closing: bool = False
    requests: int = 0
    _accepted: int = 0
    _held_bytes: int = 0
    _refused: Counter[Refused] = field(init=False, factory=Counter)
    _seats: dict[Seat, None] = field(init=False, factory=dict)
    _idle: dict[Seat, None] = field(init=False, factory=dict)  # longest idle first
    _by_address: Counter[str] = field(init=False, factory=Counter)

    def admit(self, raw: socket.socket, address: str) -> Seat | Refused:
        """Return a seat, if need be one that an idle connection has to leave; or why there is none.

        Who uses up what one address may have can only push out its own.
        """
        self._accepted += 1
        if (
            address
            and self._by_address[address] >= self.limits.address_connections_max
            and not self._evict(address)
        ):
            return self.refuse(Refused.TOO_MANY_FROM_ADDRESS)
        if len(self._seats) >= self.limits.connections_max and not self._evict():
            return self.refuse(Refused.TOO_MANY)
        seat = Seat(raw, address, trio.current_time() + self.limits.read_s)
        self._seats[seat] = None
        self._by_address[address] += 1
        return seat

    def _evict(self, address: str | None = None) -> bool:
        """Return whether an idle connection could be closed; the one that is idle longest is."""
        for seat in self._idle:
            if address is None or seat.address == address:
                self.refuse(Refused.EVICTED)
                self.leave(seat)
                seat.scope.cancel()
                return True
        return False

    def make_room(self) -> None:
        """Close the connection that is idle longest: the process has no file descriptor left."""
        self._evict()

    def leave(self, seat: Seat) -> None:
        """Free a seat; one that is free already stays so."""
        if seat not in self._seats:
            return
        del self._seats[seat]
        self._idle.pop(seat, None)
        self.hold(seat, 0)
        self._by_address[seat.address] -= 1
        if not self._by_address[seat.address]:
            del self._by_address[seat.address]

    def rest(self, seat: Seat, wait_s: float) -> None:
        """Let a connection be idle."""
        seat.enter(Phase.IDLE, wait_s)
        self._idle[seat] = None

    def rouse(self, seat: Seat) -> None:
        """Take a connection from among the idle ones."""
        self._idle.pop(seat, None)

    def hold(self, seat: Seat, held_bytes: int) -> bool:
        """Return whether there is memory for that much of an unfinished body."""
        self._held_bytes += held_bytes - seat.held_bytes
        seat.held_bytes = held_bytes
        return self._held_bytes <= self.limits.bodies_max_bytes

    def refuse(self, reason: Refused) -> Refused:
        """Count a refusal and return it."""
        self._refused[reason] += 1
        return reason

    def sweep(self) -> None:
        """Cancel every connection that is late."""
        now = trio.current_time()
        for seat in self._seats:
            if seat.due <= now:
                seat.due = math.inf
                seat.scope.cancel()

    def close(self) -> None:
        """Part with idle connections at once, with the others when they have their answer.

        A request that has arrived already, though unread, gets its answer too.
        """
        self.is_closing = True
        for seat in self._idle:
            if not seat.is_spoken_to():
                seat.scope.cancel()

    def expel(self) -> None:
        """Cancel every connection, as if all were late."""
        for seat in self._seats:
            seat.scope.cancel()

    def statistics(self) -> Statistics:
        """Return what has been counted so far."""
        refused = dict(self._refused)
        return Statistics(len(self._seats), self._accepted, self.requests, refused)
