"""Rules against the odds: renames, secrets, limits, nodes that go, and streams that look alike."""

import pytest
import trio
from attrs import evolve

from orchestrator.core.configuration import Node
from orchestrator.core.entry import Entry
from orchestrator.core.event import ClockStepped
from orchestrator.core.filter import Filter
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.secrets import FromEnvironment
from tests.daemon.ruled import READY, publish, ruled, said, status, tell
from tests.daemon.test_rules_clash import to
from tests.stage import CODEC

LOOP = """rules:
  loops:
    each: stream
    where: {where}
    linger: {linger}
    ensure:
      vods:
        "loop-${{stream.name}}":
          {{uri: "vod-live://a.mp4", localStreamName: "l-${{stream.name}}", loop: true{more}}}
"""
KEPT = (
    *("records", "grounds", "wishes", "placed", "lingering", "ensuring", "changed", "clashes"),
    *("blocked", "owned", "making", "in_flight", "members", "by_target", "publishers"),
)
"""What the world may keep of what rules want, by its names."""
CHANGED = {
    "secret": """rules:
  r:
    each: stream
    ensure:
      transponders:
        "t-${stream.name}":
          streamName: "${stream.name}"
          rtmpUrl: "rtmp://h.lan/${stream.name}/${secret.key}"
""",
    "label": """rules:
  r:
    each: stream
    where: node.labels.role == "edge"
    ensure:
      vods:
        "v-${stream.name}":
          {uri: "vod-live://a", localStreamName: "l-${stream.name}", loop: true}
""",
    "ws": """rules:
  r:
    each: stream
    ensure:
      pulls:
        "p-${stream.name}":
          node: wcs2
          from: wcs1
          localStreamName: "p-${stream.name}"
          remoteStreamName: "${stream.name}"
""",
}
"""Rules that want something else once a document changes that they look at."""
URL = "rtmp://target.lan/live"
LINES = "transponders:\n  {}: {{node: wcs1, streamName: studio-a, rtmpUrl: {}}}\n"


def loop(where="stream.name.startsWith('studio-')", linger="1s", more=""):
    return LOOP.format(where=where, linger=linger, more=more)


async def replayed(stage):
    world = World()
    for row in await stage.log.read(Filter(), 100_000):
        world = project(world, CODEC.decode(row), KINDS)
    return world == stage.memory.world


async def crowd(stage, count, node="wcs1"):
    return [await publish(stage, f"studio-{n}", node, settle_s=0) for n in range(count)]


async def test_a_line_renamed_to_what_a_rule_wants_takes_its_place_whole(put, autojump_clock):
    async with ruled(put(to("r"))) as stage:
        stage.write(LINES.format("old", "rtmp://other.lan/live"))
        await stage.load()
        client = await publish(stage, "studio-a")
        moved = "moved: {transponder/old: transponder/t-studio-a}\n"
        stage.write(moved + LINES.format("t-studio-a", "rtmp://other.lan/live"))
        await stage.load()
        await trio.sleep(10)
        assert stage.transponders() == [("studio-a", "rtmp://other.lan/live")]
        client.drop()
        await trio.sleep(30)
        put("rules: {}")
        stage.write("{}\n")
        await stage.load()
        put(to("again", thing="u-${stream.name}"))
        await stage.load()
        await publish(stage, "studio-a", settle_s=10)
        assert await stage.phases() == {"u-studio-a": READY}
        assert await replayed(stage)


async def test_a_line_renamed_away_leaves_its_name_and_its_target(put, autojump_clock):
    async with ruled(put(to("r"))) as stage:
        stage.write(LINES.format("t-studio-a", "rtmp://other.lan/live"))
        await stage.load()
        await publish(stage, "studio-a")
        moved = "moved: {transponder/t-studio-a: transponder/mine}\n"
        stage.write(moved + LINES.format("mine", "rtmp://other.lan/live"))
        await stage.load()
        await trio.sleep(10)
        assert await stage.phases() == {"mine": READY, "t-studio-a": READY}
        stage.write(LINES.format("mine", URL))
        await stage.load()
        await trio.sleep(10)
        assert (await stage.phases())["t-studio-a"] == ("Held", "clash")
        stage.write("moved: {transponder/mine: transponder/new}\n" + LINES.format("new", URL))
        await stage.load()
        stage.write("{}\n")
        await stage.load()
        await trio.sleep(10)
        assert await stage.phases() == {"t-studio-a": READY}


@pytest.mark.parametrize(
    ("host", "name"), [("evil.$", "{secret.key}.evil"), ("evil.${", "secret.key}"), ("\ue000", "a")]
)
async def test_no_piecing_together_of_names_reaches_a_secret(put, autojump_clock, host, name):
    text = """rules:
  r:
    each: stream
    ensure:
      transponders:
        one: {streamName: a, rtmpUrl: "rtmp://${connection.custom.host}${stream.name}/live"}
"""
    async with ruled(put(text)) as stage:
        stage.vault.sources = {"key": FromEnvironment("HOME")}
        await stage.servers["wcs1"].client("x", custom={"host": host}).publish(name)
        await trio.sleep(5)
        assert (await stage.phases(), stage.mutations()) == ({}, [])
        assert len((await status(stage))["failingRules"]) == 1


async def test_what_is_kept_is_kept_on_one_node_though_another_wants_it_still(put, autojump_clock):
    folder = put(loop(more=", onRemove: keep"))
    async with ruled(folder, node_names=("wcs1", "wcs2")) as stage:
        client = await publish(stage, "studio-a", "wcs1")
        await publish(stage, "studio-a", "wcs2")
        client.drop()
        await trio.sleep(10)
        assert "/vod/terminate" not in stage.mutations("wcs1")


@pytest.mark.parametrize("change", CHANGED)
async def test_what_a_document_takes_away_through_a_rule_is_limited(
    put, autojump_clock, monkeypatch, change
):
    monkeypatch.setenv("KEY", "a-first-key")
    nodes = {"wcs1": Node({"role": "edge"}, ws="ws://wcs1:8080"), "wcs2": Node()}
    folder = put("rules: {}")
    async with ruled(folder, node_names=("wcs1", "wcs2"), node_values=nodes) as stage:
        stage.vault.sources = {"key": FromEnvironment("KEY")}
        put(CHANGED[change])
        await stage.load()
        await crowd(stage, 14)
        await trio.sleep(20)
        assert set((await stage.phases()).values()) == {READY}
        if change == "secret":
            monkeypatch.setenv("KEY", "another-key")
        else:
            stage.node_values["wcs1"] = Node({"role": "core"}, ws="ws://elsewhere:8080")
        await stage.load()
        await trio.sleep(20)
        ended = [one for name in stage.node_names for one in stage.mutations(name)]
        assert not [one for one in ended if one.endswith("terminate")]
        assert [one["reason"] for one in (await status(stage))["held"]] == ["over-limit"]


async def test_the_limit_on_subjects_holds_however_they_come_and_frees_in_time(
    put, autojump_clock, monkeypatch
):
    monkeypatch.setattr("orchestrator.core.deriving.ENSURED_MAX", 3)
    folder = put("rules: {}")
    async with ruled(folder) as stage:
        clients = await crowd(stage, 8)
        await trio.sleep(5)
        put(loop())
        await stage.load()
        await trio.sleep(5)
        assert len(await stage.phases()) == 3
        for client in clients[:6]:
            client.drop()
        await trio.sleep(25)
        assert sorted(await stage.phases()) == ["loop-studio-6", "loop-studio-7"]
        await trio.sleep(15)
        assert (await status(stage))["failingRules"] == []


@pytest.mark.parametrize("retired", [True, False])
async def test_what_rests_on_a_node_that_is_no_more_goes(put, autojump_clock, retired):
    text = loop().replace("{uri", "{node: wcs2, uri")
    async with ruled(put(text), node_names=("wcs1", "wcs2")) as stage:
        await publish(stage, "studio-a")
        assert await stage.phases() == {"loop-studio-a": READY}
        if retired:
            stage.node_values["wcs1"] = Node(retired=True)
        else:
            stage.node_names = ("wcs2",)
        await stage.load()
        await trio.sleep(20)
        assert (await stage.phases(), len(stage.memory.world.grounds)) == ({}, 0)


async def test_what_fails_while_it_lingers_ends_nothing(put, autojump_clock):
    text = """rules:
  slate:
    each: node
    where: |
      streams.exists(one, one.name == 'x') ? tables.none : !streams.exists(one, one.name == 'show')
    linger: 5s
    ensure: {vods: {slate: {uri: "vod-live://a.mp4", localStreamName: slate, loop: true}}}
"""
    async with ruled(put(text)) as stage:
        await trio.sleep(5)
        await publish(stage, "show", settle_s=2)
        await publish(stage, "x", settle_s=18)
        assert await stage.phases() == {"slate": READY}
        assert len((await status(stage))["failingRules"]) == 1


async def test_who_publishes_what_a_rule_made_lately_is_matched_once_that_is_surely_gone(
    put, autojump_clock
):
    text = loop("\"!stream.name.startsWith('l-') || stream.mediaProvider == 'WebRTC'\"")
    async with ruled(put(text)) as stage:
        client = await publish(stage, "studio-a")
        client.drop()
        await trio.sleep(20)
        await publish(stage, "l-studio-a", settle_s=60)
        assert await stage.phases() == {}
        ((rule, why),) = [
            (one["rule"], one["message"]) for one in (await status(stage))["failingRules"]
        ]
        assert (rule, why.partition(":")[0]) == (
            "loops", "what a rule made lately has that name"
        )  # fmt: skip
        await trio.sleep(90)
        assert set(await stage.phases()) == {"loop-l-studio-a"}


async def test_a_clock_that_is_set_ends_nothing_that_lingers(put, autojump_clock):
    async with ruled(put(loop(linger="10m"))) as stage:
        client = await publish(stage, "studio-a")
        client.drop()
        await trio.sleep(5)
        world, by_ms = stage.memory.world, 3_600_000
        (standing,) = world.grounds.values()
        at_ms = world.at_ms + by_ms
        world = project(world, Entry(world.position + 1, at_ms, 0, "", ClockStepped(by_ms)), KINDS)
        (ground,) = world.grounds
        until_ms = standing.until_ms + by_ms
        assert world.grounds[ground] == evolve(standing, until_ms=until_ms)
        assert world.lingering["wcs1"][ground] == until_ms


async def test_names_that_come_out_alike_are_told(put, autojump_clock):
    text = """rules:
  r:
    each: stream
    ensure:
      transponders:
        "t-${stream.name}": {streamName: "${stream.name}", rtmpUrl: rtmp://a.lan/live}
        "${'t-' + stream.name}": {streamName: "${stream.name}", rtmpUrl: rtmp://b.lan/live}
"""
    async with ruled(put(text)) as stage:
        await publish(stage, "a")
        assert await stage.phases() == {}
        whys = [one["message"] for one in (await status(stage))["failingRules"]]
        assert whys == ["two names come out alike: tell them apart"]


async def test_one_target_from_two_nodes_is_one_too_many(put, autojump_clock):
    async with ruled(put(to("r")), node_names=("wcs1", "wcs2")) as stage:
        await publish(stage, "studio-a", "wcs1")
        await publish(stage, "studio-a", "wcs2")
        assert (stage.transponders("wcs1"), stage.transponders("wcs2")) == ([("studio-a", URL)], [])
        _, rows = await stage.ask("GET", "/api/v1/resources")
        assert [(one["node"], one["reason"]) for one in rows] == [
            ("wcs1", "unverified"), ("wcs2", "clash")
        ]  # fmt: skip
        assert [one["source"]["rule"] for one in rows] == ["r", "r"]


async def test_a_session_that_is_known_late_is_asked_about_all_the_same(put, autojump_clock):
    text = """rules:
  r:
    each: stream
    where: has(connection.login) && connection.login == "anna"
    ensure:
      transponders: {"t-${stream.name}": {streamName: "${stream.name}", rtmpUrl: rtmp://h.lan/l}}
"""
    async with ruled(put(text)) as stage:
        await publish(stage, "a")
        (stream,) = stage.servers["wcs1"].objects.streams.values()
        body = {"sessionId": stream.connection.session_id, "login": "anna", "appKey": "defaultApp"}
        await tell(stage, "connect", body)
        await trio.sleep(3)
        assert stage.transponders() == [("a", "rtmp://h.lan/l")]


async def test_a_line_that_is_switched_off_keeps_its_name(put, autojump_clock):
    async with ruled(put(to("r"))) as stage:
        stage.transponder("t-studio-a", "studio-a", enabled=False)
        await stage.load()
        await publish(stage, "studio-a")
        assert stage.transponders() == []
        assert [one["rule"] for one in (await status(stage))["clashes"]] == ["r"]


async def test_a_wish_that_waits_makes_nobodys_stream_its_own(put, autojump_clock):
    """A copy that is held, since a person publishes under that name, takes nothing from them."""
    nodes = {"wcs1": Node(ws="ws://wcs1:8080"), "wcs2": Node()}
    text = to("r", prefix="cam")
    async with ruled(put(text), node_names=("wcs1", "wcs2"), node_values=nodes) as stage:
        await publish(stage, "cam", "wcs2")
        stage.write("pulls: {copy: {node: wcs2, from: wcs1, remoteStreamName: other, "
                    "localStreamName: cam}}\n")  # fmt: skip
        await stage.load()
        await publish(stage, "other", "wcs1", settle_s=60)
        assert stage.transponders("wcs2") == [("cam", URL)]
        assert stage.mutations("wcs2").count("/push/terminate") == 0


@pytest.mark.parametrize(
    ("rule", "publishes"),
    [
        ("""rules:
  r:
    each: node
    where: "!streams.exists(one, one.name == 'show')"
    ensure: {vods: {slate: {uri: "vod-live://a.mp4", localStreamName: show, loop: true}}}
""", ""),
        ("""rules:
  r:
    each: stream
    where: stream.name == 'cam' && !streams.exists(s, s.name == 'cam-small')
    ensure:
      transcoders:
        "${stream.name}-small":
          {remoteStreamName: "${stream.name}", localStreamName: "${stream.name}-small",
           encoder: {width: 320, height: 240}}
""", "cam"),
        (loop("stream.name == 'cam'").replace("l-$", "$"), "cam"),
    ],
)  # fmt: skip
async def test_no_rule_undoes_its_own_condition(put, autojump_clock, rule, publishes):
    async with ruled(put(rule)) as stage:
        if publishes:
            await publish(stage, publishes)
        await trio.sleep(20)
        before = len(await said(stage))
        await trio.sleep(120)
        assert len(await said(stage)) == before <= 1
        assert len(stage.memory.world.grounds) == 1


async def test_what_still_holds_goes_before_what_lingers(put, autojump_clock):
    text = to("r", thing="a-${stream.mediaSessionId}").replace("linger: 1s", "linger: 60s")
    async with ruled(put(text)) as stage:
        client = await publish(stage, "studio-a")
        client.drop()
        await trio.sleep(2)
        await publish(stage, "studio-a", settle_s=10)
        (media,) = (one.natural for one in stage.memory.world.grounds if not
                    stage.memory.world.grounds[one].until_ms)  # fmt: skip
        assert (await stage.phases())[f"a-{media}"] == READY


async def test_nothing_is_left_of_names_that_came_and_went(put, autojump_clock):
    async with ruled(put(loop(linger="0s"))) as stage:
        for n in range(10):
            client = await publish(stage, f"studio-{n}", settle_s=4)
            client.drop()
        await trio.sleep(200)
        world = stage.memory.world
        kept = {name: len(getattr(world, name)) for name in KEPT}
        assert kept == dict.fromkeys(KEPT, 0)


async def test_what_a_chain_of_clashes_frees_is_planned_at_once(put, autojump_clock):
    chain = """rules:
  one:
    each: node
    ensure: {{transponders: {{b: {{streamName: x, rtmpUrl: {url}}}}}}}
  two:
    each: node
    ensure: {{transponders: {{c: {{streamName: x, rtmpUrl: {url}}}}}}}
"""
    async with ruled(put(chain.format(url=URL))) as stage:
        stage.write(f"transponders: {{a: {{node: wcs1, streamName: x, rtmpUrl: {URL}}}}}\n")
        await stage.load()
        await publish(stage, "x")
        assert await stage.phases() == {
            "a": READY, "b": ("Held", "clash"), "c": ("Held", "clash")
        }  # fmt: skip
        stage.write("{}\n")
        await stage.load()
        await trio.sleep(4)
        assert await stage.phases() == {"b": READY, "c": ("Held", "clash")}
        assert stage.transponders() == [("x", URL)]
