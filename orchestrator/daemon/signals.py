"""What signals mean to the daemon: SIGHUP reads the documents again, SIGTERM and SIGINT end it."""

import os
import signal

import trio

from orchestrator.daemon.run import Daemon


async def handle_signals(daemon: Daemon) -> None:
    """Reload on SIGHUP; end on SIGTERM and SIGINT, at once on the second."""
    async with trio.open_nursery() as nursery:
        with trio.open_signal_receiver(signal.SIGHUP, signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                if number == signal.SIGHUP:
                    nursery.start_soon(daemon.reload_by_itself)
                elif daemon.stopping.is_set():
                    os._exit(1)
                else:
                    daemon.stopping.set()
