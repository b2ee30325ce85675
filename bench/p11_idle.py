"""P11: what the daemon costs while nothing happens: 1,000 resources that run on 10 nodes."""

import tempfile
import time

from bench import machine
from bench.result import Result
from tests.system.system import System, eventually

ABOUT = __doc__
GOAL = "at most 1 % of a core, 100 MB resident, and no growth of the log"
NODES, RESOURCES, SECONDS = tuple(f"wcs{n}" for n in range(1, 11)), 1_000, 60


def measure():
    """Return processor time, memory and growth over a minute, looking every 30 s."""
    timing = {"looks": {"transponders": "30s", "recordings": "30s", "streams": "30s"}}
    with (
        tempfile.TemporaryDirectory() as folder,
        System(folder, nodes=NODES, timing=timing) as system,
    ):
        system.declare(
            **{
                f"t{n:04}": {"node": NODES[n % 10], "streamName": "show",
                             "rtmpUrl": f"rtmp://h.lan/{n}"}
                for n in range(RESOURCES)
            }
        )  # fmt: skip
        system.run()
        system.emulate()
        for node in NODES:
            system.publish("show", node)
        eventually(lambda: set(system.phases().values()) == {"Ready"}, 180, 2)
        time.sleep(35)
        pid, position = system.daemon.pid, system.position()
        cpu = machine.cpu_s(pid)
        time.sleep(SECONDS)
        share = (machine.cpu_s(pid) - cpu) / SECONDS * 100
        rss, grown = machine.rss_mib(pid), system.position() - position
    rows = (
        ("of a core", f"{share:.2f} %"),
        ("resident", f"{rss:.0f} MiB"),
        ("entries that the log gained", str(grown)),
    )
    return Result(GOAL, rows, share <= 1 and rss <= 95.4 and grown == 0)
