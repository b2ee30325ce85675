"""Several nodes at once, on real sockets and the real clock: what a demo runs."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random

import trio
from attrs import frozen

from orchestrator.emulator.journal import Journal
from orchestrator.emulator.options import NodeOptions
from orchestrator.emulator.server import WebCallServer
from orchestrator.emulator.sockets import Port, Poster, tls_context


@frozen
class Emulated:
    """One node that is ready, and where."""

    server: WebCallServer
    url: str


async def emulate(
    nodes: Sequence[NodeOptions],
    journal_path: str | None = None,
    *,
    task_status: trio.TaskStatus[list[Emulated]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run all nodes until cancelled; ready, with all of them, when every port is bound.

    They write one journal, to a file of JSON lines if there is a path. Port 0 takes a free one.
    """
    with ExitStack() as files:
        file = None
        if journal_path is not None:
            # Opened once, before anything runs: no task waits for it.
            file = files.enter_context(Path(journal_path).open("ab"))  # noqa: ASYNC230
        journal = Journal(file)
        epoch_s = time.time() - trio.current_time()
        async with trio.open_nursery() as nursery:
            ready = []
            for options in nodes:
                start = partial(run_node, options, journal, epoch_s)
                ready.append(await nursery.start(start))
            task_status.started(ready)


async def run_node(
    options: NodeOptions,
    journal: Journal,
    epoch_s: float,
    *,
    task_status: trio.TaskStatus[Emulated] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run one node until cancelled; ready when its port is bound."""
    post = Poster()
    random = Random(options.seed)  # noqa: S311 - a run that can be repeated is the point
    server = WebCallServer(options, random=random, post=post, journal=journal, epoch_s=epoch_s)
    tls = tls_context(options.tls_certificate, options.tls_key)
    try:
        async with trio.open_nursery() as nursery:
            port = Port(server, options.address, options.port, tls)
            # The node comes first: whoever reaches the port must find it running.
            await nursery.start(server.run)
            number = await nursery.start(port.serve)
            scheme = "http" if tls is None else "https"
            task_status.started(Emulated(server, f"{scheme}://{options.address}:{number}"))
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
            await post.aclose()
