"""P13: from YAML on disk to desired resources, cold and unchanged; PyYAML's C events alone.

A hundred transponders to a file; every value is decoded, sealed and compared with all others.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

import yaml

from bench.result import Result
from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.state import StateReader
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import HookSettings, LogSettings, NodeSettings, Settings

ABOUT = __doc__
GOAL = "cold at most twice PyYAML's C events alone, unchanged at most 0.05 of cold"
SIZES, EACH, RUNS = (1_000, 10_000), 100, 3


def measure():
    """Return milliseconds for each size, and the ratios."""
    rows, met = [], True
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            settings = written(Path(folder), count)
            events, cold, warm = map(median, zip(*timed(settings), strict=True))
        rows += [
            (f"{count:,} resources, cold", f"{cold:,.0f} ms"),
            ("PyYAML's C events alone", f"{events:,.0f} ms"),
            ("ratio", f"{cold / events:.2f}"),
            ("nothing changed", f"{warm:,.1f} ms"),
            ("ratio to cold", f"{warm / cold:.3f}"),
        ]
        met = met and cold <= 2 * events and warm <= 0.05 * cold
    return Result(GOAL, tuple(rows), met)


def timed(settings):
    """Yield milliseconds of events alone, of a cold read, and of one more."""
    vault = Vault(b"k" * 32)
    for _ in range(RUNS):
        began = time.perf_counter()
        for path in sorted(settings.state[0].iterdir()):
            for _event in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
                pass
        events = time.perf_counter()
        reader = StateReader()
        files = reader.read(settings, vault, KINDS, declared={})
        cold = time.perf_counter()
        assert not any(file.faults for file in files)
        again = time.perf_counter()
        reader.read(settings, vault, KINDS, declared={})
        warm = time.perf_counter()
        yield (events - began) * 1000, (cold - events) * 1000, (warm - again) * 1000


def written(folder, count):
    """Write state files; return settings that name their folder."""
    state = folder / "state"
    state.mkdir()
    for first in range(0, count, EACH):
        lines = "".join(
            f"  t{number:05}: {{streamName: show-{number}, rtmpUrl: rtmp://h.lan/{number},"
            " labels: {tier: gold}}\n"
            for number in range(first, first + EACH)
        )
        text = f"defaults: {{node: wcs1}}\ntransponders:\n{lines}"
        (state / f"s{first:05}.yaml").write_text(text)
    return Settings(
        place=Place(str(folder / "orchestrator.yaml"), 1, 1),
        log=LogSettings(folder / "log"),
        control=folder / "control.sock",
        configuration=Configuration(nodes=Map({"wcs1": Node()})),
        hooks=HookSettings(),
        nodes=Map({"wcs1": NodeSettings()}),
        state=(state,),
    )
