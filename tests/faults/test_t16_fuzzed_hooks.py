"""T16, its fuzz: whatever a body is, it is answered, nothing falls over, and rules are asked.

Bodies are documented ones, cut, doubled, changed byte by byte or value by value, and what nobody
would send. The socket has its own tests of size and slowness (`tests/shell/listen`).
"""

import json
from copy import deepcopy
from random import Random
from time import monotonic

import pytest

from orchestrator.core.filter import Filter
from orchestrator.core.hook import REFUSABLE
from orchestrator.core.http import InetPeer, Request
from orchestrator.core.mapping import Map
from tests.kinds.sample import SAMPLES
from tests.stage import TOKEN, staged

BODIES = [path.read_bytes() for path in sorted((SAMPLES / "hooks").glob("*.json"))]
METHODS = (*REFUSABLE, "StreamStatusEvent", "ConnectionStatusEvent", "CallStatusEvent", "Unknown")
DAY, NIGHT_S, AT_ONCE = 4_000, 600, 500
DUE = frozenset({200, 400, 403})
RULES = """rules:
  looks:
    admit: [HOOKS]
    where: >-
      hook.name == "a" || (has(hook.custom.token) && verify(tables.t.a, hook.custom.token))
      || streams.exists(one, one.name == hook.name) || hook.width > 5
    decide: deny
    onError: allow
  writes:
    admit: [publishStream, connect]
    where: has(hook.custom)
    overwrite: {name: "x-${hook.name}", custom: "${hook.custom}"}
tables: {t: {file: t.json}}
""".replace("HOOKS", ", ".join(REFUSABLE))
STRANGE = (
    None, True, -1, 0, 2**63, -(2**63), 2**70, 1e308, 0.1, "", "a", "~0123456789abcdef", "${hook}",
    "\ud800", "\x00", "é" * 300, "rtmp://u:p@h:99999/a/b?c=d", "studio\n", [], [[]], {}, [1] * 1500,
    {"token": {"token": []}}, {"a.b": 1}, {"": 1},
)  # fmt: skip
RAW = (b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b'{"a":NaN}', b'{"a":1,"a":2}', b"{}" * 9,
       b"[" * 5000, b'{"a":' * 200 + b"1" + b"}" * 200, b'{"n":' + b"9" * 5000 + b"}")  # fmt: skip


class Fuzz:
    """A stream of bodies, the same for a seed."""

    def __init__(self, seed):
        self.draw = Random(seed)

    def body(self):
        draw = self.draw
        sort = draw.random()
        if sort < 0.1:
            return draw.choice(RAW)
        body = draw.choice(BODIES)
        if sort < 0.4:
            return self.bytes_of(bytearray(body))
        try:
            value = json.loads(body)
        except ValueError:
            return body
        for _ in range(draw.randint(1, 4)):
            self.change(value)
        return json.dumps(value, ensure_ascii=draw.random() < 0.5).encode(errors="surrogatepass")

    def bytes_of(self, body):
        for _ in range(self.draw.randint(1, 6)):
            at = self.draw.randrange(len(body)) if body else 0
            match self.draw.randrange(4):
                case 0:
                    del body[at:]
                case 1:
                    body[at:at] = body[: self.draw.randrange(40)]
                case 2 if body:
                    body[at] = self.draw.randrange(256)
                case _:
                    del body[at : at + self.draw.randrange(9)]
        return bytes(body)

    def change(self, value):
        names = [*value, "name", "custom", "sessionId", "mediaSessionId", "callId", "width"]
        inner = value.get(self.draw.choice(names)) if isinstance(value, dict) else None
        if isinstance(inner, dict) and inner and self.draw.random() < 0.5:
            self.change(inner)
        elif isinstance(value, dict):
            value[self.draw.choice(names)] = deepcopy(self.draw.choice(STRANGE))


async def _posted(stage, fuzz, count, statuses):
    for _ in range(count):
        method = fuzz.draw.choice(METHODS)
        path = f"/hooks/wcs1/{TOKEN}/{method}"
        request = Request("POST", path, "", Map(), fuzz.body(), InetPeer("10.0.0.1", 1))
        reply = await stage.intake.respond(request)
        statuses[reply.status] = statuses.get(reply.status, 0) + 1
        if reply.status != 200:
            assert set(json.loads(reply.body)) == {"error"}


async def _fuzzed(seed, folder, count, statuses):
    folder.mkdir()
    (folder / "a.yaml").write_text(RULES)
    (folder / "t.json").write_text('{"a": "secret"}')
    async with staged(seed=seed, rules=folder) as stage:
        await stage.start()
        assert sorted(stage.memory.world.rules) == ["looks", "writes"]
        await _posted(stage, Fuzz(seed), count, statuses)
        await stage.kill()
        await stage.start()  # what was written can be folded again
        assert len(await stage.log.read(Filter(), 10**6)) > 1
        body = b'{"name": "a", "sessionId": "s"}'
        path = f"/hooks/wcs1/{TOKEN}/publishStream"
        request = Request("POST", path, "", Map(), body, InetPeer("10.0.0.1", 1))
        assert (await stage.intake.respond(request)).status == 403


def _told(figure, statuses, seeds):
    assert set(statuses) == DUE
    said = ", ".join(f"{count} answered {status}" for status, count in sorted(statuses.items()))
    figure(f"T16: {sum(statuses.values())} fuzzed hooks of {seeds} seeds: {said}; none fell over")


async def test_t16_no_body_fells_anything(autojump_clock, tmp_path, figure):
    statuses = {}
    for seed in range(DAY // AT_ONCE):
        await _fuzzed(seed, tmp_path / str(seed), AT_ONCE, statuses)
    _told(figure, statuses, DAY // AT_ONCE)


@pytest.mark.nightly
async def test_t16_no_body_fells_anything_in_ten_minutes(autojump_clock, tmp_path, figure):
    statuses, seed, until = {}, 1_000, monotonic() + NIGHT_S
    while monotonic() < until:
        await _fuzzed(seed, tmp_path / str(seed), 4 * AT_ONCE, statuses)
        seed += 1
    _told(figure, statuses, seed - 1_000)
