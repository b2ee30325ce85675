"""P8: from a hook's arrival to the REST call that it causes, with 1,000 resources.

A hundred streams are published, one each 10 ms; the emulated node's journal has both times.
"""

import json
import tempfile
import time

from bench import machine
from bench.result import Result
from tests.system.system import System, eventually

ABOUT = __doc__
GOAL = "p50 at most four syncs and 8 ms, p99 at most 60 ms"
RESOURCES, STREAMS, EVERY_S = 1_000, 100, 0.01


def measure():
    """Return waiting times from the hook that tells of a stream to /push/startup for it."""
    with tempfile.TemporaryDirectory() as folder, System(folder) as system:
        # The limit of 50 calls a second, which protects a node, would be all that is measured.
        system.values["nodes"]["wcs1"]["limits"] = {"perSecond": 10_000}
        system.configure()
        system.declare(**{f"t{n:04}": (f"s{n:04}", f"rtmp://h.lan/{n}") for n in range(RESOURCES)})
        system.run()
        system.emulate()
        eventually(lambda: set(system.phases().values()) == {"Waiting"}, 60, 0.5)
        for number in range(STREAMS):
            began = time.monotonic()
            system.publish(f"s{number:04}")
            time.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
        eventually(lambda: len(system.transponders()) == STREAMS, 60, 0.5)
        waits = sorted(waited(system.journal()))
    sync_ms = machine.sync_s() * 1000
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    rows = (
        ("streams published", str(len(waits))),
        ("from hook to call, p50", f"{p50:.1f} ms"),
        ("p99", f"{p99:.1f} ms"),
        ("a sync", f"{sync_ms:.2f} ms"),
    )
    return Result(GOAL, rows, p50 <= 8 + 4 * sync_ms and p99 <= 60)


def waited(journal):
    """Yield milliseconds for each stream, from what the node sent and what it got."""
    told = {}
    for entry in journal:  # a hook is written down when it is answered, which may be after the call
        detail = entry["detail"]
        if entry["what"] == "StreamStatusEvent" and detail["body"]["status"] == "PUBLISHING":
            told.setdefault(detail["body"]["name"], detail["sent_s"])
    for entry in journal:
        detail = entry["detail"]
        if entry["what"] == "/push/startup" and entry["kind"] == "rest":
            body = detail["body"]
            body = json.loads(body) if isinstance(body, str) else body
            yield (entry["at_s"] - told[body["streamName"]]) * 1000
