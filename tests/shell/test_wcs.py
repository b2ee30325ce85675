"""One call to one node, once: in memory under a mock clock; real sockets where it matters."""

import base64
import json
import socket
import ssl
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import trio
import trio.testing
import trustme
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.mapping import Map
from orchestrator.core.rest import NotJson, RestCall, RestReply
from orchestrator.errors import CallNotDue, NodeUnreachable, OutcomeUnknown, SecretMissing
from orchestrator.shell.wcs import Endpoint, NodeClient, Statistics, network, parse

CALL = RestCall("/push/startup", {"streamName": "a"})
PASSWORD = "canary"


def endpoint(**changes):
    return Endpoint("wcs1", "http://wcs1:8081/rest-api/", "orchestrator", **changes)


@asynccontextmanager
async def client_of(handler, *, password=lambda: PASSWORD, **changes):
    client = NodeClient(endpoint(**changes), password, lambda: httpx.MockTransport(handler))
    try:
        yield client
    finally:
        await client.aclose()


async def test_a_call_is_posted_as_json_with_the_password_of_the_moment():
    seen = []
    passwords = iter(["old", "new"])

    def node(request):
        seen.append(request)
        return httpx.Response(200, json={"n": 1})

    call = RestCall("/push/startup", Map({"a": (1, Map())}))
    async with client_of(node, password=lambda: next(passwords)) as client:
        assert await client.send(call) == RestReply(200, {"n": 1}, '{"n":1}')
        await client.look(call)
        assert client.statistics() == Statistics(answered=2)
    assert [str(request.url) for request in seen] == ["http://wcs1:8081/rest-api/push/startup"] * 2
    assert [json.loads(request.content) for request in seen] == [{"a": [1, {}]}] * 2
    assert [request.headers["authorization"] for request in seen] == [
        "Basic " + base64.b64encode(f"orchestrator:{word}".encode()).decode()
        for word in ("old", "new")
    ]


@pytest.mark.parametrize("status", [302, 404, 409, 500])
async def test_every_status_is_a_reply_and_no_redirect_is_followed(status):
    def node(_):
        return httpx.Response(status, text="no", headers={"Location": "http://elsewhere/"})

    async with client_of(node) as client:
        assert await client.send(CALL) == RestReply(status, parse(b"no"), "no")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (httpx.ConnectError("refused"), NodeUnreachable("wcs1", "refused")),
        (httpx.ConnectTimeout(""), NodeUnreachable("wcs1", "ConnectTimeout")),
        (httpx.PoolTimeout(""), NodeUnreachable("wcs1", "PoolTimeout")),
        (httpx.ReadTimeout(""), OutcomeUnknown("wcs1", "ReadTimeout")),
        (httpx.ReadError("reset"), OutcomeUnknown("wcs1", "reset")),
        (httpx.WriteError("pipe"), OutcomeUnknown("wcs1", "pipe")),
        (httpx.RemoteProtocolError("cut"), OutcomeUnknown("wcs1", "cut")),
    ],
)
async def test_tells_what_surely_had_no_effect_from_what_may_have_had_one(fault, error):
    def node(_):
        raise fault

    async with client_of(node) as client:
        with pytest.raises(type(error)) as raised:
            await client.send(CALL)
        assert str(raised.value) == str(error)
        assert PASSWORD not in repr(raised.value) + repr(client) + str(raised.value)
        unreachable = int(isinstance(error, NodeUnreachable))
        assert client.statistics() == Statistics(unreachable=unreachable, unknown=1 - unreachable)


async def test_a_reply_that_is_too_long_or_drips_leaves_the_outcome_unknown(autojump_clock):
    async def drip():
        while True:
            await trio.sleep(1)
            yield b" "

    def node(request):
        long = request.url.path.endswith("/long")
        return httpx.Response(200, content=101 * b" " if long else drip())

    async with client_of(node, reply_max_bytes=100) as client:
        with pytest.raises(OutcomeUnknown, match="too long"):
            await client.send(RestCall("/long", {}))
        with pytest.raises(OutcomeUnknown, match="no whole reply within 10 s"):
            await client.send(RestCall("/drip", {}))


async def test_a_missing_password_sends_nothing():
    def password():
        raise SecretMissing("wcs1", "gone")

    def node(_):
        raise AssertionError

    async with client_of(node, password=password) as client:
        with pytest.raises(SecretMissing):
            await client.send(CALL)
        assert client.statistics() == Statistics()


async def test_no_more_calls_run_than_are_allowed_and_a_look_has_its_own_slot(autojump_clock):
    running = most = 0

    async def node(request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await trio.sleep(1 if request.url.path.endswith("startup") else 0)
        running -= 1
        return httpx.Response(200, json=[])

    async with client_of(node, parallel=2) as client, trio.open_nursery() as nursery:
        start = trio.current_time()
        for _ in range(20):
            nursery.start_soon(client.send, CALL)
        await trio.testing.wait_all_tasks_blocked()
        assert client.statistics() == Statistics(waiting=18, running=2)
        await client.look(RestCall("/push/find_all", {}))
        assert trio.current_time() - start == 0
    assert (most, trio.current_time() - start) == (3, 10)


async def test_what_is_not_due_any_more_once_it_may_go_is_not_sent(autojump_clock):
    async def node(_):
        await trio.sleep(5)
        return httpx.Response(200)

    began = trio.current_time()
    async with client_of(node, parallel=1) as client, trio.open_nursery() as nursery:
        nursery.start_soon(client.send, CALL)
        await trio.sleep(1)
        with pytest.raises(CallNotDue, match="/push/startup was not sent"):
            await client.send(CALL, lambda: trio.current_time() < began + 5)
        assert (trio.current_time() - began, client.statistics()) == (5, Statistics(answered=1))


async def test_a_list_that_hangs_leaves_looks_a_slot_beside_it(autojump_clock):
    async def node(request):
        await trio.sleep(5 if "pull" in request.url.path else 1)
        return httpx.Response(200, json=[])

    ended = {}

    async def look(client, path):
        await client.look(RestCall(path, {}))
        ended[path] = trio.current_time() - start

    async with client_of(node, parallel=1) as client, trio.open_nursery() as nursery:
        start = trio.current_time()
        nursery.start_soon(client.send, CALL)
        for path in ("/pull/find_all", "/push/find_all"):
            nursery.start_soon(look, client, path)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(look, client, "/stream/find_all")
        await trio.testing.wait_all_tasks_blocked()
        assert client.statistics() == Statistics(waiting=1, running=3)
    assert ended == {"/push/find_all": 1, "/stream/find_all": 2, "/pull/find_all": 5}
    assert client.statistics() == Statistics(answered=4)


async def test_the_pace_holds_over_any_second(autojump_clock):
    times = []

    async def node(_):
        times.append(trio.current_time())
        return httpx.Response(200, json={})

    async with client_of(node, per_second=5) as client, trio.open_nursery() as nursery:
        for _ in range(18):
            nursery.start_soon(client.send, CALL)
    assert [round(time - times[0], 6) for time in times] == [n // 5 for n in range(18)]


async def test_cancelled_calls_cost_no_slot(autojump_clock):
    async def node(request):
        await trio.sleep(5 if request.url.path.endswith("startup") else 0)
        return httpx.Response(200, json={})

    async with client_of(node, parallel=1) as client:
        for _ in range(20):
            with trio.move_on_after(0.5):
                await client.send(CALL)
        assert (await client.send(RestCall("/quick", {}))).status == 200
        assert client.statistics() == Statistics(answered=1)


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"NaN", b"[Infinity]", b'{"a":1,"a":2}', b'"\xff"', b'"\\ud800"', b"[" * 100_000],
)
def test_a_body_that_readers_read_differently_is_no_json(body):
    assert isinstance(parse(body), NotJson)


@given(st.binary())
def test_no_body_crashes(body):
    parse(body)


SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(SOME_JSON)
def test_all_json_is_read(value):
    assert parse(json.dumps(value).encode("utf-8", "surrogatepass")) == value


@asynccontextmanager
async def node_on_loopback(serve):
    """Yield the port of a node whose every connection is served by a function."""
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def networked(port, *, scheme="http", **changes):
    place = Endpoint("wcs1", f"{scheme}://127.0.0.1:{port}/rest-api", "orchestrator", **changes)
    client = NodeClient(place, lambda: PASSWORD, network(place))
    try:
        with trio.fail_after(10):
            yield client
    finally:
        await client.aclose()


async def test_nobody_listening_is_unreachable():
    with socket.socket() as raw:
        raw.bind(("127.0.0.1", 0))
        async with networked(raw.getsockname()[1]) as client:
            with pytest.raises(NodeUnreachable):
                await client.send(CALL)


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", b"nonsense\r\n\r\n"],
    ids=["nothing", "a part", "nonsense"],
)
async def test_a_connection_that_ends_early_leaves_the_outcome_unknown(said):
    async def node(stream):
        await stream.receive_some()
        await stream.send_all(said)
        await stream.aclose()

    async with node_on_loopback(node) as port, networked(port) as client:
        with pytest.raises(OutcomeUnknown):
            await client.send(CALL)


@pytest.mark.filterwarnings("ignore:Async generator 'httpx._content:ResourceWarning")
async def test_silence_leaves_the_outcome_unknown_and_cancelled_calls_cost_no_connection():
    # What is cancelled while its body is sent leaves httpx's own generator to the collector.
    async def node(stream):
        data = await stream.receive_some()
        if b"/quick" not in data:
            await trio.sleep_forever()
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with node_on_loopback(node) as port, networked(port, call_s=0.3, parallel=1) as client:
        with pytest.raises(OutcomeUnknown):
            await client.send(CALL)
        for _ in range(20):
            with trio.move_on_after(0.005):
                await client.send(CALL)
        assert await client.send(RestCall("/quick", {})) == RestReply(200, {}, "{}")


async def test_tls_believes_only_the_given_authority(tmp_path):
    ours, theirs = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.issue_cert("127.0.0.1").configure_cert(context)

    async def node(stream):
        secure = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
        try:
            await secure.receive_some()
            await secure.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except trio.BrokenResourceError:
            pass

    for ca, name in ((ours, "ours.pem"), (theirs, "theirs.pem")):
        ca.cert_pem.write_to_path(tmp_path / name)
    async with node_on_loopback(node) as port:
        async with networked(port, scheme="https", ca=tmp_path / "ours.pem") as client:
            assert await client.send(CALL) == RestReply(200, {}, "{}")
        async with networked(port, scheme="https", ca=tmp_path / "theirs.pem") as client:
            with pytest.raises(NodeUnreachable, match="certificate"):
                await client.send(CALL)


async def test_an_authority_that_cannot_be_read_makes_the_node_unreachable_until_it_can(tmp_path):
    ca = tmp_path / "ca.pem"
    place = Endpoint("wcs1", "https://127.0.0.1:1/rest-api", "", ca=ca)
    client = NodeClient(place, lambda: PASSWORD, network(place))
    reason = f"its tls\\.ca {ca} cannot be taken: "
    with pytest.raises(NodeUnreachable, match=f"{reason}No such file"):
        await client.look(CALL)
    ca.write_text("no certificate")
    with pytest.raises(NodeUnreachable, match=reason):
        await client.look(CALL)
    trustme.CA().cert_pem.write_to_path(ca)
    with pytest.raises(NodeUnreachable, match="attempts to connect"):
        await client.look(CALL)
    await client.aclose()


@pytest.mark.parametrize(
    "host",
    ["[::1", "127.0.0.1:99999", "127.0.0.1:x", "exa\x00mple", "a" * 300, "a..b", "xn--é", "é" * 80],
)
async def test_an_address_that_cannot_be_read_makes_the_node_unreachable(host):
    place = Endpoint("wcs1", f"http://{host}/rest-api", "", connect_s=1)
    client = NodeClient(place, lambda: PASSWORD, network(place))
    with pytest.raises(NodeUnreachable):
        await client.look(CALL)
    await client.aclose()
