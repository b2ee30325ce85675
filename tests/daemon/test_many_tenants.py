"""Three hundred tenants, each with a file that a script writes, all day long.

Nothing jams; a broken file touches its own tenant only; a folder that is suddenly empty is held.
"""

from random import Random

import pytest
import trio

from orchestrator.core.configuration import Timing
from orchestrator.core.mapping import Map
from tests.stage import staged

TENANTS, HOURS = 300, 24
SELDOM = Timing(resync_ms=300_000, looks_ms=Map({"transponders": 300_000}))  # a day goes faster
FILE = """defaults: {{node: wcs{node}}}
transponders:
  {name}-main: {{streamName: {name}, rtmpUrl: "rtmp://cdn.lan/{name}", muted: {muted}}}
recordings:
  {name}-archive: {{streamName: {name}}}
"""


class Script:
    """Adds, changes and removes tenants; notes what should be there."""

    def __init__(self, folder, random):
        self.folder = folder
        self.random = random
        self.tenants = {}
        folder.mkdir()

    def write(self, number):
        muted = self.random.choice(("true", "false"))
        name = f"t{number:03}"
        self.tenants[number] = muted
        text = FILE.format(name=name, node=number % 2 + 1, muted=muted)
        (self.folder / f"{name}.yaml").write_text(text)

    def remove(self, number):
        del self.tenants[number]
        (self.folder / f"t{number:03}.yaml").unlink()

    def spoil(self, number):
        (self.folder / f"t{number:03}.yaml").write_text("transponders: {t: {streamNam: x}}")


def wanted(script):
    return sorted(f"rtmp://cdn.lan/t{number:03}" for number in script.tenants)


def there(stage):
    return sorted(url for node in stage.node_names for _, url in stage.transponders(node))


@pytest.mark.slow
async def test_nothing_jams_all_day(autojump_clock, tmp_path):
    names = ("wcs1", "wcs2")
    async with staged(node_names=names, folder=tmp_path, timing=SELDOM) as stage:
        script = Script(tmp_path / "state", Random(7))
        for number in range(TENANTS):
            script.write(number)
        await stage.start()
        for number in range(TENANTS):
            await stage.servers[f"wcs{number % 2 + 1}"].client(f"{number}").publish(f"t{number:03}")
        await trio.sleep(600)
        assert there(stage) == wanted(script)

        spare = []
        for step in range(HOURS * 6):
            number = script.random.choice(sorted(script.tenants))
            match step % 3:
                case 0:
                    script.write(number)
                case 1:
                    script.remove(number)
                    spare.append(number)
                case _:
                    script.write(spare.pop())
            await stage.load()
            await trio.sleep(600)
            if step % 24 == 23:
                assert there(stage) == wanted(script)
        phases = {phase for phase, _ in (await stage.phases()).values()}
        assert (phases, (await stage.ask("GET", "/api/v1/status"))[1]["held"]) == ({"Ready"}, [])

        broken, other = sorted(script.tenants)[:2]
        before = stage.journal.written
        script.spoil(broken)
        script.remove(other)
        assert {fault.file for fault in (await stage.load()).faults} == {f"state/t{broken:03}.yaml"}
        await trio.sleep(600)
        ends = {"/push/terminate", "/recorder/terminate"}
        calls = [path for node in stage.node_names for path in stage.mutations(node, after=before)]
        assert (set(calls), len(calls), there(stage)) == (ends, 2, wanted(script))

        before = stage.journal.written
        script.write(broken)
        for number in sorted(script.tenants):
            (script.folder / f"t{number:03}.yaml").unlink()
        assert len((await stage.load()).holds) == 1
        await trio.sleep(3_600)
        calls = [path for node in stage.node_names for path in stage.mutations(node, after=before)]
        assert (calls, there(stage)) == ([], wanted(script))
