"""Hooks: a POST to the backend for each thing that happens, by application and by session.

Direct invocations are `ask`ed: the node waits for the reply before it goes on. Events are `tell`ed:
they leave on their own over a bounded number of connections, in whatever order. There is no queue
on disk and no number in a hook; a backend that is down has lost what it missed.
"""

import hmac
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import orjson
import trio
from attrs import define, field, frozen

from orchestrator.emulator.faults import strikes
from orchestrator.emulator.http import Answer, SendFailed, TimedOut, lower, object_in
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.network import Hook, Network
from orchestrator.emulator.node import Node
from orchestrator.emulator.policy import DEFAULT, HookPolicy, OnError, RestPolicy
from orchestrator.emulator.settings import Generation

METHODS: Final = frozenset(
    {
        *("connect", "ConnectionStatusEvent"),
        *("publishStream", "unPublishStream", "playStream", "stopStream"),
        *("StreamStatusEvent", "StreamKeepAliveEvent", "StreamEvent"),
        *("OnCallEvent", "CallStatusEvent", "OnDataEvent"),
    }
)
"""Every hook that this emulator can send."""

CONTRARY: Final = {
    "PUBLISHING": "UNPUBLISHED",
    "UNPUBLISHED": "PUBLISHING",
    "FAILED": "PUBLISHING",
    "PLAYING": "STOPPED",
    "STOPPED": "PLAYING",
    "ESTABLISHED": "DISCONNECTED",
    "DISCONNECTED": "ESTABLISHED",
}
"""What a lying hook says instead, of streams and connections."""
CONTRARY_OF_CALLS: Final = {
    "ESTABLISHED": "FINISH",
    "FINISH": "ESTABLISHED",
    "BUSY": "ESTABLISHED",
    "FAILED": "ESTABLISHED",
}


@frozen
class Application:
    """Where the hooks of one application go.

    One that is new has no methods until some are added; a method that is not there is not sent, and
    the node goes on as if it had been allowed.
    """

    key: str
    url: str
    methods: frozenset[str] = frozenset()


@frozen
class Verdict:
    """What came of a hook that was waited for: `fields` are those to take over from the reply."""

    allowed: bool
    status: int = 0
    reply: Mapping[str, Any] = field(factory=dict)
    fields: Mapping[str, Any] = field(factory=dict)


@define(eq=False)
class Hooks:
    """All hooks of one node."""

    node: Node
    network: Network
    applications: dict[str, Application]
    leased: int = 0
    pending: int = 0
    _free: trio.Condition = field(factory=trio.Condition)

    async def ask(
        self, method: str, body: Mapping[str, Any], policy: HookPolicy = DEFAULT
    ) -> Verdict:
        """Send a direct invocation and wait for what the backend says."""
        application = self._application(method, body, policy)
        if application is None:
            return Verdict(allowed=True)
        hook = self._hook(application, method, body, policy, waited=True)
        answer = await self._exchange(hook)
        reply = reply_in(answer)
        if answer is None or reply is None:
            status = 0 if answer is None else answer.status
            return Verdict(allowed=policy.on_error is OnError.LOG, status=status)
        taken = policy.overwrites if policy.policy is RestPolicy.OVERWRITE else frozenset()
        fields = {name: value for name, value in reply.items() if name in taken}
        return Verdict(allowed=True, status=200, reply=reply, fields=fields)

    def tell(self, method: str, body: Mapping[str, Any], policy: HookPolicy = DEFAULT) -> None:
        """Let an event leave; nobody waits for it."""
        application = self._application(method, body, policy)
        if application is None:
            return
        if strikes(self.node.random, self.node.faults.hooks_lying):
            body = self._lie(method, body)
        hook = self._hook(application, method, body, policy, waited=False)
        self.node.spawn(partial(self._tell, hook, policy))

    async def _tell(self, hook: Hook, policy: HookPolicy) -> None:
        """Send an event; under FAIL its client hears of an error, and that is all."""
        answer = await self._exchange(hook)
        if reply_in(answer) is None and policy.on_error is OnError.FAIL:
            detail = {"method": hook.method}
            self.node.note(Kind.CLIENT, "ErrorEvent", object=hook.subject, detail=detail)

    def _application(
        self, method: str, body: Mapping[str, Any], policy: HookPolicy
    ) -> Application | None:
        """Return where this hook goes, None when it is not sent at all."""
        off = self.node.settings.disable_rest_requests or policy.policy is RestPolicy.DISABLE
        application = self.applications.get(str(body.get("appKey")))
        if off or application is None or method not in application.methods:
            return None
        return application

    def _hook(
        self,
        application: Application,
        method: str,
        body: Mapping[str, Any],
        policy: HookPolicy,
        *,
        waited: bool,
    ) -> Hook:
        sent = {name: value for name, value in body.items() if name not in policy.excludes}
        subject = subject_of(body)
        data = orjson.dumps(sent)
        url = f"{application.url.rstrip('/')}/{method}"
        return Hook(method, url, self._headers(data), data, subject, waited)

    def _headers(self, data: bytes) -> dict[str, str]:
        settings = self.node.settings
        old = settings.generation is Generation.Y2017
        headers = {
            "Accept": "application/json, application/*+json" if old else "application/json",
            "Content-Type": "application/json;charset=UTF-8",
            "User-Agent": "Java/1.8.0_45" if old else "Java/1.8.0_111",
            "Connection": "keep-alive",
        }
        if settings.rest_hook_send_hash:
            key = settings.rest_hook_secret_key.encode()
            headers["Authorization"] = f"WCS {hmac.new(key, data, 'md5').hexdigest()}"
        return headers

    def _lie(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        contrary = CONTRARY_OF_CALLS if method == "CallStatusEvent" else CONTRARY
        status = body.get("status")
        if status not in contrary:
            return body
        lie = {**body, "status": contrary[status]}
        subject = subject_of(body)
        detail = {"method": method, "body": lie}
        self.node.note(Kind.FAULT, "hook lying", object=subject, detail=detail)
        return lie

    async def _exchange(self, hook: Hook) -> Answer | None:
        """Return the backend's answer, None when there was none.

        Only a failure to send is tried again: neither a timeout nor any status is.
        """
        await self._lease()
        try:
            for _ in range(1 + self.node.settings.request_retry_count):
                try:
                    return await self.network.carry(hook)
                except SendFailed:
                    await trio.lowlevel.checkpoint()
                except TimedOut:
                    return None
            return None
        finally:
            self.leased -= 1
            with trio.CancelScope(shield=True):
                async with self._free:
                    self._free.notify()

    async def _lease(self) -> None:
        """Block until one of the connections to the backend is free."""
        self.pending += 1
        try:
            async with self._free:
                while self.leased >= self.node.settings.hook_connections:
                    await self._free.wait()
                self.leased += 1
        finally:
            self.pending -= 1


def subject_of(body: Mapping[str, Any]) -> str:
    """Return the id of what a hook is about."""
    ids = ("mediaSessionId", "callId", "sessionId")
    return next((str(body[id_]) for id_ in ids if body.get(id_)), "")


def reply_in(answer: Answer | None) -> dict[str, Any] | None:
    """Return the object of a good reply: 200, labelled JSON, one object; None for any other."""
    if answer is None or answer.status != 200:
        return None
    if "json" not in lower(answer.headers).get("content-type", ""):
        return None
    return object_in(answer.body) if answer.body else None
