"""Hooks that an application server had before us: it answers them still, and we know of it."""

from contextlib import asynccontextmanager

import httpx
import orjson
import pytest
import trio
from attrs import define, field, frozen

from orchestrator.core.http import InetPeer, Request
from orchestrator.core.mapping import Map
from orchestrator.shell.backend import REPLY_MAX_BYTES, SLOTS
from orchestrator.shell.settings import Forward, HookSettings, OnError
from tests.stage import TOKEN, staged

URL = "https://backend.example/wcs/"
BODY = b'{"appKey":"defaultApp",  "sessionId":"s-1", "authToken": "hidden"}'
CONFIGURED = b'{"appKey":"defaultApp","restClientConfig":{}}'
ALLOWED, DENIED = (200, BODY), (403, b'{"error": "refused"}')


@define(eq=False)
class Server:
    """An application server that answers as a test wants it."""

    answer: object
    asked: list = field(factory=list)
    opened: int = 0
    closed: int = 0

    def transport(self):
        self.opened += 1
        return Transport(self)


@frozen(eq=False)
class Transport(httpx.AsyncBaseTransport):
    server: Server

    async def handle_async_request(self, request):
        self.server.asked.append(request)
        said = self.server.answer
        return await said(request) if callable(said) else said

    async def aclose(self):
        self.server.closed += 1


@define(eq=False)
class Scene:
    """A stage with an application server beside it."""

    stage: object
    server: Server

    async def post(self, method="connect", body=BODY, **headers):
        """Return status and body of the answer to a hook."""
        path = f"/hooks/wcs1/{TOKEN}/{method}"
        request = Request("POST", path, "", Map(headers), body, InetPeer("10.0.0.1", 1))
        reply = await self.stage.intake.respond(request)
        return reply.status, reply.body

    async def told(self):
        """Return what the log says of answers: (method, status, decision, error, cause's type)."""
        _, rows = await self.stage.ask("GET", "/api/v1/events")
        types = {row["position"]: row["type"] for row in rows}
        return [
            (row["data"]["method"], row["data"]["status"], row["data"]["decision"],
             row["data"]["error"], types.get(row["cause"]))
            for row in rows if row["type"] == "HookAnswered"
        ]  # fmt: skip


@asynccontextmanager
async def played(answer, *forwards, **more):
    """Yield a scene in which hooks are forwarded."""
    server = Server(answer)
    async with staged(hooks=HookSettings(forward=forwards or (Forward(URL),)), **more) as stage:
        await stage.start()
        stage.intake.forwarding.transports = server.transport
        yield Scene(stage, server)


def answer(status=200, body=CONFIGURED, **headers):
    async def say(_request):
        return httpx.Response(status, headers=headers, content=body)

    return say


async def hang(_request):
    await trio.sleep_forever()


async def refuse(_request):
    raise httpx.ConnectError("All connection attempts failed")


async def test_it_goes_as_it_came_and_its_answer_comes_back_as_it_is(autojump_clock):
    async with played(answer(201, CONFIGURED, **{"Content-Type": "text/plain"})) as scene:
        said = await scene.post(authorization="WCS ab", cookie="c", host="us", via="1.1 proxy")
        assert said == (201, CONFIGURED)
        (request,) = scene.server.asked
        assert (request.method, str(request.url)) == ("POST", f"{URL}connect")
        assert request.content == BODY
        assert request.headers["authorization"] == "WCS ab"
        assert "cookie" not in request.headers
        assert await scene.told() == [("connect", 201, "forwarded", "", "HookReceived")]


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (hang, "no whole answer within 3 s"),
        (refuse, "All connection attempts failed"),
        (answer(body=b"x" * (REPLY_MAX_BYTES + 1)), "its answer is too long"),
    ],
)
@pytest.mark.parametrize(("on_error", "said"), [(OnError.ALLOW, ALLOWED), (OnError.DENY, DENIED)])
async def test_one_that_fails_is_answered_for_as_configured(
    autojump_clock, broken, error, on_error, said
):
    async with played(broken, Forward(URL, on_error=on_error)) as scene:
        assert await scene.post() == said
        error = f"{URL} did not answer: {error}"
        assert await scene.told() == [
            ("connect", said[0], on_error.value, error, "HookReceived")
        ]  # fmt: skip


async def test_each_hook_goes_to_the_first_that_takes_its_app_and_method(autojump_clock):
    some = Forward("http://some", apps=("defaultApp",), methods=("connect", "playStream"))
    others = Forward("http://others", apps=("other",))
    async with played(answer(), some, others) as scene:
        other = orjson.dumps({"appKey": "other"})
        assert await scene.post("connect") == (200, CONFIGURED)
        assert await scene.post("publishStream") == (200, BODY)
        assert await scene.post("publishStream", other) == (200, CONFIGURED)
        assert await scene.post("publishStream", b"{}") == (200, b"{}")
        asked = [str(request.url) for request in scene.server.asked]
        assert asked == ["http://some/connect", "http://others/publishStream"]


async def test_a_keep_alive_is_forwarded_and_told_only_where_it_ends_the_stream(autojump_clock):
    alive = orjson.dumps({"mediaSessionId": "m", "name": "show", "status": "PLAYING"})
    async with played(answer(body=alive)) as scene:
        for _ in range(3):
            assert await scene.post("StreamKeepAliveEvent", alive) == (200, alive)
        scene.server.answer = answer(403)
        assert await scene.post("StreamKeepAliveEvent", alive) == (403, CONFIGURED)
        assert len(scene.server.asked) == 4
        told = [(status, cause) for _, status, _, _, cause in await scene.told()]
        assert told == [(200, "HookReceived"), (403, None)]


async def test_what_comes_back_in_a_circle_is_refused(autojump_clock):
    async with played(answer()) as scene:

        async def circle(request):
            status, body = await scene.post(via=request.headers["via"])
            return httpx.Response(status, content=body)

        scene.server.answer = circle
        status, body = await scene.post()
        assert (status, orjson.loads(body)["error"].partition(":")[0]) == (
            403, "hooks.forward leads back to here",
        )  # fmt: skip
        assert len(scene.server.asked) == 1


async def test_a_slow_server_holds_up_nobody_else_and_nobody_longer_than_its_time(autojump_clock):
    slow, quick = Forward("http://slow", methods=("connect",)), Forward("http://quick")
    async with played(answer(), slow, quick) as scene:
        scene.server.answer = lambda request: (
            hang(request) if request.url.host == "slow" else answer()(request)
        )
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(3 * SLOTS):
                nursery.start_soon(scene.post)
            await trio.testing.wait_all_tasks_blocked()
            assert await scene.post("playStream") == (200, CONFIGURED)
            assert trio.current_time() - began == 0
        assert trio.current_time() - began == 3
        decisions = [decision for _, _, decision, _, _ in await scene.told()]
        assert decisions == ["forwarded"] + ["allow"] * (3 * SLOTS)


async def test_connections_are_kept_and_closed_once_the_server_is_not_named(autojump_clock):
    async with played(answer()) as scene:
        for _ in range(5):
            await scene.post()
        intake, server = scene.stage.intake, scene.server
        await intake.forwarding.tidy(scene.stage.hooks.forward)
        assert (server.opened, server.closed) == (1, 0)
        await intake.forwarding.tidy(())
        assert (server.opened, server.closed) == (1, 1)


async def test_a_method_is_no_path(autojump_clock):
    async with played(answer()) as scene:
        for method in ("..", "connect?x", "a%2fb", "a b"):
            assert (await scene.post(method))[0] == 404
        assert scene.server.asked == []


RULES = """rules:
  no-b: {admit: publishStream, where: hook.name == "b", decide: deny}
  a-is-x: {admit: publishStream, where: hook.name == "a", overwrite: {name: x}}
"""


@pytest.mark.parametrize(
    ("backend", "status", "said"),
    [
        (answer(200, b'{"name": "theirs", "custom": 1}'), 200, {"name": "x", "custom": 1}),
        (answer(403, b"{}"), 403, {"name": "x"}),
        (hang, 403, {"name": "x"}),
        (refuse, 403, {"name": "x"}),
    ],
    ids=["up", "refusing", "slow", "down"],
)
async def test_a_rule_decides_whatever_the_server_says(
    autojump_clock, tmp_path, backend, status, said
):
    (tmp_path / "a.yaml").write_text(RULES)
    async with played(backend, Forward(URL, on_error=OnError.DENY), rules=tmp_path) as scene:
        got = {}
        for name in ("a", "b", "c"):
            reply = await scene.post("publishStream", orjson.dumps({"name": name}))
            got[name] = (reply[0], orjson.loads(reply[1]))
        assert got["a"] == (200, said)
        assert got["b"] == (403, {"error": "refused by a rule"})
        assert got["c"][0] == status
        assert [one[:3] for one in await scene.told()] == [
            ("publishStream", 200, "allow"),
            ("publishStream", status, "overruled"),
            ("publishStream", 403, "deny"),
            ("publishStream", status, "overruled"),
            ("publishStream", status, "forwarded" if backend not in (hang, refuse) else "deny"),
        ]
        assert len(scene.server.asked) == 3


async def test_the_policies_of_both_go_to_a_session(autojump_clock, tmp_path):
    (tmp_path / "a.yaml").write_text(RULES)
    theirs = b'{"restClientConfig": {"playStream": {"restOnError": "FAIL"}}}'
    async with played(answer(200, theirs), rules=tmp_path) as scene:
        status, body = await scene.post()
        config = orjson.loads(body)["restClientConfig"]
        assert (status, config["playStream"]) == (200, {"restOnError": "FAIL"})
        assert config["publishStream"] == {
            "clientExclude": "", "restExclude": "sdp", "restOnError": "FAIL",
            "restPolicy": "OVERWRITE", "restOverwrite": "name",
        }  # fmt: skip
