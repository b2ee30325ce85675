"""Rules answer hooks: what they refuse is not live, what they rename is live under that name."""

from contextlib import asynccontextmanager
from random import Random

import pytest
import trio
from attrs import evolve
from orjson import dumps, loads

from orchestrator.core.event import HookAnswered
from orchestrator.core.filter import Filter
from orchestrator.core.http import InetPeer, Request
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.resource import Key
from orchestrator.core.world import World
from orchestrator.daemon.admitting import scoped
from orchestrator.emulator.settings import Settings as WcsSettings
from orchestrator.emulator.things import Provider
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.pull import Pull
from orchestrator.shell.settings import HookSettings
from orchestrator.web.admission import answered, decided
from orchestrator.web.times import rfc3339
from tests.stage import CODEC, TOKEN, staged

NAMES = """rules:
  known-names:
    admit: [publishStream]
    where: "!hook.name.startsWith('studio-') && !hook.name.startsWith('old-')"
    decide: deny
  renamed:
    admit: [publishStream]
    where: hook.name.startsWith("old-")
    overwrite: {name: "studio-${hook.name}"}
"""
NOBODY = "rules: {nobody: {admit: publishStream, decide: deny%s}}"


@asynccontextmanager
async def ruled(folder, **more):
    async with staged(rules=folder, **more) as stage:
        await stage.start()
        yield stage


async def publish(stage, name, **more):
    await stage.servers["wcs1"].client(name, **more).publish(name)
    await trio.sleep(1)


async def ask(stage, method, body, node="wcs1"):
    """Return status and JSON of the answer to a hook that no client of the emulator made."""
    path = f"/hooks/{node}/{TOKEN}/{method}"
    peer = InetPeer("10.0.0.1", 1)
    reply = await stage.intake.respond(Request("POST", path, "", Map(), dumps(body), peer))
    return reply.status, loads(reply.body)


async def answers(stage):
    rows = await stage.log.read(Filter(types=frozenset({"HookAnswered"})), 1000)
    return [loads(row.body) for row in rows]


def live(stage):
    streams = stage.servers["wcs1"].objects.streams.values()
    return sorted(one.name for one in streams if one.status == "PUBLISHING")


@pytest.mark.parametrize("provider", [Provider.WEBRTC, Provider.RTMP])
async def test_a_rule_refuses_allows_and_renames(autojump_clock, put, provider):
    async with ruled(put(NAMES)) as stage:
        for name in ("studio-a", "intruder", "old-b"):
            await publish(stage, name, provider=provider)
        assert live(stage) == ["studio-a", "studio-old-b"]
        rows = await stage.log.read(Filter(types=frozenset({"HookAnswered"})), 100)
        said = [loads(row.body) for row in rows]
        assert [(one["rule"], one["decision"], one["status"]) for one in said] == [
            ("known-names", "deny", 403),
            ("renamed", "allow", 200),
        ]
        assert [one["overwrite"] for one in said] == [{}, {"name": "studio-old-b"}]
        for row, one in zip(rows, said, strict=True):
            due = (f"rule:{one['rule']}", row.position - 1, row.position - 2)
            assert (row.actor, row.cause, one["seen"]) == due
        _, status = await stage.ask("GET", "/api/v1/status")
        assert status["denied"] == [{"rule": "known-names", "count": 1}]
        _, (*_, why) = await stage.ask("GET", "/api/v1/why", query=f"position={rows[0].position}")
        assert why["rule"] == {"name": "known-names", "file": "rules/a.yaml", "line": 2}
        assert why["text"] == "rule known-names (rules/a.yaml:2) denies publishStream"


async def test_what_may_go_on_while_nobody_answers_is_logged_and_goes_on(autojump_clock, put):
    async with ruled(put(NOBODY % ", whenUnreachable: allow")) as stage:
        await publish(stage, "a")
        assert live(stage) == ["a"]
        assert [one["decision"] for one in await answers(stage)] == ["deny"]


async def test_a_session_that_connected_before_a_rule_was_there_is_not_bound_by_it(
    autojump_clock, put
):
    async with ruled(put("{}")) as stage:
        client = stage.servers["wcs1"].client("early")
        await client.connect()
        put(NOBODY % "")
        await stage.load()
        await client.publish("early")
        await publish(stage, "late")
        assert live(stage) == ["early"]


async def test_a_faulty_file_keeps_its_rules_and_so_does_a_restart(autojump_clock, put):
    async with ruled(put(NOBODY % "")) as stage:
        put("rules: {nobody: {admit: publishStream, decide: dney}}")
        taken = await stage.load()
        assert [fault.message for fault in taken.faults] == ["write allow or deny"]
        await stage.kill()
        await stage.start()
        await publish(stage, "a")
        assert live(stage) == []
        put("{}")
        await stage.load()
        await publish(stage, "b")
        assert live(stage) == ["b"]
        assert dict(stage.memory.world.rules) == {}


async def test_who_connects_is_refused_and_is_not_connected(autojump_clock, put):
    text = """rules:
  our-pages:
    admit: [connect]
    where: '!has(hook.custom.key) || !verify(tables.keys.pages, hook.custom.key)'
    decide: deny
tables: {keys: {file: keys.json, sealed: true}}
"""
    folder = put('{"pages": "open sesame"}', "keys.json")
    put(text)
    async with ruled(folder) as stage:
        seal = stage.vault.seal("open sesame")
        for key, status in (("open sesame", 200), ("close", 403), (f"~{seal}", 403)):
            body = {"sessionId": key, "custom": {"key": key}}
            assert (await ask(stage, "connect", body))[0] == status
        assert [*stage.memory.world.connections["wcs1"]] == ["open sesame"]
        assert (await ask(stage, "connect", {"sessionId": "x", "custom": {}}))[0] == 403
        assert "sesame" not in str(stage.memory.world.tables)


async def test_one_decision_knows_those_that_are_not_on_disk_yet(autojump_clock, put):
    text = """rules:
  one-page:
    admit: [connect]
    where: connections.exists(one, one.login == hook.login)
    decide: deny
"""
    async with ruled(put(text)) as stage:
        got = []

        async def connect(number):
            body = {"sessionId": f"s{number}", "login": "anna"}
            got.append((await ask(stage, "connect", body))[0])

        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(connect, number)
        assert sorted(got) == [200] + [403] * 19
        assert len(stage.memory.world.connections["wcs1"]) == 1
        for one in await answers(stage):
            assert one["seen"] < stage.log.head.position


async def test_a_session_is_known_until_it_ends_or_its_node_restarts(autojump_clock, put):
    text = """rules:
  anna-only:
    admit: [publishStream, playStream]
    where: '!has(connection.login) || connection.login != "anna"'
    decide: deny
"""
    async with ruled(put(text)) as stage:
        for name in ("anna", "bert"):
            await ask(stage, "connect", {"sessionId": name, "login": name})
        hook = {"sessionId": "anna", "name": "a", "mediaSessionId": "m"}
        assert (await ask(stage, "publishStream", hook))[0] == 200
        assert (await ask(stage, "playStream", {**hook, "sessionId": "bert"}))[0] == 403
        gone = {"sessionId": "anna", "status": "DISCONNECTED"}
        await ask(stage, "ConnectionStatusEvent", gone)
        assert (await ask(stage, "publishStream", hook))[0] == 403
        assert [*stage.memory.world.connections["wcs1"]] == ["bert"]


@pytest.mark.parametrize(
    ("on_error", "status"), [("", 403), (", onError: allow", 200), (", onError: deny", 403)]
)
async def test_an_expression_that_fails_decides_what_was_said(
    autojump_clock, put, on_error, status
):
    async with ruled(put(NOBODY % f"{on_error}, where: hook.custom.nothing == 1")) as stage:
        assert (await ask(stage, "publishStream", {"name": "a"}))[0] == status
        (said,) = await answers(stage)
        assert (said["status"], said["error"]) == (
            status, "there is no custom: ask with has() or in, or correct the name",
        )  # fmt: skip


async def test_a_keep_alive_that_is_refused_is_kept_and_ends_the_stream(autojump_clock, put):
    text = """rules:
  no-more:
    admit: [StreamKeepAliveEvent]
    where: now > timestamp("%s")
    decide: deny
"""
    wcs = WcsSettings(keep_alive_streaming_sessions_enabled=True)
    async with staged(rules=put("{}"), wcs_settings=wcs) as stage:
        put(text % rfc3339(stage.now_ms() + 100_000))
        await stage.start()
        await publish(stage, "a")
        await trio.sleep(90)
        assert (live(stage), stage.intake.counted) == (["a"], 8)
        await trio.sleep(60)
        assert live(stage) == []
        assert [one["decision"] for one in await answers(stage)] == ["deny"]


async def test_what_our_own_calls_start_is_never_refused(autojump_clock, put):
    async with ruled(
        put("rules: {no: {admit: [publishStream, playStream, playHLS, call], decide: deny}}")
    ) as stage:
        stage.line(Key("pull", "p"), Pull("rtmp://encoder.lan/live", "in"), "wcs1")
        await stage.load()
        await trio.sleep(5)
        (media,) = stage.memory.world.things("wcs1", "pull").values()
        hook = {"sessionId": "made-by-the-server", "mediaSessionId": media.seen.id, "name": "x"}
        assert (await ask(stage, "publishStream", hook))[0] == 200
        await ask(stage, "connect", {"sessionId": "client"})
        assert (await ask(stage, "publishStream", {**hook, "sessionId": "client"}))[0] == 403
        hook |= {"mediaSessionId": "other", "name": "in"}
        for method in ("publishStream", "playStream", "playHLS"):  # what runs has asked already
            assert (await ask(stage, method, hook))[0] == 403


async def test_hooks_are_decided_while_the_log_cannot_be_written(autojump_clock, put):
    hooks = evolve(HookSettings(), answers_without_log=True)
    async with ruled(put(NAMES), hooks=hooks) as stage:
        stage.disk.refuses = "no space"
        assert (await ask(stage, "publishStream", {"name": "x"}))[0] == 403
        assert (await ask(stage, "publishStream", {"name": "old-x"}))[1]["name"] == "studio-old-x"
        assert (await ask(stage, "publishStream", {"name": "studio-x"}))[0] == 200
        assert await answers(stage) == []


async def test_every_answer_can_be_decided_again_from_its_position(autojump_clock, put):
    text = (
        NAMES
        + """  two-of-a-name:
    admit: [publishStream]
    where: streams.exists(one, one.name == hook.name) || size(connections) % 3 == 1
    decide: deny
    onError: allow
  odd:
    admit: [playStream]
    where: now.getMilliseconds() % 2 == 1 && tables.t[hook.name]
    decide: deny
tables: {t: {file: t.json}}
"""
    )
    put('{"studio-a": true, "studio-b": 5}', "t.json")
    async with ruled(put(text), segment_max=40) as stage:
        draw = Random(7)

        async def ask_at_random(number):
            await trio.sleep(draw.random() * 20)
            names = ("studio-a", "studio-b", "old-c", "x", None)
            body = {"sessionId": f"s{number % 9}", "name": draw.choice(names)}
            await ask(stage, draw.choice(("connect", "publishStream", "playStream")), body)

        async with trio.open_nursery() as nursery:
            for number in range(150):
                nursery.start_soon(ask_at_random, number)
            nursery.start_soon(publish, stage, "studio-a")
        rows = await stage.log.read(Filter(), 10_000)
        worlds, world = {}, World()
        entries = [CODEC.decode(row) for row in rows]
        for entry in entries:
            world = worlds[entry.position] = project(world, entry, KINDS)
        by_position = {entry.position: entry for entry in entries}
        said = [one for one in entries if isinstance(one.event, HookAnswered)]
        assert len({(one.event.rule, one.event.decision) for one in said}) >= 4
        for one in said:
            hook = by_position[one.cause]
            found = decided(worlds[one.event.seen], hook.event, scoped(stage.vault), one.at_ms)
            assert answered(hook.event, found, one.event.seen) == one.event
            assert one.position == hook.position + 1


async def test_streams_that_were_let_in_count_before_they_are_published(autojump_clock, put):
    text = """rules:
  two-per-user:
    admit: [publishStream]
    where: streams.filter(one, has(one.login) && one.login == connection.login).size() >= 2
    decide: deny
"""
    async with ruled(put(text)) as stage:
        await ask(stage, "connect", {"sessionId": "s", "login": "anna"})

        async def publish_one(number, got):
            body = {"sessionId": "s", "name": f"n{number}", "mediaSessionId": f"m{number}"}
            got.append((await ask(stage, "publishStream", body))[0])

        for wait_s, allowed in ((0, 2), (5, 0), (20, 2)):
            await trio.sleep(wait_s)
            got = []
            async with trio.open_nursery() as nursery:
                for number in range(6):
                    nursery.start_soon(publish_one, f"{wait_s}-{number}", got)
            assert sorted(got) == [200] * allowed + [403] * (6 - allowed)
        failed = {"sessionId": "s", "mediaSessionId": "m20-0", "status": "FAILED"}
        await ask(stage, "StreamStatusEvent", failed)
        assert "m20-0" not in stage.memory.world.asking["wcs1"]


async def test_what_a_rule_gave_to_a_session_is_what_it_connected_with(autojump_clock, put):
    text = """rules:
  named: {admit: [connect], overwrite: {login: "guest-${hook.login}"}}
  guests: {admit: [publishStream], where: connection.login != "guest-anna", decide: deny}
"""
    async with ruled(put(text)) as stage:
        await ask(stage, "connect", {"sessionId": "s", "login": "anna"})
        assert (await ask(stage, "publishStream", {"sessionId": "s", "name": "a"}))[0] == 200
        assert (await ask(stage, "publishStream", {"sessionId": "t", "name": "a"}))[0] == 403
        long = {"sessionId": "l", "login": "x" * 3_000, "custom": {"a": ["y" * 900] * 9}}
        await ask(stage, "connect", long)
        assert dict(stage.memory.world.connections["wcs1"]["l"].body) == {
            "sessionId": "l", "login": "guest-" + "x" * 3_000,
        }  # fmt: skip


async def test_an_answer_of_the_same_hook_sent_again_is_the_same(autojump_clock, put):
    text = """rules:
  once: {admit: [connect], where: "connections.exists(c, c.login == hook.login)", decide: deny}
"""
    async with ruled(put(text)) as stage:
        for _ in range(3):
            assert (await ask(stage, "connect", {"sessionId": "s", "login": "anna"}))[0] == 200
        assert (await ask(stage, "connect", {"sessionId": "t", "login": "anna"}))[0] == 403
