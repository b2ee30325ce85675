"""One connection's life: read, answer, read on; and its last words when it was late.

Knows nothing of listening sockets and of other connections but what the crowd tells.
"""

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio
from attrs import define

from orchestrator.core.http import Reply, Request
from orchestrator.shell.listen.answer import CONTINUE, encode, error
from orchestrator.shell.listen.crowd import Crowd, Phase, Seat
from orchestrator.shell.listen.limits import Refused
from orchestrator.shell.listen.parse import Heard, Parser, Refusal, Stage
from orchestrator.shell.listen.wire import Gone, Wire

Respond = Callable[[Request], Awaitable[Reply]]

_BROKEN = error(500, "internal error")
_PHASES = {Stage.HEAD: Phase.HEAD, Stage.BODY: Phase.BODY}


@define(eq=False)
class Connection:
    """A wire, its seat in the crowd, and what it says."""

    wire: Wire
    seat: Seat
    parser: Parser
    crowd: Crowd
    respond: Respond

    async def run(self) -> None:
        """Serve until either side has had enough. A bug in `respond` is answered 500 and raised."""
        try:
            with self.seat.scope:
                await self.wire.open()
                self.crowd.rest(self.seat, self.crowd.limits.read_s)
                await self._converse()
            if self.seat.scope.cancelled_caught:
                self._say_why()
        except Gone:
            if self.seat.phase is Phase.HANDSHAKE:
                self.crowd.refuse(Refused.HANDSHAKE)
        finally:
            self.wire.close()
            self.crowd.leave(self.seat)

    async def _converse(self) -> None:
        """Take segments and answer what they complete, one after the other."""
        while data := await self.wire.receive():
            self.crowd.rouse(self.seat)
            for count, heard in enumerate(self.parser.feed(data)):
                if count:  # many requests in one segment must not keep others waiting
                    await trio.lowlevel.checkpoint()
                if isinstance(heard, Refusal):
                    return await self._refuse(heard)
                if not await self._answer(heard):
                    return await self._part()
            if not await self._read_on():
                return None
        return None

    async def _answer(self, heard: Heard) -> bool:
        """Return whether the connection goes on behind the answer."""
        request, reply = heard.request, _BROKEN
        self.seat.enter(Phase.ANSWERING, self.crowd.limits.answer_s)
        try:
            reply = await self.respond(request)
        finally:  # an exception is not kept from anyone; only its victim hears of it first
            if reply is _BROKEN and trio.current_effective_deadline() != -math.inf:
                with suppress(Gone):
                    self.wire.push(encode(_BROKEN, keeps=False, bodiless=request.method == "HEAD"))
        self.crowd.requests += 1
        keeps = heard.keeps and not self.crowd.is_closing
        await self._send(encode(reply, keeps=keeps, bodiless=request.method == "HEAD"))
        return keeps

    async def _read_on(self) -> bool:
        """Return whether to read on, having noted what for and until when."""
        seat, crowd, parser = self.seat, self.crowd, self.parser
        if parser.stage is Stage.BETWEEN:
            if crowd.is_closing:
                await self._part()
                return False
            crowd.rest(seat, crowd.limits.idle_s)
            return True
        phase = _PHASES[parser.stage]
        if phase is not seat.phase:
            seat.enter(phase, crowd.limits.read_s)
        if not crowd.hold(seat, len(parser.body)):
            await self._refuse(Refusal(503, "busy", Refused.TOO_MUCH_UNFINISHED))
            return False
        if parser.expects_continue:
            parser.expects_continue = False
            await self._send(CONTINUE)
            seat.enter(phase, crowd.limits.read_s)
        return True

    async def _send(self, data: bytes) -> None:
        """Block until the kernel has all of it; a reader that stalls is dropped by the sweep."""
        rest = self.wire.push(data)
        if rest:
            self.seat.enter(Phase.WRITING, self.crowd.limits.write_s)
            await self.wire.drain(rest)

    async def _refuse(self, refusal: Refusal) -> None:
        """Say no and part: what follows in the stream cannot be told from anything."""
        self.crowd.refuse(refusal.reason)
        await self._send(encode(error(refusal.status, refusal.error), keeps=False))
        await self._part()

    async def _part(self) -> None:
        """Finish, and let the other side finish too.

        Closing a socket that has unread bytes resets it, and the reset can overtake our answer.
        """
        self.seat.enter(Phase.LINGERING, self.crowd.limits.linger_s)
        self.wire.finish()
        await self.wire.discard()

    def _say_why(self) -> None:
        """Tell a connection that was late, where that can still be understood."""
        match self.seat.phase:
            case Phase.HEAD | Phase.BODY:
                self.crowd.refuse(Refused.TOO_SLOW)
                self.wire.push(encode(error(408, "request too slow"), keeps=False))
            case Phase.ANSWERING:
                self.crowd.refuse(Refused.UNANSWERED)
                self.wire.push(encode(error(503, "no answer in time"), keeps=False))
            case Phase.WRITING:
                self.crowd.refuse(Refused.STALLED)
            case Phase.HANDSHAKE:
                self.crowd.refuse(Refused.HANDSHAKE)
            case Phase.IDLE | Phase.LINGERING:
                pass
