"""The daemon from start to end.

Opens the log, folds it, reads the documents, opens the sockets, starts one loop for each node, and
tells systemd what it is at. When it ends, hooks in flight are answered, calls in flight get a
moment, and what they leave open the next start settles.
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import trio
from attrs import define, evolve, field

from orchestrator.codec import Codec, codec_of
from orchestrator.core.entry import Fact
from orchestrator.core.event import DaemonStarted, DaemonStopped
from orchestrator.core.plan import is_settled
from orchestrator.daemon.asking import deriver_of
from orchestrator.daemon.clock import Clock
from orchestrator.daemon.doors import Doors
from orchestrator.daemon.ensuring import Ensuring
from orchestrator.daemon.errands import Errands
from orchestrator.daemon.firing import Firing, asker_of
from orchestrator.daemon.intake import Intake
from orchestrator.daemon.load import Documents, Loader, Taken, places_of
from orchestrator.daemon.loops import Loops
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.operate import Operator
from orchestrator.daemon.pulse import Pulse
from orchestrator.daemon.repeats import recall
from orchestrator.errors import DocumentError, LogRefused
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell import systemd
from orchestrator.shell.documents.configuration import read_configuration
from orchestrator.shell.documents.folder import Signature
from orchestrator.shell.documents.rules import read_rules
from orchestrator.shell.documents.state import StateReader
from orchestrator.shell.documents.watch import signatures, wait_changed
from orchestrator.shell.log.log import Log
from orchestrator.shell.log.read import verify_older
from orchestrator.shell.log.sqlite import SqliteStore
from orchestrator.shell.secrets import Vault, sealing_key
from orchestrator.shell.settings import Settings

GRACE_S: Final = 5.0  # for hooks and calls in flight when we are to end
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
    ensuring: Ensuring = field(init=False)
    firing: Firing = field(init=False)
    errands: Errands = field(init=False)
    operator: Operator = field(init=False)
    states: StateReader = field(init=False)
    tables: tuple[Path, ...] = ()
    loops: Loops = field(init=False)
    doors: Doors = field(factory=Doors)
    pulse: Pulse = field(init=False)
    stopping: trio.Event = field(factory=trio.Event)
    ended: trio.Event = field(factory=trio.Event)
    started: trio.Event = field(factory=trio.Event)
    loading: trio.Lock = field(factory=trio.Lock)
    seen: Mapping[Path, Signature] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Put the parts together; no log and no socket is opened yet."""
        self.memory = Memory(KINDS, self.clock.now_ms)
        self.vault = Vault(b"")
        asker = asker_of(self.vault, self.codec, KINDS)
        self.firing = Firing(self.memory, asker, self.is_plan_only)
        self.store = SqliteStore(self.settings.log.path, self.settings.log.segment_max_bytes)
        self.log = Log(
            self.store,
            self.codec,
            self.clock.now_ms,
            self.memory.committed,
            lambda: self.codec.checkpoint(self.memory.world),
            follow=self.firing.follow,
        )
        self.intake = Intake(self.settings, self.memory, self.log, self.vault)
        deriver = deriver_of(self.vault, KINDS)
        self.loader = Loader(self.memory, self.log, deriver)
        self.ensuring = Ensuring(self.memory, self.log, deriver)
        self.loops = Loops(self.memory, self.log, self.vault, self.is_plan_only)
        reconcilers = self.loops.reconcilers
        self.errands = Errands(self.memory, self.log, self.vault, reconcilers, self.firing)
        self.pulse = Pulse(self.clock, self.memory, self.log, reconcilers)
        self.operator = Operator(
            self.memory,
            self.log,
            self.vault,
            self.codec,
            self.intake,
            self.firing,
            reconcilers,
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
                async with trio.open_nursery() as self.loops.nursery:
                    self._apply(self.settings)
                    await self.doors.open(
                        nursery, self.settings, self.intake.respond, self.operator.respond
                    )
                    nursery.start_soon(self.pulse.run)
                    nursery.start_soon(self.intake.tend)
                    nursery.start_soon(self.ensuring.run)
                    self.loops.nursery.start_soon(self.errands.run)
                    nursery.start_soon(self._watch)
                    nursery.start_soon(self._verify_older)
                    systemd.ready(self.pulse.line())
                    journal.info("ready", position=self.log.head.position)
                    self.started.set()
                    task_status.started()
                    await self.stopping.wait()
                    await self._end()
                await self._say_stopped()
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
                taken = evolve(taken, faults=(*taken.faults, *self.doors.renew()))
            finally:
                systemd.ready(self.pulse.line())
        return taken

    async def _begin(self) -> None:
        path = self.settings.log.path / "seal.key"
        is_first_start = not self.memory.world.is_configured
        self.vault.key = sealing_key(path, is_first_start=is_first_start)
        self.firing.is_ready = True
        await recall(self.log, self.memory.repeats, self.codec.decode, self.clock.now_ms())
        await self.log.append([Fact(DaemonStarted(self.version, os.getpid()))])
        self.vault.sources = self.settings.secrets
        self.vault.whole = self.settings.hooks.sealed
        documents = await trio.to_thread.run_sync(partial(self._read_state, self.settings))
        await self.loader.load(documents, actor="orchestrator")

    def _read(self) -> Documents:
        return self._read_state(read_configuration(self.path))

    def _read_state(self, settings: Settings) -> Documents:
        self.vault.sources, self.vault.whole = settings.secrets, settings.hooks.sealed
        world = self.memory.world
        states = self.states.read(settings, self.vault, KINDS, declared=world.declared)
        rules = read_rules(settings, self.vault, KINDS, places_of(world))
        self.tables = tuple(path for file in rules for path in file.beside)
        return Documents(settings, states, rules)

    def _apply(self, settings: Settings) -> None:
        self.settings = self.intake.settings = settings
        self.loops.apply(settings)

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
        return (self.path, *self.settings.state, *self.settings.rules, *self.tables)

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

    async def _end(self) -> None:
        systemd.stopping("answering what is in flight")
        self.operator.stop_waiting()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.doors.close, GRACE_S)
            nursery.start_soon(self.loops.wait_idle, GRACE_S)
        self.loops.nursery.cancel_scope.cancel()

    async def _say_stopped(self) -> None:
        """Append the last entry of this run: the loops have had their last words."""
        await self.intake.own_up()
        try:
            await self.log.append([Fact(DaemonStopped("asked to"))])
        except LogRefused as refused:
            journal.error("log_refused", error=str(refused))
        self.log.close()

    async def wait_settled(self, *, allow_held: bool) -> None:
        """Block until nothing is to be done and nothing is under way."""
        while True:
            verdicts = self.memory.judged()
            if all(is_settled(verdict, allow_held=allow_held) for verdict in verdicts):
                return
            await trio.sleep(SETTLED_EVERY_S)
