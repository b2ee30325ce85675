"""The way from a node to its backend: where hooks are lost, doubled, late and overtaken.

What is under way here belongs to no life of the node: a late hook arrives even after a restart.
"""

from collections.abc import Mapping
from functools import partial

import trio
from attrs import define, field, frozen

from orchestrator.emulator.faults import strikes
from orchestrator.emulator.http import Answer, Post, SendFailed, TimedOut, json_answer, object_in
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import Node


@frozen
class Hook:
    """One hook, ready to be sent. `waited` says that the node does not go on without its reply."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    subject: str
    waited: bool


@define(eq=False)
class Network:
    """Carries hooks to the backend through `post`, and spoils some."""

    node: Node
    post: Post
    _overtaken: trio.Event = field(factory=trio.Event)

    async def carry(self, hook: Hook) -> Answer:
        """Return the backend's answer, or a made-up one for a hook that the network kept."""
        faults, random = self.node.faults, self.node.random
        if strikes(random, faults.hooks_lost):
            self._fault("hook lost", hook)
            return await self._swallow(hook)
        if strikes(random, faults.hooks_doubled):
            for _ in range(random.randint(1, faults.hooks_copies)):
                self._fault("hook doubled", hook)
                self._send_late(hook, random.uniform(0, faults.hooks_late_s))
        if not hook.waited and strikes(random, faults.hooks_delayed):
            self._fault("hook delayed", hook)
            self._send_late(hook, random.uniform(0, faults.hooks_late_s))
            return taken(hook)
        if not hook.waited and strikes(random, faults.hooks_reordered):
            self._fault("hook reordered", hook)
            self.node.send_off(partial(self._deliver_overtaken, hook, faults.hooks_late_s))
            return taken(hook)
        return await self._deliver(hook)

    async def _swallow(self, hook: Hook) -> Answer:
        if not hook.waited:
            return taken(hook)
        timeout_s = self.node.settings.rest_request_timeout
        await trio.sleep(timeout_s or float("inf"))
        raise TimedOut(hook.url)

    def _send_late(self, hook: Hook, late_s: float) -> None:
        async def wait_and_deliver() -> None:
            await trio.sleep(late_s)
            await self._deliver_to_nobody(hook)

        self.node.send_off(wait_and_deliver)

    async def _deliver_overtaken(self, hook: Hook, late_s: float) -> None:
        with trio.move_on_after(late_s):
            await self._overtaken.wait()
        await self._deliver_to_nobody(hook)

    async def _deliver_to_nobody(self, hook: Hook) -> None:
        """Deliver a hook whose reply nobody waits for any more."""
        try:
            await self._deliver(hook)
        except (SendFailed, TimedOut):
            return  # The journal has it.

    async def _deliver(self, hook: Hook) -> Answer:
        timeout_s = self.node.settings.rest_request_timeout
        sent_s, status = self.node.now_s, 0
        try:
            with trio.move_on_after(timeout_s or float("inf")):
                answer = await self.post(hook.url, hook.headers, hook.body, timeout_s)
                status = answer.status
                return answer
            raise TimedOut(hook.url)
        finally:
            self._overtaken.set()
            self._overtaken = trio.Event()
            detail = {"sent_s": sent_s, "url": hook.url, "body": object_in(hook.body)}
            self.node.note(
                Kind.HOOK, hook.method, object=hook.subject, status=status, detail=detail
            )

    def _fault(self, what: str, hook: Hook) -> None:
        detail = {"method": hook.method, "body": object_in(hook.body)}
        self.node.note(Kind.FAULT, what, object=hook.subject, detail=detail)


def taken(hook: Hook) -> Answer:
    """Return the answer that lets the node believe all is well: the object it sent."""
    return json_answer(object_in(hook.body))
