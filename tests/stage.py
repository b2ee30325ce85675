"""The whole daemon on a stage: real core, real shell but for sockets and disk, emulated nodes.

Everything is in one process and on trio's clock, so with a mock clock hours pass in moments. The
log's disk, the emulated nodes and the documents outlive a daemon, so it can be killed and started.
"""

from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
import orjson
import trio
from attrs import define, evolve, field

from orchestrator.codec import codec_of
from orchestrator.core.configuration import Configuration, Limits, Node, Timing
from orchestrator.core.destination import Destinations
from orchestrator.core.entry import Fact
from orchestrator.core.event import DaemonStarted
from orchestrator.core.filter import Filter
from orchestrator.core.http import InetPeer, Request, UnixPeer
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key, Place, Resource
from orchestrator.daemon.asking import deriver_of
from orchestrator.daemon.ensuring import Ensuring
from orchestrator.daemon.errands import Errands
from orchestrator.daemon.firing import Firing, asker_of
from orchestrator.daemon.intake import Intake
from orchestrator.daemon.load import Documents, Loader, places_of
from orchestrator.daemon.memory import Memory
from orchestrator.daemon.operate import Operator
from orchestrator.daemon.reconcile import Reconciler
from orchestrator.daemon.repeats import recall
from orchestrator.emulator.hooks import SendFailed, TimedOut
from orchestrator.emulator.http import Answer, Broken, Refused
from orchestrator.emulator.journal import Journal
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.server import WebCallServer
from orchestrator.emulator.settings import Settings as WcsSettings
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.recording import Recording
from orchestrator.kinds.transponder import Transponder
from orchestrator.shell.documents.resource import FileReader
from orchestrator.shell.documents.rules import read_rules
from orchestrator.shell.documents.state import FileRead, StateReader
from orchestrator.shell.log.log import Log, at_once
from orchestrator.shell.log.memory import Disk, MemoryStore
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import HookSettings, LogSettings, NodeSettings, Settings
from orchestrator.shell.wcs import Endpoint, NodeClient

EPOCH_S = 1_800_000_000
TOKEN = "token-of-hooks"
FILE = "state/stage.yaml"
CODEC = codec_of(KINDS)
UNMEASURED = WcsSettings(tells_metrics=False)  # so that all that is Ready is so for one reason
COMMON = ("enabled", "policy", "protect", "on_remove", "on_change", "labels")


class Wire(httpx.AsyncBaseTransport):
    """Carries a request of the daemon to an emulated node, in memory."""

    def __init__(self, server):
        self.server = server

    async def handle_async_request(self, request):
        body = await request.aread()
        path = request.url.raw_path.decode()
        try:
            answer = await self.server.handle(request.method, path, dict(request.headers), body)
        except Refused as refused:
            raise httpx.ConnectError(str(refused), request=request) from refused
        except Broken as broken:
            raise httpx.ReadError(str(broken), request=request) from broken
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


@define(eq=False)
class Stage:
    """What outlives a daemon, and the daemon of the moment."""

    nursery: trio.Nursery
    node_names: tuple = ("wcs1",)
    seed: int = 0
    wcs_settings: WcsSettings = UNMEASURED
    wcs_settings_of: dict = field(factory=dict)
    disk: Disk = field(factory=Disk)
    hooks: HookSettings = field(factory=HookSettings)
    segment_max: int = 10_000
    journal: Journal = field(factory=Journal)
    servers: dict = field(factory=dict)
    resources: dict = field(factory=dict)
    texts: dict = field(factory=dict)
    folder: Path | None = None
    rules: Path | None = None
    reader: StateReader = field(factory=StateReader)
    faulty: tuple = ()
    faults: tuple = ()
    timing: Timing = field(factory=Timing)
    limits: Limits = field(factory=Limits)
    call_s: float = 10
    node_values: dict = field(factory=dict)
    scope: trio.CancelScope | None = None
    memory: Memory | None = None
    log: Log | None = None
    intake: Intake | None = None
    loader: Loader | None = None
    ensuring: Ensuring | None = None
    firing: Firing | None = None
    errands: Errands | None = None
    destinations: Destinations = field(factory=Destinations)
    operator: Operator | None = None
    store: MemoryStore | None = None
    vault: Vault | None = None
    counted: int = 0  # entries of the journal that a test no longer asks for
    ended: trio.Event = field(factory=trio.Event)
    loading: trio.Lock = field(factory=trio.Lock)

    async def raise_curtain(self):
        for index, name in enumerate(self.node_names):
            options = NodeOptions(
                name=name,
                seed=self.seed + index,
                settings=self.wcs_settings_of.get(name, self.wcs_settings),
                applications=applications_at(f"http://daemon/hooks/{name}/{TOKEN}"),
            )
            server = WebCallServer(
                options, random=Random(self.seed + index), post=self.post,
                journal=self.journal, epoch_s=EPOCH_S,
            )  # fmt: skip
            await self.nursery.start(server.run)
            self.servers[name] = server

    async def post(self, url, headers, body, timeout_s):
        """Carry a hook of an emulated node to the daemon of the moment."""
        if self.intake is None:
            raise SendFailed("nobody listens")
        path = httpx.URL(url).path
        request = Request("POST", path, "", Map(headers), body, InetPeer("10.0.0.1", 1))
        intake = self.intake
        with trio.move_on_after(timeout_s):
            await trio.lowlevel.checkpoint()
            reply = await intake.respond(request)
            if self.intake is not intake:
                raise SendFailed("the daemon was killed")
            return Answer(reply.status, {"content-type": reply.content_type}, reply.body)
        raise TimedOut("no answer")

    def now_ms(self):
        return int((EPOCH_S + trio.current_time()) * 1000)

    def settings(self):
        place = Place("orchestrator.yaml", 1, 1)
        nodes = {name: self.node_values.get(name, Node()) for name in self.node_names}
        return Settings(
            place=place,
            log=LogSettings(Path("/nowhere")),
            control=Path("/nowhere"),
            configuration=Configuration(
                nodes=Map(nodes),
                timing=self.timing,
                limits=self.limits,
                destinations=self.destinations,
            ),
            hooks=self.hooks,
            nodes=Map({name: NodeSettings(hook_tokens=(TOKEN,)) for name in self.node_names}),
        )

    def documents(self):
        resources = () if self.faults else tuple(self.resources.values())
        read = FileRead(file=FILE, resources=resources, faults=self.faults)
        return Documents(self.settings(), (read, *self.faulty))

    def transponder(self, name, stream, url="rtmp://target.lan/live", node="wcs1", **more):
        """Write a line for a transponder; `load` makes the daemon read it."""
        common = {key: more.pop(key) for key in [*more] if key in COMMON}
        self.line(Key("transponder", name), Transponder(stream, url, **more), node, **common)

    def recording(self, name, stream, node="wcs1", **more):
        """Write a line for a recording; `load` makes the daemon read it."""
        common = {key: more.pop(key) for key in [*more] if key in COMMON}
        self.line(Key("recording", name), Recording(stream, **more), node, **common)

    def line(self, key, spec, node, **common):
        place = Place(FILE, len(self.resources) + 1, 1)
        self.resources[key] = Resource(key, spec, place, node=node, **common)

    def write(self, text, file="state/all.yaml"):
        """Write a state file as users do; `load` makes the daemon read it."""
        self.texts[file] = text

    def remove(self, *names, kind="transponder"):
        for name in names:
            del self.resources[Key(kind, name)]

    def sealed(self):
        """Return the documents with their addresses sealed, as the reader does it."""
        documents = self.documents()
        resources = []
        for resource in documents.files[0].resources:
            spec = resource.spec
            if isinstance(spec, Transponder):
                url = self.vault.declared(spec.rtmp_url, is_secret=False)
                spec = evolve(spec, rtmp_url=url)
            resources.append(evolve(resource, spec=spec))
        files = (evolve(documents.files[0], resources=tuple(resources)), *documents.files[1:])
        written = tuple(self.read(file, text) for file, text in sorted(self.texts.items()))
        return evolve(documents, files=(*files, *written, *self.found()), rules=self.found_rules())

    def found(self):
        """Return what the files of a real folder declare, read as the daemon reads them."""
        if self.folder is None:
            return ()
        place = Place(str(self.folder / "orchestrator.yaml"), 1, 1)
        settings = evolve(self.settings(), place=place, state=(self.folder / "state",))
        declared = self.memory.world.declared
        return self.reader.read(settings, self.vault, KINDS, declared=declared)

    def found_rules(self):
        """Return what the files of a real folder of rules say, read as the daemon reads them."""
        if self.rules is None:
            return ()
        place = Place(str(self.rules.parent / "orchestrator.yaml"), 1, 1)
        settings = evolve(self.settings(), place=place, rules=(self.rules,))
        return read_rules(settings, self.vault, KINDS, places_of(self.memory.world))

    def read(self, file, text):
        """Return what a written file declares."""
        configuration = self.settings().configuration
        reader = FileReader(
            file, Path("/nowhere"), configuration, self.vault, KINDS, self.vault.resolved
        )
        claims = reader.claims(text.encode())
        resources = tuple(claim.resource for claim in claims)
        faults = reader.faults.ordered
        return FileRead(file, () if faults else resources, faults, moved=reader.moved)

    async def load(self):
        return await self.loader.load(self.sealed(), actor="orchestrator")

    async def start(self):
        """Start a daemon on the log's disk."""
        self.ended, self.loading = trio.Event(), trio.Lock()
        await self.nursery.start(self._daemon)

    async def _daemon(self, task_status):
        self.memory = memory = Memory(KINDS, self.now_ms, is_verified=True)
        codec = CODEC
        self.store = MemoryStore(self.disk, self.segment_max)
        self.vault = Vault(b"k" * 32)
        self.firing = Firing(memory, asker_of(self.vault, codec, KINDS))
        self.log = log = Log(
            self.store, codec, self.now_ms, memory.committed,
            lambda: codec.checkpoint(memory.world), at_once, self.firing.follow,
        )  # fmt: skip
        try:
            await log.open()
            with trio.CancelScope() as self.scope:
                async with trio.open_nursery() as nursery:
                    await nursery.start(log.run)
                    self.firing.is_ready = True
                    await recall(log, memory.repeats, codec.decode, self.now_ms())
                    await log.append([Fact(DaemonStarted("0", 1))])
                    deriver = deriver_of(self.vault, KINDS)
                    self.loader = Loader(memory, log, deriver)
                    self.ensuring = Ensuring(memory, log, deriver)
                    await self.load()
                    reconcilers = {}
                    for name in self.node_names:
                        url = f"http://{name}/rest-api"
                        endpoint = Endpoint(name, url, "", call_s=self.call_s)
                        client = NodeClient(
                            endpoint, str, lambda name=name: Wire(self.servers[name])
                        )
                        reconcilers[name] = Reconciler(name, memory, log, self.vault, client)
                    self.intake = Intake(self.settings(), memory, log, self.vault)
                    self.operator = Operator(
                        memory,
                        log,
                        self.vault,
                        codec,
                        self.intake,
                        self.firing,
                        reconcilers,
                        self._reload,
                        "0",
                    )
                    for reconciler in reconcilers.values():
                        await nursery.start(reconciler.run)
                    if self.rules is not None:  # who has none waits for nothing
                        nursery.start_soon(self.ensuring.run)
                        self.errands = Errands(memory, log, self.vault, reconcilers, self.firing)
                        nursery.start_soon(self.errands.run)
                    task_status.started()
        finally:
            self.intake = None
            self.store.close()
            self.ended.set()

    async def _reload(self, actor, cause=0):
        async with self.loading:
            return await self.loader.load(self.sealed(), actor=actor, cause=cause)

    async def kill(self):
        """Cancel the daemon wherever it stands: nothing of it is left but the disk."""
        self.intake = None
        self.scope.cancel()
        await self.ended.wait()

    async def ask(self, method, path, body=None, query=""):
        """Return status and JSON of an answer on the control socket."""
        payload = b"" if body is None else orjson.dumps(body)
        request = Request(method, path, query, Map(), payload, UnixPeer(1, 0, 0))
        reply = await self.operator.respond(request)
        if path == "/api/v1/events":
            return reply.status, [orjson.loads(line) for line in reply.body.splitlines()]
        return reply.status, orjson.loads(reply.body)

    async def phases(self):
        """Return name → (phase, reason) of all resources."""
        _, rows = await self.ask("GET", "/api/v1/resources")
        return {row["name"]: (row["phase"], row["reason"]) for row in rows}

    def transponders(self, node="wcs1"):
        """Return (stream, address) of the transponders that really are there."""
        return sorted(
            (thing.source, thing.rtmp_url)
            for thing in self.servers[node].objects.transponders.values()
        )

    def recordings(self, node="wcs1"):
        """Return (stream, file name's template) of the recordings that really are there."""
        return sorted(
            (thing.stream.name, thing.config.get("fileTemplate", ""))
            for thing in self.servers[node].objects.recordings.values()
        )

    def cuts(self):
        """Return how many running files were cut by a second start."""
        entries = self.journal.after(0, kind="effect")
        return sum(one.what == "recording cut" for one in entries)

    def mutations(self, node="wcs1", after=0):
        """Return the mutating REST calls that an emulated node has had: path and status."""
        calls = self.journal.after(after, kind="rest")
        reading = ("/find", "/find_all", "/stream/snapshot")
        return [
            call.what
            for call in calls
            if call.node == node and call.by == "rest" and not call.what.endswith(reading)
        ]

    async def entries(self, *types):
        """Return entries as (type, subject), of some types or of all but the daemon's own."""
        rows = await self.log.read(Filter(types=frozenset(types)), 1_000_000)
        return [(row.type, row.subject) for row in rows]


def things_on(server):
    """Return all that there is on a node but streams and their sessions."""
    sorts = ("stream", "connection")
    kept = server.objects.kept.values()
    return [one for things in kept for one in things.values() if one.sort not in sorts]


@asynccontextmanager
async def staged(**values):
    """Open a stage with its emulated nodes; the daemon is started by the test."""
    async with trio.open_nursery() as nursery:
        stage = Stage(nursery, **values)
        await stage.raise_curtain()
        yield stage
        if stage.intake is not None:
            await stage.kill()  # before the nodes that it may be speaking with
        nursery.cancel_scope.cancel()
