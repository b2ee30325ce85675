"""What rules do upon an entry is done once, wherever a kill falls.

Clients publish, hooks are lost, doubled and late, the node restarts, the disk refuses, and the
daemon is killed right after commits that matter: the hook with what rules do, the intent of a call,
its outcome. Afterwards the log and the journal of the node are counted against each other.
"""

from collections import Counter
from contextlib import suppress
from random import Random

import orjson
import pytest
import trio

from orchestrator.core import project as project_module
from orchestrator.core.filter import Filter
from orchestrator.core.mapping import EMPTY
from orchestrator.core.project import project
from orchestrator.core.value import evolve
from orchestrator.core.world import World
from orchestrator.emulator.faults import Faults
from orchestrator.emulator.http import Broken, Refused
from orchestrator.kinds.catalogue import KINDS
from tests.stage import CODEC, staged

RULES = """rules:
  greet:
    upon: [publishStream]
    where: hook.name.startsWith("guest")
    do:
      - call: /data/send
        with: {sessionId: "${hook.sessionId}", operationId: "at ${event.position}", payload: {a: 1}}
  again:
    upon: [StreamStatusEvent]
    where: hook.name == "show" && hook.status == "PUBLISHING"
    do: [{restart: transponder/show}]
"""
NAMES = ("show", *(f"guest-{number}" for number in range(4)))
CALLS = ("ActionStarted", "ActionFinished", "ActionFailed")
QUIET_S = 60
TROUBLED = Faults(hooks_lost=0.2, hooks_doubled=0.3, hooks_delayed=0.3, hooks_reordered=0.2)
CALM = Faults()
BY_DAY, BY_NIGHT = range(15), range(600)


class Deadly:
    """A store that says what it has just written."""

    def __init__(self, store, written):
        self._store, self._written = store, written

    def __getattr__(self, name):
        return getattr(self._store, name)

    def write(self, rows):
        self._store.write(rows)
        self._written(rows)


class Play:
    """One seed of clients, troubles and kills."""

    def __init__(self, seed, stage):
        self.draw, self.stage = Random(seed), stage
        self.kills, self.is_dangerous = Counter(), True

    async def start(self):
        """Start the daemon, on a disk that may be the last thing that it hears of."""
        await self.stage.start()
        self.stage.log.store = Deadly(self.stage.store, self.die)

    def die(self, rows):
        """Kill the daemon after some of the commits that matter to rules."""
        for row in rows:
            is_of_rule = row.type == "RuleFired" or row.actor.startswith("rule:")
            if self.is_dangerous and is_of_rule and self.draw.random() < 0.2:
                self.kills[row.type] += 1
                self.stage.intake = None
                self.stage.scope.cancel()
                break

    async def revive(self):
        """Start it again whenever it was killed."""
        while True:
            await self.stage.ended.wait()
            await trio.sleep(self.draw.random() * 2)
            while self.stage.disk.refuses:  # noqa: ASYNC110 - nobody would tell
                await trio.sleep(0.1)
            await self.start()

    async def come_and_go(self, name):
        await trio.sleep(self.draw.random() * 5)
        for _ in range(4):
            client = self.stage.servers["wcs1"].client(name)
            with suppress(Refused, Broken):  # the node is down
                await client.publish(name)
            await trio.sleep(self.draw.random() * 10)
            client.drop()
            await trio.sleep(self.draw.choice((0.5, 2.0, 12.0)))

    async def trouble(self):
        server = self.stage.servers["wcs1"]
        for _ in range(6):
            await trio.sleep(self.draw.random() * 8)
            match self.draw.choice(("refuse", "restart", "hooks", "calm")):
                case "refuse":
                    self.stage.disk.refuses = "no space"
                    await trio.sleep(self.draw.random() * 3)
                    self.stage.disk.refuses = ""
                case "restart":
                    server.restart(self.draw.random() * 4)
                case "hooks":
                    server.node.turn(TROUBLED)
                case "calm":
                    server.node.turn(CALM)
        server.node.turn(CALM)


async def played(seed, folder):
    """Return the wrongs of one seed, its kills, and how much was done."""
    folder.mkdir()
    (folder / "a.yaml").write_text(RULES)
    trio._core._run._r.seed(seed)  # so that a seed is the same by itself
    async with staged(seed=seed, rules=folder) as stage:
        play = Play(seed, stage)
        stage.transponder("show", "show")
        await play.start()
        async with trio.open_nursery() as life:
            life.start_soon(play.revive)
            async with trio.open_nursery() as nursery:
                for name in NAMES:
                    nursery.start_soon(play.come_and_go, name)
                nursery.start_soon(play.trouble)
            play.is_dangerous = False
            await trio.sleep(QUIET_S)
            life.cancel_scope.cancel()
        rows = [(row, orjson.loads(row.body)) for row in await stage.log.read(Filter(), 1_000_000)]
        fired = [(row, body) for row, body in rows if row.type == "RuleFired"]
        wrongs = [
            *_not_once(rows, fired),
            *_sent_otherwise(stage, rows, fired),
            *_not_replayed(stage, [row for row, _ in rows]),
        ]
    return wrongs, play.kills, len(fired)


def _not_once(rows, fired):
    """Return the hooks upon which a rule did something else than once."""
    done = Counter((row.cause, body["rule"]) for row, body in fired)
    due = Counter(
        (row.position, rule)
        for row, body in rows
        if row.type == "HookReceived" and not body["duplicateOf"]
        for rule in _rules_upon(body["method"], body["body"])
    )
    errors = [body["error"] for _, body in fired if body["error"]]
    return [*errors, *([f"due {due - done}, done {done - due}"] if due != done else [])]


def _rules_upon(method, body):
    if method == "publishStream" and body["name"].startswith("guest"):
        yield "greet"
    is_live = body.get("name") == "show" and body.get("status") == "PUBLISHING"
    if method == "StreamStatusEvent" and is_live:
        yield "again"


def _sent_otherwise(stage, rows, fired):
    """Return the calls that left otherwise than the log says: once if answered, never twice."""
    said = {row.position: Counter() for row, body in fired if body["verb"] == "call"}
    began = {row.position: row.cause for row, _ in rows if row.type == "ActionStarted"}
    for row, _ in rows:
        cause = row.cause if row.type == "ActionStarted" else began.get(row.cause, row.cause)
        if row.type in CALLS and cause in said:
            said[cause][row.type] += 1
    trigger = {row.position: row.cause for row, _ in fired}
    sent = Counter(
        call.detail["body"]["operationId"]
        for call in stage.journal.after(0, kind="rest")
        if call.what == "/data/send" and call.by == "rest"
    )
    wrongs = []
    for position, count in said.items():
        times = sent[f"at {trigger[position]}"]
        outcomes = count["ActionFinished"] + count["ActionFailed"]
        never_left = not count["ActionStarted"] and count["ActionFailed"] == 1
        if not never_left and (count["ActionStarted"] != 1 or outcomes > 1):
            wrongs.append(f"{position} is {dict(count)} in the log")
        if times > 1 or (count["ActionFinished"] and times != 1) or (never_left and times):
            wrongs.append(f"{position} is {dict(count)} in the log, and left {times} times")
    return wrongs


def _not_replayed(stage, rows):
    world = World()
    for row in rows:
        world = project(world, CODEC.decode(row), KINDS)
    return [] if world == stage.memory.world else ["a replay is another world"]


async def _tried(seeds, tmp_path, figure):
    kills, done = Counter(), 0
    for seed in seeds:
        wrongs, killed, fired = await played(seed, tmp_path / str(seed))
        assert wrongs == [], f"seed {seed}"
        kills, done = kills + killed, done + fired
    figure(
        f"rules that do: {len(seeds)} plays, {done} things done, each once; kills right after "
        f"{dict(sorted(kills.items()))}"
    )
    assert set(kills) >= {"RuleFired", "ActionStarted", "ActionFinished"}


async def test_what_rules_do_is_done_once(autojump_clock, tmp_path, figure):
    await _tried(BY_DAY, tmp_path, figure)


@pytest.mark.nightly
async def test_what_rules_do_is_done_once_all_night(autojump_clock, tmp_path, figure):
    await _tried(BY_NIGHT, tmp_path, figure)


def forgetting(world, kinds):
    """Fold a start that forgets what is still to be sent."""
    return evolve(BEGAN(world, kinds), errands=EMPTY)


PLANTED = {
    "a call is taken for unsent until its outcome is known": ("without_errand", lambda w, _: w),
    "a start forgets what is still to be sent": ("_began", forgetting),
}
BEGAN = project_module._began


@pytest.mark.parametrize("bug", PLANTED)
async def test_a_planted_bug_is_found(bug, autojump_clock, tmp_path, monkeypatch):
    monkeypatch.setattr(project_module, *PLANTED[bug])
    found = [await played(seed, tmp_path / str(seed)) for seed in range(4)]
    assert [wrongs for wrongs, _, _ in found if wrongs]
