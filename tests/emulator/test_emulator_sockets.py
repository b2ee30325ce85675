"""Real sockets on loopback: the HTTP server, the hooks, restarts, TLS, the command."""

import signal
import socket
import subprocess
import sys
from functools import partial

import httpx
import orjson
import pytest
import trio
import trustme
from click.testing import CliRunner

from orchestrator.cli.emulate import emulate as command
from orchestrator.emulator.emulation import emulate
from orchestrator.emulator.http import SendFailed, TimedOut
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.sockets import Poster


@pytest.fixture
def run(nursery):
    """Run nodes on free ports; return where the first one is."""

    async def run_nodes(*options, journal=None):
        ready = await nursery.start(partial(emulate, options, journal))
        return ready[0].url

    return run_nodes


async def test_answers_on_a_port_and_posts_hooks_to_another_node(run, tmp_path):
    journal = tmp_path / "journal"
    # Another emulated node is a backend of sorts: it answers every hook with 404.
    backend = await run(NodeOptions("backend", port=0))
    options = NodeOptions("wcs1", port=0, applications=applications_at(f"{backend}/hooks"))
    with trio.fail_after(10):
        url = await run(options, journal=str(journal))
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            assert (await client.get("/rest-api/push/find_all")).status_code == 404
            body = {"streamName": "a", "rtmpUrl": "rtmp://t/live"}
            started = await client.post("/rest-api/push/startup", json=body)
            assert started.json()["streamName"] == "rtmp_a"
            found = await client.post("/rest-api/push/find_all")
            assert found.json() == [started.json()]
            published = await client.post("/emulator/publish", json={"name": "a"})
            assert published.json() == {"name": "a", "status": "FAILED", "info": "declined"}
            [connect] = [
                one
                for one in (await client.get("/emulator/journal")).json()
                if one["kind"] == "hook"
            ]
    assert (connect["what"], connect["status"]) == ("connect", 404)
    lines = [orjson.loads(line) for line in journal.read_bytes().splitlines()]
    assert connect in lines


async def test_refuses_while_it_is_down_and_listens_again_on_the_same_port(run):
    with trio.fail_after(10):
        url = await run(NodeOptions("wcs1", port=0, publishers=("a",)))
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            assert (await client.post("/rest-api/stream/find_all")).status_code == 200
            assert (await client.post("/emulator/restart", json={"down_s": 0.2})).json() == {}
            refused = 0
            while True:
                try:
                    answer = await client.post("/rest-api/stream/find_all")
                    break
                except httpx.TransportError:
                    refused += 1
                    await trio.lowlevel.checkpoint()
            assert refused > 0
            assert answer.status_code == 404


async def test_answers_head_without_a_body_and_any_path_at_all(run):
    with trio.fail_after(10):
        url = await run(NodeOptions("wcs1", port=0))
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            head = await client.head("/rest-api/push/find")
            assert (head.status_code, head.content) == (405, b"")
            stream = await trio.open_tcp_stream("127.0.0.1", int(url.rpartition(":")[2]))
            await stream.send_all(b"GET //[ HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (await stream.receive_some(12)) == b"HTTP/1.1 404"
            await stream.aclose()
            assert (await client.get("/?action=stat")).status_code == 200


async def test_closes_the_connection_when_the_answer_is_lost(run):
    with trio.fail_after(10):
        url = await run(NodeOptions("wcs1", port=0))
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await client.post("/emulator/faults", json={"rest_lost": 1})
            body = {"streamName": "a", "rtmpUrl": "rtmp://t/live"}
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post("/rest-api/push/startup", json=body)
            objects = (await client.get("/emulator/objects")).json()
            assert len(objects["transponders"]) == 1


async def test_a_call_under_way_breaks_when_the_node_restarts(run, nursery):
    with trio.fail_after(10):
        url = await run(NodeOptions("wcs1", port=0))
        broken = trio.Event()

        async def ask():
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                with pytest.raises(httpx.RemoteProtocolError):
                    await client.post("/rest-api/push/find_all")
                broken.set()

        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await client.post("/emulator/faults", json={"rest_hangs": 1})
            nursery.start_soon(ask)
            while "call hangs" not in (await client.get("/emulator/journal")).text:
                await trio.lowlevel.checkpoint()
            await client.post("/emulator/restart", json={})
            await broken.wait()


async def test_answers_400_to_what_is_no_http_and_closes_on_a_huge_body(run):
    with trio.fail_after(10):
        url = await run(NodeOptions("wcs1", port=0))
        port = int(url.rpartition(":")[2])
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"nonsense\r\n\r\n")
        assert (await stream.receive_some(12)) == b"HTTP/1.1 400"
        await stream.aclose()
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            length = b"Content-Length: 5000000\r\n\r\n"
            head = b"POST /rest-api/push/find_all HTTP/1.1\r\nHost: a\r\n" + length
            try:
                await stream.send_all(head + b" " * 5_000_000)
                answered = await stream.receive_some(1)
            except trio.BrokenResourceError:
                answered = b""
            assert answered == b""
            await stream.aclose()
            assert (await client.get("/?action=stat")).status_code == 200


async def test_speaks_tls_with_a_certificate(run, tmp_path):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    options = NodeOptions("wcs1", port=0, tls_certificate=str(chain), tls_key=str(key))
    with trio.fail_after(10):
        url = await run(options)
        assert url.startswith("https://127.0.0.1:")
        async with httpx.AsyncClient(base_url=url, verify=False, trust_env=False) as client:  # noqa: S501
            assert (await client.get("/rest-api/push/find_all")).status_code == 404


async def test_tells_apart_what_was_not_sent_and_what_was_not_answered(run):
    post = Poster()
    with trio.fail_after(10):
        url = await run(NodeOptions("wcs1", port=0))
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await client.post("/emulator/hang", json={})
        with pytest.raises(TimedOut):
            await post(f"{url}/rest-api/push/find_all", {}, b"", 0.05)
        with pytest.raises(SendFailed):
            await post("http://127.0.0.1:1/hooks", {}, b"", 1)
        with pytest.raises(SendFailed):
            await post("http://[", {}, b"", 1)
        await post.aclose()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--node", "wcs1"], "'wcs1' is not NAME=PORT"),
        (["--node", "wcs1=x"], "'x' is no port"),
        (["--publish", "wcs2/a"], "there is no node wcs2"),
        (["--user", "admin"], "'admin' is not NAME:PASSWORD"),
        (["--set", "flies=1"], "no switch is called flies"),
        (["--set", "generation=1999"], "'1999' is not a valid Generation"),
        (["--set", "start_s"], "'start_s' is not NAME=VALUE"),
        (["--fault", "agents_fail=often"], "could not convert string to float"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words):
    result = CliRunner().invoke(command, arguments)
    assert (result.exit_code, words in result.output) == (2, True)


def test_the_command_says_when_a_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["--node", f"wcs1={port}"])
    assert (result.exit_code, "Error: " in result.output) == (1, True)
    assert "in use" in result.output


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_until_told_and_ends_with_0(told, tmp_path):
    script = "from orchestrator.cli.emulate import emulate; emulate()"
    arguments = ["--node", "wcs1=0", "--node", "wcs2=0", "--publish", "wcs2/a", "--come-and-go"]
    arguments += [
        "--set",
        "generation=2017",
        "--set",
        'lacks=["/hls/"]',
        "--fault",
        "rest_lost=0.1",
    ]
    arguments += ["--journal", str(tmp_path / "journal"), "--hooks", "http://127.0.0.1:1/{node}"]
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(told)
        rest, _ = process.communicate(timeout=10)
    names = [line.partition(" on http://127.0.0.1:")[0] for line in lines]
    assert names == ["emulated node wcs1", "emulated node wcs2"]
    assert all(line.endswith("/rest-api\n") for line in lines)
    assert (process.returncode, rest) == (0, "")
