"""Our own listener with a handler that does nothing: `python -m bench.peers.null_listener PORT`."""

import sys

import trio

from orchestrator.core.http import Reply
from orchestrator.shell.listen.address import open_sockets
from orchestrator.shell.listen.limits import Limits
from orchestrator.shell.listen.serve import serve


async def answer(request):
    return Reply(200, request.body)


async def main(port):
    async with trio.open_nursery() as nursery:
        await nursery.start(serve, open_sockets(f"127.0.0.1:{port}"), answer, Limits())
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, sys.argv[1])
