"""The daemon from start to end.

Opens the log, folds it, reads the documents, opens the sockets, starts one loop for each node, and
tells systemd what it is at. SIGHUP reads the documents again; SIGTERM and SIGINT end it: hooks in
flight are answered, calls in flight get a moment, and what they leave open the next start settles.
"""

import os
import signal
import socket
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import trio
from attrs import define, evolve, field

from orchestrator.codec import Codec, codec_of
from orchestrator.core.event import ClockStepped, DaemonStarted, DaemonStopped, Fact
from orchestrator.core.plan import is_settled
from orchestrator.daemon.clock import Clock
from orchestrator.daemon.intake import Intake
from orchestrator.daemon.load import Documents, Loader, Taken
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.operate import Operator
from orchestrator.daemon.reconcile import Reconciler
from orchestrator.errors import DocumentError, Fault, LogRefused
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell import systemd
from orchestrator.shell.documents.configuration import read_configuration
from orchestrator.shell.documents.folder import Signature
from orchestrator.shell.documents.state import StateReader
from orchestrator.shell.documents.watch import signatures, wait_changed
from orchestrator.shell.listen.address import open_sockets
from orchestrator.shell.listen.limits import Limits
from orchestrator.shell.listen.serve import Listener, serve
from orchestrator.shell.listen.wire import Tls
from orchestrator.shell.log.log import Log
from orchestrator.shell.log.read import verify_older
from orchestrator.shell.log.sqlite import SqliteStore
from orchestrator.shell.secrets import Vault, sealing_key
from orchestrator.shell.settings import NodeSettings, Settings
from orchestrator.shell.wcs import Endpoint, NodeClient, network

GRACE_S: Final = 5.0  # for hooks and calls in flight when we are to end
TICK_S: Final = 1.0
HEAD_EVERY_S: Final = 3600.0  # a head that left the machine is what proves the log to others
SETTLED_EVERY_S: Final = 0.2

journal = structlog.stdlib.get_logger()


@define(eq=False)
class Daemon:
    """Everything composed, by hand and visibly."""

    path: Path
    settings: Settings
    version: str
    is_plan_only: bool = False
    clock: Clock = field(factory=Clock)
    codec: Codec = field(factory=partial(codec_of, KINDS))
    vault: Vault = field(init=False)
    memory: Memory = field(init=False)
    store: SqliteStore = field(init=False)
    log: Log = field(init=False)
    intake: Intake = field(init=False)
    loader: Loader = field(init=False)
    operator: Operator = field(init=False)
    states: StateReader = field(init=False)
    reconcilers: dict[str, Reconciler] = field(factory=dict)
    scopes: dict[str, tuple[NodeSettings, trio.CancelScope]] = field(factory=dict)
    nodes: trio.Nursery = field(init=False)
    listeners: list[Listener] = field(factory=list)
    tls: Tls | None = None
    stopping: trio.Event = field(factory=trio.Event)
    ended: trio.Event = field(factory=trio.Event)
    started: trio.Event = field(factory=trio.Event)
    loading: trio.Lock = field(factory=trio.Lock)
    seen: Mapping[Path, Signature] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Put the parts together; no log and no socket is opened yet."""
        folder = self.settings.log.path
        self.memory = Memory(KINDS, self.clock.now_ms)
        self.store = SqliteStore(folder, self.settings.log.segment_max_bytes)
        self.log = Log(
            self.store,
            self.codec,
            self.clock.now_ms,
            self.memory.committed,
            lambda: self.codec.checkpoint(self.memory.world),
        )
        self.vault = Vault(b"")
        self.intake = Intake(self.settings, self.memory, self.log, self.vault)
        self.loader = Loader(self.memory, self.log)
        self.operator = Operator(
            self.memory,
            self.log,
            self.vault,
            self.codec,
            self.intake,
            self.reconcilers,
            self.reload,
            self.version,
        )
        self.states = StateReader()
        self.seen = signatures(self._watched())

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until asked to stop.

        Raises:
            LogHeld, LogDamaged, LogNewer, LogRefused: the log cannot be taken.
            DocumentError: the configuration is faulty, or a state file with an empty log.
        """
        await self.log.open()
        try:
            self.clock.not_before(self.memory.world.at_ms)
            async with trio.open_nursery() as nursery:
                await nursery.start(self.log.run)
                await self._begin()
                async with trio.open_nursery() as self.nodes:
                    self._apply(self.settings)
                    await self._listen(nursery)
                    nursery.start_soon(self._tick)
                    nursery.start_soon(self._watch)
                    nursery.start_soon(self._verify_older)
                    systemd.ready(self._status_line())
                    journal.info("ready", position=self.log.head.position)
                    self.started.set()
                    task_status.started()
                    await self.stopping.wait()
                    await self._end()
                nursery.cancel_scope.cancel()
        finally:
            self.store.close()
            self.ended.set()

    async def reload(self, actor: str, cause: int = 0) -> Taken:
        """Read the documents again and take what is good of them; one reload at a time.

        Raises:
            DocumentError: orchestrator.yaml itself is faulty; everything stays as it was.
            LogRefused: nothing was taken.
        """
        async with self.loading:
            systemd.reloading()
            try:
                documents = await trio.to_thread.run_sync(self._read)
                taken = await self.loader.load(documents, actor=actor, cause=cause)
                self._apply(documents.settings)
                taken = evolve(taken, faults=(*taken.faults, *self._renew_certificate()))
            finally:
                systemd.ready(self._status_line())
        return taken

    def _renew_certificate(self) -> tuple[Fault, ...]:
        """Read the certificate of the hooks again; one that is half written is not taken."""
        try:
            if self.tls is not None:
                self.tls.reload()
        except OSError as error:
            message = f"{error.strerror}: the certificate in use stays; write both and reload"
            fault = Fault(str(error.filename), 1, 1, message)
            journal.error("document_rejected", place=str(fault))
            return (fault,)
        return ()

    async def _begin(self) -> None:
        path = self.settings.log.path / "seal.key"
        is_first_start = not self.memory.world.is_configured
        self.vault.key = sealing_key(path, is_first_start=is_first_start)
        await self.log.append([Fact(DaemonStarted(self.version, os.getpid()))])
        self.vault.sources = self.settings.secrets
        self.vault.whole = self.settings.hooks.sealed
        documents = await trio.to_thread.run_sync(partial(self._read_state, self.settings))
        await self.loader.load(documents, actor="orchestrator")

    def _read(self) -> Documents:
        return self._read_state(read_configuration(self.path))

    def _read_state(self, settings: Settings) -> Documents:
        self.vault.sources, self.vault.whole = settings.secrets, settings.hooks.sealed
        declared = self.memory.world.declared
        return Documents(settings, self.states.read(settings, self.vault, KINDS, declared=declared))

    def _apply(self, settings: Settings) -> None:
        """Start, renew and end the loops of nodes as the configuration wants them."""
        self.settings = self.intake.settings = settings
        for name in [*self.scopes]:
            if settings.nodes.get(name) != self.scopes[name][0]:
                self.scopes.pop(name)[1].cancel()
                del self.reconcilers[name]
        for name, node in sorted(settings.nodes.items()):
            if not node.hook_tokens and not node.hook_secrets:
                journal.warning("node_without_token", node=name, message="its hooks are refused")
            is_managed = not settings.configuration.nodes[name].retired
            if is_managed and name not in self.scopes:
                self._start_node(name, node)

    def _start_node(self, name: str, node: NodeSettings) -> None:
        endpoint = Endpoint(
            node=name,
            url=node.url,
            username=node.username,
            ca=node.tls_ca,
            parallel=node.parallel,
            per_second=node.per_second,
            call_s=self.settings.configuration.timing.call_ms / 1000,
        )
        client = NodeClient(endpoint, lambda: self.vault.resolved(node.password), network(endpoint))
        reconciler = Reconciler(name, self.memory, self.log, self.vault, client, self.is_plan_only)
        scope = trio.CancelScope()
        self.reconcilers[name] = reconciler
        self.scopes[name] = (node, scope)
        self.memory.node(name).is_all_concerned = True
        self.nodes.start_soon(self._run_node, reconciler, scope)

    async def _run_node(self, reconciler: Reconciler, scope: trio.CancelScope) -> None:
        with scope:
            try:
                await reconciler.run()
            finally:
                with trio.CancelScope(shield=True), trio.move_on_after(1):
                    await reconciler.client.aclose()

    async def _listen(self, nursery: trio.Nursery) -> None:
        handed = systemd.inherited()
        hooks = self.settings.hooks
        if hooks.tls is not None:
            self.tls = Tls(hooks.tls.certificate, hooks.tls.key)
        sockets = handed.pop("hooks", None) or handed.pop("unknown", None)
        limits = Limits(body_max_bytes=hooks.body_max_bytes)
        listening: Sequence[socket.socket] = sockets or open_sockets(hooks.listen)
        await self._serve(nursery, listening, self.intake.respond, limits, self.tls)
        control = handed.pop("control", None) or self._control_sockets()
        await self._serve(nursery, control, self.operator.respond, Limits(), None)

    def _control_sockets(self) -> tuple[socket.socket, ...]:
        path = self.settings.control
        path.parent.mkdir(parents=True, exist_ok=True)
        return open_sockets(f"unix:{path}")

    async def _serve(
        self,
        nursery: trio.Nursery,
        sockets: Sequence[socket.socket],
        respond: object,
        limits: Limits,
        tls: Tls | None,
    ) -> None:
        listener = await nursery.start(partial(serve, tls=tls), sockets, respond, limits)
        self.listeners.append(listener)

    async def _tick(self) -> None:
        """Feed the watchdog as long as every node's loop turns; notice steps of the clock."""
        every_s = systemd.watchdog_s()
        named = -HEAD_EVERY_S
        while True:
            if trio.current_time() - named >= HEAD_EVERY_S:
                named = trio.current_time()
                head = self.log.head
                journal.info("log_head", position=head.position, hash=head.hash)
            for name in self.reconcilers:
                self.memory.node(name).stir()
            asked = trio.current_time()
            await trio.sleep(min(TICK_S, every_s))
            if by_ms := self.clock.step_ms():
                journal.warning("clock_stepped", by_ms=by_ms)
                await self._append(Fact(ClockStepped(by_ms)))
            if all(loop.beat >= asked for loop in self.reconcilers.values()):
                systemd.alive()
            systemd.status(self._status_line())

    async def _verify_older(self) -> None:
        """Verify what a start does not read; until that is done, nothing is ended.

        Raises:
            LogDamaged: the history is not what was written.
        """
        await trio.to_thread.run_sync(verify_older, self.settings.log.path)
        self.memory.is_verified = True
        for node in self.memory.nodes.values():
            node.is_all_concerned = True
            node.stir()

    async def _watch(self) -> None:
        """Read documents again when files change, if that is wanted.

        What counts as changed is taken before they are read, so that nothing falls in between.
        """
        while True:
            await wait_changed(self._watched(), since=self.seen)
            self.seen = signatures(self._watched())
            if self.settings.watch:
                await self.reload_by_itself()

    def _watched(self) -> tuple[Path, ...]:
        return (self.path, *self.settings.state, *self.settings.rules)

    async def reload_by_itself(self) -> None:
        """Read the documents again on a signal or a change; faults are told, nothing is raised.

        One that comes during the start waits until it is over.
        """
        await self.started.wait()
        if self.stopping.is_set():
            return
        try:
            await self.reload("orchestrator")
        except DocumentError as refused:
            for fault in refused.faults:
                journal.error("document_rejected", place=str(fault))
        except LogRefused as refused:
            journal.error("log_refused", error=str(refused))

    async def _append(self, fact: Fact) -> None:
        try:
            await self.log.append([fact])
        except LogRefused as refused:
            journal.error("log_refused", error=str(refused))

    async def _end(self) -> None:
        systemd.stopping("answering what is in flight")
        async with trio.open_nursery() as nursery:
            for listener in self.listeners:
                nursery.start_soon(listener.stop, GRACE_S)
            nursery.start_soon(self._wait_idle)
        self.nodes.cancel_scope.cancel()
        await self._append(Fact(DaemonStopped("asked to")))
        self.log.close()

    async def _wait_idle(self) -> None:
        """Block until no call is in flight, at most as long as the grace."""
        for reconciler in self.reconcilers.values():
            reconciler.is_plan_only = True
        with trio.move_on_after(GRACE_S):
            while any(node.busy for node in self.memory.nodes.values()):  # noqa: ASYNC110 - once
                await trio.sleep(0.02)

    def _status_line(self) -> str:
        world = self.memory.world
        held = f", {len(world.holds)} held sets" if world.holds else ""
        return f"position {world.position}, {len(world.wanted)} resources{held}"

    async def wait_settled(self, *, allow_held: bool) -> None:
        """Block until nothing is to be done and nothing is under way."""
        while True:
            verdicts = [v for planned in self.operator.view().planned() for v in planned.verdicts]
            if all(is_settled(verdict, allow_held=allow_held) for verdict in verdicts):
                return
            await trio.sleep(SETTLED_EVERY_S)


async def handle_signals(daemon: Daemon) -> None:
    """Reload on SIGHUP; end on SIGTERM and SIGINT, at once on the second."""
    async with trio.open_nursery() as nursery:
        with trio.open_signal_receiver(signal.SIGHUP, signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                if number == signal.SIGHUP:
                    nursery.start_soon(daemon.reload_by_itself)
                elif daemon.stopping.is_set():
                    os._exit(1)
                else:
                    daemon.stopping.set()
