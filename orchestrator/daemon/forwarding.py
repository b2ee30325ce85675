"""Hooks that another application server answers: written first, then posted to it as they came."""

import structlog
from attrs import define, evolve, field

from orchestrator.core.entry import Fact
from orchestrator.core.event import HookAnswered, HookReceived
from orchestrator.core.http import Reply, Request
from orchestrator.core.json import text
from orchestrator.core.subject import subject_of
from orchestrator.daemon.admitting import Answering
from orchestrator.errors import BackendFailed, LogRefused
from orchestrator.shell.backend import Backend, Transports, network
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import EVERY, Forward, OnError
from orchestrator.web.hooks import error

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Forwarding:
    """The servers that hooks are forwarded to. One that is no longer named is closed when idle."""

    log: Log
    vault: Vault
    transports: Transports = network
    failed: dict[str, int] = field(factory=dict)
    _backends: dict[Forward, Backend] = field(factory=dict)

    async def answer(
        self, forward: Forward, answering: Answering, request: Request, echo: Reply
    ) -> Reply:
        """Return the server's answer to a hook, or what stands for it where there is none.

        `echo` is the safe answer; it stands, too, where a rule decides and the server refuses.
        """
        hook, position = answering.hook, answering.position
        backend = self._backends.setdefault(forward, Backend(forward, self.transports))
        try:
            reply = await backend.ask(hook.method, request.headers, request.body)
            decision, reason = "forwarded", ""
        except BackendFailed as failed:
            reply = echo if forward.on_error is OnError.ALLOW else error(403, "refused")
            decision, reason = forward.on_error.value, self.vault.redacted(str(failed))
            if forward.url not in self.failed:
                journal.warning("hook_not_forwarded", node=hook.node, error=reason)
            self.failed[forward.url] = self.failed.get(forward.url, 0) + 1
        else:
            if self.failed.pop(forward.url, 0):
                journal.info("hooks_forwarded_again", node=hook.node)
        if answering.found is not None:
            decision = "overruled"
        if position or reply.status != 200:
            about = subject_of(hook)
            answered = HookAnswered(hook.node, hook.method, reply.status, decision, about)
            await self._say(hook, evolve(answered, seen=position, error=reason), position)
        return reply if answering.found is None or reply.status == 200 else echo

    async def tidy(self, forwards: tuple[Forward, ...]) -> None:
        """Close what is not named any more; a hook on its way may use it again, and opens it."""
        for forward in [one for one in self._backends if one not in forwards]:
            await self._backends.pop(forward).aclose()
            self.failed.pop(forward.url, None)

    async def _say(self, hook: HookReceived, answered: HookAnswered, position: int) -> None:
        try:
            await self.log.append([Fact(answered, position)])
        except LogRefused as refused:
            journal.error("log_refused", node=hook.node, error=str(refused))


def chosen(forwards: tuple[Forward, ...], hook: HookReceived) -> Forward | None:
    """Return the first that takes the hooks of an app and a method, None where none does."""
    app = text(hook.body, "appKey")
    for forward in forwards:
        is_app = app in forward.apps or EVERY in forward.apps
        if is_app and (hook.method in forward.methods or EVERY in forward.methods):
            return forward
    return None
