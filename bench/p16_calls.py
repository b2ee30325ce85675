"""P16: a hundred REST calls at once to one node: our client, and one shared httpx client."""

import time
from statistics import median

import httpx
import trio

from bench.peers.processes import free_port, ours, running
from bench.result import Result, spread
from orchestrator.core.mapping import Map
from orchestrator.core.rest import RestCall
from orchestrator.shell.wcs import Endpoint, NodeClient, network

ABOUT = __doc__
GOAL = "at least twice one shared httpx client with all calls at once"
CALLS, TOGETHER, RUNS = 2_000, 100, 5


def measure():
    """Return calls a second of each, against a server that does nothing."""
    rates = {"ours": [], "httpx": []}
    port = free_port()
    with running((ours(), "-m", "bench.peers.null_listener", port), port, "."):
        for number in range(RUNS + 1):
            found = {"ours": trio.run(by_us, port), "httpx": trio.run(by_httpx, port)}
            for name in rates if number else ():
                rates[name].append(found[name])
    ratio = median(rates["ours"]) / median(rates["httpx"])
    rows = (
        ("our client, 8 at a time", spread(rates["ours"], "/s")),
        ("one shared httpx client, 100 at a time", spread(rates["httpx"], "/s")),
        ("ratio", f"{ratio:.2f}"),
    )
    return Result(GOAL, rows, ratio >= 2)


async def by_us(port):
    """Send all calls through a node's client, as many at a time as it lets through."""
    endpoint = Endpoint("wcs1", f"http://127.0.0.1:{port}", "", parallel=8, per_second=100_000)
    client = NodeClient(endpoint, str, network(endpoint))
    call = RestCall("/push/startup", Map({"streamName": "show", "rtmpUrl": "rtmp://h.lan/live"}))
    try:
        return await together(lambda: client.send(call))
    finally:
        await client.aclose()


async def by_httpx(port):
    """Send all calls through one client."""
    body = {"streamName": "show", "rtmpUrl": "rtmp://h.lan/live"}
    limits = httpx.Limits(max_connections=TOGETHER, max_keepalive_connections=TOGETHER)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        url = f"http://127.0.0.1:{port}/push/startup"
        return await together(lambda: client.post(url, json=body))


async def together(send):
    """Return calls a second with a hundred tasks sending."""

    async def some():
        for _ in range(CALLS // TOGETHER):
            await send()

    began = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for _ in range(TOGETHER):
            nursery.start_soon(some)
    return CALLS / (time.perf_counter() - began)
