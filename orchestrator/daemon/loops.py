"""The loops of all nodes: started, renewed and ended as the configuration wants them."""

import structlog
import trio
from attrs import define, field, frozen

from orchestrator.daemon.looking import client_of
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.reconcile import Reconciler
from orchestrator.shell.log.log import Log
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import NodeSettings, Settings

journal = structlog.stdlib.get_logger()


@frozen(eq=False)
class Running:
    """One node's loop: the settings that it was started with, and how to end it."""

    node: NodeSettings
    call_ms: int
    scope: trio.CancelScope = field(factory=trio.CancelScope)


@define(eq=False)
class Loops:
    """One loop for each managed node, each in a scope of its own."""

    memory: Memory
    log: Log
    vault: Vault
    is_plan_only: bool = False
    nursery: trio.Nursery = field(init=False)
    reconcilers: dict[str, Reconciler] = field(factory=dict)
    _running: dict[str, Running] = field(factory=dict)

    def apply(self, settings: Settings) -> None:
        """Start, renew and end loops; one whose settings are as they were goes on."""
        call_ms, nodes = settings.configuration.timing.call_ms, settings.configuration.nodes
        managed = {name: one for name, one in settings.nodes.items() if not nodes[name].retired}
        for name, running in [*self._running.items()]:
            if (managed.get(name), call_ms) != (running.node, running.call_ms):
                self._running.pop(name).scope.cancel()
                del self.reconcilers[name]
        for name, node in sorted(settings.nodes.items()):
            if not node.hook_tokens and not node.hook_secrets:
                journal.warning("node_without_token", node=name, message="its hooks are refused")
            if name in managed and name not in self._running:
                self._start(name, Running(node, call_ms))

    async def wait_idle(self, grace_s: float) -> None:
        """Block until no call is in flight, at most as long as the grace; none is begun."""
        for reconciler in self.reconcilers.values():
            reconciler.is_plan_only = True
        with trio.move_on_after(grace_s):
            while any(one.busy or one.calling for one in self.memory.nodes.values()):  # noqa: ASYNC110 - once
                await trio.sleep(0.02)

    def _start(self, name: str, running: Running) -> None:
        node = running.node
        client = client_of(name, node, running.call_ms, self.vault)
        reconciler = Reconciler(name, self.memory, self.log, self.vault, client, self.is_plan_only)
        self.reconcilers[name] = reconciler
        self._running[name] = running
        self.memory.node(name).is_all_concerned = True
        self.nursery.start_soon(_run, reconciler, running.scope)


async def _run(reconciler: Reconciler, scope: trio.CancelScope) -> None:
    with scope:
        try:
            await reconciler.run()
        finally:
            with trio.CancelScope(shield=True), trio.move_on_after(1):
                await reconciler.client.aclose()
