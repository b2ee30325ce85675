"""What memory tells of all resources is what judging each of them anew would tell."""

from random import Random

import pytest
import trio
from attrs import evolve

from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.api import judged
from tests.stage import staged

URL = "rtmp://target.lan/live"


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_kept_of_verdicts_is_what_judging_anew_gives(
    autojump_clock, monkeypatch, seed
):
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    monkeypatch.setattr(trio._core._run, "_r", Random(seed))
    random = Random(seed)
    async with staged() as stage:
        for number in range(12):
            stage.transponder(f"t{number}", f"s{number % 3}", f"{URL}/{number}")
            stage.recording(f"r{number % 3}", f"s{number % 3}")
        await stage.start()
        server = stage.servers["wcs1"]
        clients = {name: server.client(name) for name in ("s0", "s1", "s2")}
        for _ in range(200):
            await trio.sleep(random.uniform(0.01, 3))
            match random.randrange(7):
                case 0:
                    name = random.choice([*clients])
                    stage.nursery.start_soon(clients[name].publish, name)
                case 1:
                    clients[random.choice([*clients])].drop()
                case 2:
                    server.hang(on=not server.node.hangs)
                case 3:
                    name = f"t{random.randrange(12)}"
                    body = {"names": [name], "forMs": random.choice([0, 5_000])}
                    verb = random.choice(["stop", "pause"])
                    await stage.ask("POST", f"/control/v1/{verb}", body)
                case 4:
                    body = {"names": [f"t{random.randrange(12)}"]}
                    await stage.ask("POST", "/control/v1/start", body)
                case 5:
                    stage.transponder("t3", "s0", f"{URL}/{random.randrange(3)}x")
                    await stage.load()
                case _:
                    lost = random.choice([0.0, 0.5])
                    server.node.turn(evolve(server.node.faults, rest_fails=lost))
            memory = stage.memory
            assert memory.judged() == judged(memory.world, memory.looks, KINDS, memory.now_ms())
