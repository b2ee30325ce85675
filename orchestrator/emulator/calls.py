"""SIP calls: from the first ring to the end, and the stream that one may publish.

A start is only accepted; what comes of it follows step by step, and depends on whom is called. A
call that has ended is listed for a moment with the word for its end, and then no longer.
"""

from functools import partial
from typing import Any, ClassVar, Final

import trio
from attrs import define, field

from orchestrator.emulator.agents import UNTOLD
from orchestrator.emulator.faults import strikes
from orchestrator.emulator.hooks import Hooks
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.streams import BY_PUBLISHER, Streams
from orchestrator.emulator.things import Connection, Made, Stream

SIP_STATUS: Final = {
    "TRYING": 100,
    "RING": 180,
    "ESTABLISHED": 200,
    "FINISH": 200,
    "BUSY": 486,
    "FAILED": 404,
}
"""What a SIP peer says along with each word; of a call that nobody answered it is 408."""
STEPS: Final = ("TRYING", "RING", "ESTABLISHED")
ENDS: Final = frozenset({"BUSY", "FAILED", "FINISH"})


@define(eq=False)
class SipCall:
    """One call; `stream` is what it publishes, `injected` what is played into it."""

    sort: ClassVar[str] = "call"
    plural: ClassVar[str] = "calls"

    id: str
    caller: str
    callee: str
    app_key: str = "defaultApp"
    visible_name: str = ""
    rtmp_url: str = ""
    rtmp_stream: str = ""
    to_stream: str = ""
    has_audio: bool = True
    has_video: bool = False
    incoming: bool = False
    session_id: str = ""
    status: str = "PENDING"
    sip_status: int | None = None
    dtmf: str = ""
    injected: str = ""
    stream: Stream | None = None
    ending: bool = False
    gone: trio.Event = field(factory=trio.Event)

    @property
    def ended(self) -> bool:
        """Return whether it is only listed still."""
        return self.status in ENDS

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {
            "callee": self.callee,
            "caller": self.caller,
            "status": self.status,
            "incoming": self.incoming,
            "toStream": self.to_stream,
            "rtmpUrl": self.rtmp_url,
            "rtmpStream": self.rtmp_stream,
            "dtmf": self.dtmf,
            "injected": self.injected,
        }


@define(eq=False)
class Calls:
    """What happens to the calls of one node."""

    node: Node
    objects: Objects
    hooks: Hooks
    streams: Streams

    def reserves(self, name: str) -> bool:
        """Return whether a call publishes, or will publish, under that name."""
        calls = self.objects.of(SipCall).values()
        return any(one.to_stream == name and not one.ended for one in calls)

    def start(self, call: SipCall, cause: Cause) -> None:
        """Let a call exist; the caller has seen that there is no other of its keys."""
        faults, random = self.node.faults, self.node.random
        self.objects.came(call, cause)
        if call.incoming:
            self._tell(call, "OnCallEvent")
        struck = not faults.agent_sorts or call.sort in faults.agent_sorts
        step_s = self.node.settings.call_step_s
        if struck and strikes(random, faults.agents_fail):
            self.node.later(random.uniform(0, step_s), partial(self.vanish, call))
        else:
            self.node.later(step_s, partial(self._step, call, 0, cause))
        if struck and faults.agent_life_s > 0:
            life_s = step_s * len(STEPS) + random.expovariate(1 / faults.agent_life_s)
            self.node.later(life_s, partial(self.vanish, call))

    def terminate(self, call: SipCall, cause: Cause) -> None:
        """Take the order to hang up."""
        if not call.ending:
            call.ending = True
            end = partial(self.end, call, "FINISH", cause)
            self.node.later(self.node.settings.terminate_s, end)

    def vanish(self, call: SipCall) -> None:
        """Let the other side hang up, or the call fail if it was not answered yet."""
        word = "FINISH" if call.status == "ESTABLISHED" else "FAILED"
        if self.end(call, word, SELF):
            self.node.note(Kind.FAULT, "call vanished", object=call.id)

    def end(self, call: SipCall, word: str, cause: Cause, sip_status: int | None = None) -> bool:
        """End a call now; it is listed a moment longer. Return False when it had ended."""
        if call.gone.is_set() or call.ended:
            return False
        stream, call.stream = call.stream, None
        self._become(call, word, cause, sip_status)
        if stream is not None:
            self.streams.end(stream, BY_PUBLISHER, cause)
        go = partial(self.objects.went, call, cause)
        self.node.later(self.node.settings.call_lingers_s, go)
        return True

    def inject(self, call: SipCall, what: str, cause: Cause) -> None:
        """Play a stream or a file into a call, or nothing any more."""
        call.injected = what
        self.objects.changed(call, cause)

    def source_began(self, stream: Stream) -> None:
        """Do nothing: what is injected is named while it is there."""

    def source_ended(self, stream: Stream) -> None:
        """Let go of a stream that was injected, or of one's own that was ended otherwise."""
        for call in tuple(self.objects.of(SipCall).values()):
            if call.stream is stream:
                call.stream = None
            if call.injected == stream.id:
                self.inject(call, "", SELF)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether a stream is injected into a call."""
        return any(one.injected == stream.id for one in self.objects.of(SipCall).values())

    def _step(self, call: SipCall, number: int, cause: Cause) -> None:
        """Go one step on, or to what comes of calling this one instead."""
        if call.gone.is_set() or call.ended or call.ending:
            return
        settings, word = self.node.settings, STEPS[number]
        outcome = settings.callees.get(call.callee, "ESTABLISHED")
        if word == "ESTABLISHED" and outcome in ENDS:
            self.end(call, outcome, SELF)
            return
        self._become(call, word, cause)
        if word == "ESTABLISHED":
            self._publish(call, cause)
        elif word == outcome:
            give_up = partial(self.end, call, "FAILED", SELF, 408)
            self.node.later(settings.call_ring_s, give_up)
        else:
            self.node.later(settings.call_step_s, partial(self._step, call, number + 1, cause))

    def _become(
        self, call: SipCall, word: str, cause: Cause, sip_status: int | None = None
    ) -> None:
        call.status, call.sip_status = word, sip_status or SIP_STATUS[word]
        self.objects.changed(call, cause)
        self._tell(call, "CallStatusEvent")

    def _publish(self, call: SipCall, cause: Cause) -> None:
        """Publish what is heard, if that was asked for and nobody else does under that name."""
        if not call.to_stream or self.objects.published(call.to_stream) is not None:
            return
        policies = {} if call.sort in self.node.settings.hooked_agents else UNTOLD
        now_ms, id_ = self.node.now_ms, server_uuid(self.node.random)
        connection = Connection(call.session_id, Made.SIP, call.app_key, now_ms, policies=policies)
        call.stream = Stream(
            media_session_id=id_,
            name=call.to_stream,
            published=True,
            status="PENDING",
            connection=connection,
            created_ms=now_ms,
            has_video=call.has_video,
            has_audio=call.has_audio,
        )
        self.streams.make(call.stream, cause)

    def _tell(self, call: SipCall, method: str) -> None:
        self.hooks.tell(method, hook_call(call, self.node.id))


def hook_call(call: SipCall, node_id: str) -> dict[str, Any]:
    """Return a call as hooks show it."""
    return {
        "nodeId": node_id,
        "appKey": call.app_key,
        "sessionId": call.session_id,
        "callId": call.id,
        "incoming": call.incoming,
        "status": call.status,
        "sipStatus": call.sip_status or 0,
        "caller": call.caller,
        "callee": call.callee,
        "hasAudio": call.has_audio,
        "hasVideo": call.has_video,
        "visibleName": call.visible_name,
        "mediaProvider": "Flash",
        "isMsrp": False,
        "holdForTransfer": False,
    }
