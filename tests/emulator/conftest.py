"""A node on a mock clock, and a backend that takes its hooks in memory."""

from random import Random

import orjson
import pytest
from attrs import define, evolve, field

from orchestrator.emulator.http import Answer, json_answer
from orchestrator.emulator.journal import Journal
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.server import WebCallServer
from orchestrator.emulator.settings import Settings

EPOCH_S = 1_700_000_000.0


@define(eq=False)
class Backend:
    """Answers each hook with the object received, unless told otherwise.

    `answers` holds, by method, an Answer, an exception, or an async function of the body.
    """

    hooks: list = field(factory=list)
    headers: list = field(factory=list)
    answers: dict = field(factory=dict)

    async def __call__(self, url, headers, body, _timeout_s):
        method = url.rsplit("/", 1)[-1]
        self.hooks.append((method, orjson.loads(body)))
        self.headers.append((url, dict(headers), body))
        answer = self.answers.get(method)
        if callable(answer) and not isinstance(answer, type):
            answer = await answer(orjson.loads(body))
        if isinstance(answer, type) and issubclass(answer, Exception):
            raise answer(url)
        if isinstance(answer, Answer):
            return answer
        return json_answer(orjson.loads(body))

    def configure(self, **policies):
        """Let connect answer with a restClientConfig."""
        self.answers["connect"] = json_answer({"restClientConfig": policies})

    def told(self):
        """Return what was told, briefly: method and status."""
        return [(method, body.get("status")) for method, body in self.hooks]

    def bodies(self, method):
        return [body for name, body in self.hooks if name == method]


@define(eq=False)
class Wcs:
    """A node and what a test wants to do with it, briefly."""

    server: WebCallServer
    backend: Backend

    async def call(self, path, body=None, *, method="POST", headers=None):
        """Return status and body of one REST call, parsed when it is JSON."""
        data = b"" if body is None else orjson.dumps(body)
        answer = await self.server.handle(method, f"/rest-api{path}", headers or {}, data)
        if answer.headers.get("Content-Type", "").startswith("application/json") and answer.body:
            return answer.status, orjson.loads(answer.body)
        return answer.status, answer.body

    async def push(self, name="name", url="rtmp://target:1935/live", **more):
        return await self.call("/push/startup", {"streamName": name, "rtmpUrl": url, **more})

    async def publish(self, name, *args):
        return await self.server.client(name, *args).publish(name)

    async def names(self):
        """Return what is published, as /stream/find has it: by name, what it comes from."""
        status, found = await self.call("/stream/find", {"published": True})
        return {} if status == 404 else {one["name"]: one["mediaProvider"] for one in found}

    def turn(self, **settings):
        self.server.node.turn(evolve(self.server.node.settings, **settings))

    def fail(self, **faults):
        self.server.node.turn(evolve(self.server.node.faults, **faults))

    def effects(self):
        return [(one.what, one.by.value) for one in self.entries("effect")]

    def entries(self, kind):
        return [one for one in self.server.node.journal.after() if one.kind == kind]


@pytest.fixture
def backend():
    return Backend()


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def start(nursery, backend, journal):
    """Start a node with some switches turned."""

    async def start_node(options=None, **settings):
        options = options or NodeOptions(
            "wcs1", settings=Settings(**settings), applications=applications_at("http://o/hooks")
        )
        server = WebCallServer(
            options,
            random=Random(options.seed),
            post=backend,
            journal=journal,
            epoch_s=EPOCH_S,
        )
        await nursery.start(server.run)
        return Wcs(server, backend)

    return start_node


@pytest.fixture
async def wcs(start):
    return await start()
