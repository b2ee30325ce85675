"""What is said on one connection."""

import os
from http import HTTPStatus

import pytest
import trio
from loopback import answer, echo, get, listening, read_all, read_answer

from orchestrator.core.http import InetPeer, Reply, UnixPeer
from orchestrator.shell.listen.limits import Limits, Refused


async def test_a_connection_is_kept_for_the_next_request():
    async with listening() as (listener, connect):
        stream = await connect()
        for path in ("/1", "/2"):
            await stream.send_all(get(path))
            assert await read_answer(stream) == answer("200 OK", f"GET {path} 0".encode())
        assert listener.statistics().requests == 2


async def test_bytes_may_come_one_by_one():
    async with listening() as (_, connect):
        stream = await connect()
        for byte in get("/", method="POST", body=b"ab"):
            await stream.send_all(bytes([byte]))
        assert await read_answer(stream) == answer("200 OK", b"POST / 2")


async def test_pipelined_requests_are_answered_in_order_one_at_a_time():
    running = 0

    async def respond(request):
        nonlocal running
        running += 1
        assert running == 1
        await trio.lowlevel.checkpoint()
        running -= 1
        return await echo(request)

    async with listening(respond) as (_, connect):
        stream = await connect()
        await stream.send_all(b"".join(get(f"/{n}") for n in range(50)))
        answers = [await read_answer(stream) for _ in range(1)]
        data = answers[0]
        while data.count(b"HTTP/1.1") < 50 or not data.endswith(b"GET /49 0"):
            data += await stream.receive_some()
        assert data == b"".join(answer("200 OK", f"GET /{n} 0".encode()) for n in range(50))


async def test_http_1_0_is_closed_unless_it_asks_to_stay():
    async with listening() as (_, connect):
        stream = await connect()
        await stream.send_all(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert await read_answer(stream) == answer("200 OK", b"GET / 0")
        await stream.send_all(b"GET / HTTP/1.0\r\n\r\n")
        assert await read_all(stream) == answer("200 OK", b"GET / 0", keeps=False)


async def test_head_tells_the_length_and_keeps_the_body():
    async with listening() as (_, connect):
        stream = await connect()
        await stream.send_all(get(method="HEAD", more="Connection: close\r\n"))
        whole = answer("200 OK", b"HEAD / 0", keeps=False)
        assert await read_all(stream) == whole.removesuffix(b"HEAD / 0")


async def test_a_reply_has_its_own_headers_and_none_smuggled():
    async def respond(_):
        return Reply(302, headers={"Location": "/a\r\nSet-Cookie: x"}, content_type="text/plain")

    async with listening(respond) as (_, connect):
        stream = await connect()
        await stream.send_all(get(more="Connection: close\r\n"))
        assert await read_all(stream) == (
            b"HTTP/1.1 302 Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
            b"Connection: close\r\nLocation: /a  Set-Cookie: x\r\n\r\n"
        )


async def test_nothing_follows_a_204():
    async def respond(_):
        return Reply(204, b"lost")

    async with listening(respond) as (_, connect):
        stream = await connect()
        await stream.send_all(get(more="Connection: close\r\n"))
        assert await read_all(stream) == b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


async def test_who_waits_to_be_asked_for_the_body_is_asked():
    async with listening() as (_, connect):
        stream = await connect()
        head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        await stream.send_all(head)
        assert await stream.receive_some() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await stream.send_all(b"ab")
        assert await read_answer(stream) == answer("200 OK", b"POST / 2")
        await stream.send_all(head + b"ab")  # does not wait: is not asked
        assert await read_answer(stream) == answer("200 OK", b"POST / 2")


async def test_too_large_a_body_is_refused_before_it_comes_and_while_it_comes():
    async with listening(limits=Limits(body_max_bytes=1000)) as (listener, connect):
        line = f"413 {HTTPStatus(413).phrase}"  # which changed with Python 3.13
        refusal = answer(line, b'{"error": "body too large"}', keeps=False)
        stream = await connect()
        await stream.send_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
        assert await read_all(stream) == refusal
        stream = await connect()
        await stream.send_all(get(method="POST", body=1_000_000 * b"x"))
        assert await read_all(stream) == refusal
        assert listener.statistics().refused == {Refused.TOO_LARGE: 2}


async def test_a_fault_is_answered_in_json_and_closes():
    async with listening() as (listener, connect):
        stream = await connect()
        await stream.send_all(get("/good") + b"GET / HTTP/1.1\r\n\r\n")
        good, bad = (
            answer("200 OK", b"GET /good 0"),
            answer("400 Bad Request", b'{"error": "no Host header"}', keeps=False),
        )
        assert await read_all(stream) == good + bad
        assert listener.statistics().refused == {Refused.MALFORMED: 1}


async def test_a_bug_is_answered_500_and_comes_out():
    async def respond(_):
        raise ZeroDivisionError

    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with listening(respond) as (_, connect), trio.open_nursery() as nursery:

            async def ask():
                with trio.CancelScope(shield=True):
                    stream = await connect()
                    await stream.send_all(get())
                    body = b'{"error": "internal error"}'
                    said = answer("500 Internal Server Error", body, keeps=False)
                    assert await read_answer(stream) == said

            nursery.start_soon(ask)


async def test_peers_are_named_by_the_kernel(tmp_path):
    peers = []

    async def respond(request):
        peers.append(request.peer)
        return Reply(200)

    address = f"unix:{tmp_path}/control.sock"
    async with listening(respond, address=address) as (_, connect):
        stream = await connect()
        await stream.send_all(get())
        await read_answer(stream)
    async with listening(respond) as (_, connect):
        stream = await connect()
        await stream.send_all(get())
        await read_answer(stream)
        port = stream.socket.getsockname()[1]
    assert peers == [UnixPeer(os.getpid(), os.getuid(), os.getgid()), InetPeer("127.0.0.1", port)]
