"""Rules on a stage: clients come and go, and what rules said of them is read from the log."""

from contextlib import asynccontextmanager

import trio
from orjson import dumps, loads

from orchestrator.core.filter import Filter
from orchestrator.core.http import InetPeer, Request
from orchestrator.core.mapping import Map
from tests.stage import TOKEN, staged

READY = ("Ready", "unverified")


@asynccontextmanager
async def ruled(folder, **more):
    async with staged(rules=folder, **more) as stage:
        await stage.start()
        yield stage


async def publish(stage, name, node="wcs1", settle_s=3):
    client = stage.servers[node].client(name)
    await client.publish(name)
    await trio.sleep(settle_s)
    return client


async def tell(stage, method, body, node="wcs1", status=200):
    """Post a hook that no client of the emulator made."""
    path = f"/hooks/{node}/{TOKEN}/{method}"
    request = Request("POST", path, "", Map(), dumps(body), InetPeer("10.0.0.1", 1))
    assert (await stage.intake.respond(request)).status == status


async def rows(stage, *types):
    found = await stage.log.read(Filter(types=frozenset(types)), 10_000)
    return [(row, loads(row.body)) for row in found]


async def said(stage):
    """Return what rules said: rule, names of what they want, and whether it only lingers."""
    return [
        (body["rule"], [item["key"] for item in body["items"]], body["untilMs"] > 0)
        for _, body in await rows(stage, "Ensured")
    ]


async def status(stage):
    _, answer = await stage.ask("GET", "/api/v1/status")
    return answer
