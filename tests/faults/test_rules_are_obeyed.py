"""Rules are obeyed while the daemon is killed, its disk refuses, and the rules change.

A session that connected under rules may publish what they allow and nothing else: where nobody
answers, or the log cannot be written, WCS declines.
"""

from random import Random

import pytest
import trio
from orjson import loads

from orchestrator.core.filter import Filter
from tests.stage import staged

RULE = """rules:
  listed:
    admit: [publishStream]
    where: "!(hook.name in tables.names)"
    decide: deny
  renamed:
    admit: [publishStream]
    where: hook.name.startsWith("raw-")
    overwrite: {{name: "fine-${{hook.name}}"}}
tables: {{names: {{file: names{}.json}}}}
"""
NAMES = [f"{sort}-{number}" for sort in ("raw", "cam", "guest") for number in range(4)]
ON_ITS_WAY_MS = 1_000  # an answer that was given under the rules before
BY_DAY, BY_NIGHT = range(12), range(600)


class Play:
    """One seed: clients that come and go, a daemon that is killed, rules that change."""

    def __init__(self, seed, folder, stage):
        self.draw, self.folder, self.stage = Random(seed), folder, stage
        self.number, self.kills = 0, 0

    def write(self):
        """Write other rules; a list of names is a file of its own, so a load takes one whole."""
        names = self.draw.sample(NAMES, 6)
        self.number += 1
        (self.folder / f"names{self.number}.json").write_text(str(names).replace("'", '"'))
        (self.folder / "a.yaml").write_text(RULE.format(self.number))

    async def come_and_go(self, number):
        await trio.sleep(self.draw.random() * 5)
        for turn in range(6):
            client = self.stage.servers["wcs1"].client(f"c{number}-{turn}")
            await client.publish(self.draw.choice(NAMES))
            await trio.sleep(self.draw.random() * 10)
            client.drop()

    async def trouble(self):
        for _ in range(6):
            await trio.sleep(self.draw.random() * 8)
            trouble = self.draw.choice(("kill", "refuse", "load", "load"))
            if trouble == "kill":
                await self.stage.kill()
                self.kills += 1
                await trio.sleep(self.draw.random() * 3)
                await self.stage.start()
            elif trouble == "refuse":
                self.stage.disk.refuses = "no space"
                await trio.sleep(self.draw.random() * 3)
                self.stage.disk.refuses = ""
            else:
                self.write()
                await self.stage.load()


async def played(seed, folder):
    """Return the wrongs of one seed, and how much was allowed and denied."""
    folder.mkdir()
    async with staged(seed=seed, rules=folder) as stage:
        play = Play(seed, folder, stage)
        play.write()
        await stage.start()
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(play.come_and_go, number)
            nursery.start_soon(play.trouble)
        rows = await stage.log.read(Filter(types=frozenset({"HookAnswered"})), 100_000)
        loads_of_rules = await stage.log.read(Filter(types=frozenset({"RulesLoaded"})), 1_000)
        entries = stage.journal.after(0)
    lists = [(table["value"], row.at_ms) for row in loads_of_rules for table in _tables(row)]
    return _wrongs(lists, entries), [loads(row.body)["decision"] for row in rows], play.kills


def _tables(row):
    return loads(row.body)["tables"]


def _wrongs(lists, entries):
    """Return what went live although no list that was in force when it asked has it."""
    turns = [one for one in entries if one.what in ("stream came", "stream changed")]
    live = [
        one for one in turns if one.detail["published"] and one.detail["status"] == "PUBLISHING"
    ]
    wrongs = []
    for entry in live:
        name, at_ms = entry.detail["name"], entry.at_s * 1000
        asked = name.removeprefix("fine-")
        if asked.startswith("raw-") is not name.startswith("fine-"):
            wrongs.append(f"{name} is live under the wrong name at {at_ms}")
        before = [names for names, since in lists if since <= at_ms - ON_ITS_WAY_MS]
        since_then = [names for names, since in lists if 0 <= at_ms - since < ON_ITS_WAY_MS]
        recent = before[-1:] + since_then
        if not any(asked in names for names in recent):
            wrongs.append(f"{name} is live at {at_ms} against {recent}")
    return wrongs


async def _tried(seeds, tmp_path, figure):
    allowed = denied = kills = 0
    for seed in seeds:
        wrongs, decisions, killed = await played(seed, tmp_path / str(seed))
        assert wrongs == [], f"seed {seed}"
        allowed += decisions.count("allow")
        denied += decisions.count("deny")
        kills += killed
    figure(f"rules: {len(seeds)} plays, {allowed} renamed, {denied} denied, {kills} kills, 0 wrong")
    assert min(allowed, denied, kills) > 0


async def test_rules_are_obeyed_through_kills_refusing_disks_and_edits(
    autojump_clock, tmp_path, figure
):
    await _tried(BY_DAY, tmp_path, figure)


@pytest.mark.nightly
async def test_rules_are_obeyed_all_night(autojump_clock, tmp_path, figure):
    await _tried(BY_NIGHT, tmp_path, figure)
