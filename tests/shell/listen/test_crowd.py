"""Many connections, late ones, and the end."""

import socket

import pytest
import trio
from loopback import answer, echo, get, listening, read_all, read_answer

from orchestrator.core.http import Reply
from orchestrator.shell.listen.limits import Limits, Refused

SHORT_S = 0.08


def refusal(status_line, text):
    return answer(status_line, f'{{"error": "{text}"}}'.encode(), keeps=False)


TOO_SLOW = refusal("408 Request Timeout", "request too slow")
TOO_MANY = refusal("503 Service Unavailable", "too many connections")


async def test_who_is_silent_is_closed_without_a_word():
    async with listening(limits=Limits(read_s=SHORT_S)) as (listener, connect):
        assert await read_all(await connect()) == b""
        assert listener.statistics().refused == {}


async def test_who_is_idle_too_long_is_closed_without_a_word():
    async with listening(limits=Limits(idle_s=SHORT_S)) as (_, connect):
        stream = await connect()
        await stream.send_all(get())
        assert await read_all(stream) == answer("200 OK", b"GET / 0")


async def test_slow_heads_and_slow_bodies_are_told_so():
    async with listening(limits=Limits(read_s=SHORT_S)) as (listener, connect):
        for start in (b"GET / HT", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"):
            stream = await connect()
            await stream.send_all(start)
            assert await read_all(stream) == TOO_SLOW
        assert listener.statistics().refused == {Refused.TOO_SLOW: 2}


async def test_a_drop_now_and_then_does_not_move_the_deadline():
    async with listening(limits=Limits(read_s=SHORT_S)) as (_, connect):
        stream = await connect()
        async with trio.open_nursery() as nursery:

            async def drip():
                await stream.send_all(b"GET / HTTP/1.1\r\nX: ")
                for _ in range(5):
                    await trio.sleep(SHORT_S / 8)
                    await stream.send_all(b"x")

            nursery.start_soon(drip)
            assert await read_all(stream) == TOO_SLOW
            nursery.cancel_scope.cancel()


async def test_an_answer_that_takes_too_long_is_a_503():
    async def respond(_):
        await trio.sleep_forever()

    async with listening(respond, Limits(answer_s=SHORT_S)) as (listener, connect):
        stream = await connect()
        await stream.send_all(get())
        said = refusal("503 Service Unavailable", "no answer in time")
        assert await read_all(stream) == said
        assert listener.statistics().refused == {Refused.UNANSWERED: 1}


async def test_a_reader_that_stalls_is_dropped_and_delays_nobody():
    async def respond(request):
        return (
            Reply(200, 64 * 1024 * 1024 * b"x") if request.path == "/big" else await echo(request)
        )

    async with listening(respond, Limits(write_s=SHORT_S)) as (listener, connect):
        stalled, other = await connect(), await connect()
        await stalled.send_all(get("/big"))
        await other.send_all(get())
        assert await read_answer(other) == answer("200 OK", b"GET / 0")
        while listener.statistics().connections == 2:  # noqa: ASYNC110
            await trio.sleep(SHORT_S / 8)
        assert listener.statistics().refused == {Refused.STALLED: 1}


async def test_a_slow_reader_gets_all_of_a_large_answer():
    async def respond(_):
        return Reply(200, 4 * 1024 * 1024 * b"x")

    async with listening(respond) as (_, connect):
        stream = await connect()
        await stream.send_all(get(more="Connection: close\r\n"))
        assert len((await read_all(stream)).partition(b"\r\n\r\n")[2]) == 4 * 1024 * 1024


async def test_the_longest_idle_connection_makes_room_and_a_busy_one_does_not():
    asked = trio.Event()

    async def respond(request):
        if request.path == "/busy":
            asked.set()
            await trio.sleep_forever()
        return await echo(request)

    async with listening(respond, Limits(connections_max=2)) as (listener, connect):
        first, second = await connect(), await connect()
        for stream in (second, first):
            await stream.send_all(get())
            await read_answer(stream)
        third = await connect()
        assert await read_all(second) == b""
        for stream in (third, first):
            asked = trio.Event()
            await stream.send_all(get("/busy"))
            await asked.wait()
        assert await read_all(await connect()) == TOO_MANY
        statistics = listener.statistics()
        assert statistics.refused == {Refused.EVICTED: 1, Refused.TOO_MANY: 1}
        assert (statistics.connections, statistics.accepted) == (2, 4)


async def test_one_address_has_its_own_maximum():
    limits = Limits(address_connections_max=1)
    async with listening(limits=limits) as (listener, connect):
        first = await connect()
        await first.send_all(b"GET / HT")
        while await read_all(await connect()) != TOO_MANY:
            pass  # the first is idle, and so gives way, until its bytes are read
        assert Refused.TOO_MANY_FROM_ADDRESS in listener.statistics().refused


async def test_unfinished_bodies_of_all_together_are_bounded():
    limits = Limits(bodies_max_bytes=100_000)
    async with listening(limits=limits) as (listener, connect):
        more = "Expect: 100-continue\r\nContent-Length: 90000\r\n"
        head = get(method="POST", more=more)
        first, second = await connect(), await connect()
        await first.send_all(head)
        await first.receive_some()
        await first.send_all(89_999 * b"x")
        await second.send_all(head)
        await second.receive_some()
        with pytest.raises(trio.TooSlowError), trio.fail_after(SHORT_S):
            await first.receive_some()  # by then its body is here but for one byte
        await second.send_all(89_999 * b"x")
        assert await read_all(second) == refusal("503 Service Unavailable", "busy")
        await first.send_all(b"x")
        assert await read_answer(first) == answer("200 OK", b"POST / 90000")
        assert listener.statistics().refused == {Refused.TOO_MUCH_UNFINISHED: 1}


async def test_hundreds_of_slow_connections_do_not_hurt_a_good_one():
    async with listening(limits=Limits(connections_max=400)) as (listener, connect):
        slow = []
        for _ in range(390):
            slow.append(await connect())
            await slow[-1].send_all(b"POST / HTTP/1.1\r\nX: ")
        good = await connect()
        for _ in range(20):
            await good.send_all(get())
            assert await read_answer(good) == answer("200 OK", b"GET / 0")
        assert listener.statistics().connections == 391
        for stream in slow:
            await trio.aclose_forcefully(stream)


async def test_a_reset_at_any_moment_is_nothing_special():
    async with listening() as (listener, connect):
        for start in (b"", b"GET", get("/", method="POST", body=b"abc")[:-1], get()):
            stream = await connect()
            await stream.send_all(start or b"\r\n")
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await trio.aclose_forcefully(stream)
        good = await connect()
        await good.send_all(get())
        assert await read_answer(good) == answer("200 OK", b"GET / 0")
        assert listener.statistics().refused == {}


async def test_stopping_closes_the_idle_answers_the_busy_and_takes_no_new():
    asked, go_on = trio.Event(), trio.Event()

    async def respond(request):
        if request.path == "/busy":
            asked.set()
            await go_on.wait()
        return await echo(request)

    async with listening(respond) as (listener, connect), trio.open_nursery() as nursery:
        idle, busy = await connect(), await connect()
        await idle.send_all(get())
        await read_answer(idle)
        await busy.send_all(get("/busy"))
        await asked.wait()
        nursery.start_soon(listener.stop, 5)
        assert await read_all(idle) == b""
        try:
            await connect()
        except OSError:
            pass
        else:
            raise AssertionError("still accepting")
        go_on.set()
        assert await read_all(busy) == answer("200 OK", b"GET /busy 0", keeps=False)
        await busy.aclose()


async def test_stopping_is_bounded_by_its_grace():
    asked = trio.Event()

    async def respond(_):
        asked.set()
        await trio.sleep_forever()

    async with listening(respond) as (listener, connect):
        stream = await connect()
        await stream.send_all(get())
        await asked.wait()
        await listener.stop(SHORT_S)
        assert await read_all(stream) == refusal("503 Service Unavailable", "no answer in time")
        assert listener.statistics().connections == 0
