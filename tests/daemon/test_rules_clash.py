"""Two who want one thing, and rules that feed each other: named, and never fought over."""

import pytest
import trio

from orchestrator.core.configuration import Node
from tests.daemon.ruled import READY, publish, ruled, said, status

TO = """rules:
  {name}:
    each: stream
    where: stream.name.startsWith("{prefix}")
    linger: 1s
    ensure:
      transponders: {{"{thing}": {{streamName: "${{stream.name}}", rtmpUrl: {url}}}}}
"""
URL = "rtmp://target.lan/live"
TRANSCODED = """rules:
  {name}:
    each: stream
    where: "{where}"
    made: {made}
    ensure:
      transcoders:
        "{to}${{stream.name}}":
          {{remoteStreamName: "${{stream.name}}", localStreamName: "{to}${{stream.name}}",
           encoder: {{width: 320, height: 240}}}}
"""


def to(name, prefix="studio", thing="t-${stream.name}", url=URL):
    return TO.format(name=name, prefix=prefix, thing=thing, url=url)


def transcoded(name, where, to, made="true"):
    return TRANSCODED.format(name=name, where=where, made=made, to=to)


async def clashes(stage):
    found = (await status(stage))["clashes"]
    return [(one["resource"], one["rule"], one["message"]) for one in found]


async def test_a_line_has_its_name_and_the_rule_is_told(put, autojump_clock):
    async with ruled(put(to("r"))) as stage:
        stage.transponder("t-studio-a", "studio-a", url="rtmp://other.lan/live")
        await stage.load()
        await publish(stage, "studio-a")
        assert stage.transponders() == [("studio-a", "rtmp://other.lan/live")]
        message = "state/stage.yaml:1 has the name already"
        assert await clashes(stage) == [("transponder/t-studio-a", "r", message)]
        assert (await status(stage))["well"] is False
        stage.remove("t-studio-a")
        await stage.load()
        await trio.sleep(5)
        assert stage.transponders() == [("studio-a", URL)]
        assert await clashes(stage) == []


async def test_a_line_that_comes_later_takes_name_and_target_over(put, autojump_clock):
    async with ruled(put(to("r"))) as stage:
        await publish(stage, "studio-a")
        stage.transponder("mine", "studio-a", url=URL)
        await stage.load()
        await trio.sleep(10)
        assert stage.transponders() == [("studio-a", URL)]
        assert await stage.phases() == {"mine": READY, "t-studio-a": ("Held", "clash")}
        _, shown = await stage.ask("GET", "/api/v1/resources", query="name=t-studio-a")
        assert shown[0]["message"] == (
            "rule r wants it, but transponder/mine of state/stage.yaml:1 has the same target: "
            "change one of them"
        )
        stage.remove("mine")
        await stage.load()
        await trio.sleep(10)
        assert await stage.phases() == {"t-studio-a": READY}


@pytest.mark.parametrize("thing", ["t-${stream.name}", "u-${stream.name}"])
async def test_of_two_rules_the_first_by_file_and_line_has_it(put, autojump_clock, thing):
    put(to("second", thing=thing), "b.yaml")
    async with ruled(put(to("first"))) as stage:
        await publish(stage, "studio-a")
        assert stage.transponders() == [("studio-a", URL)]
        ((_, rule, _),) = await clashes(stage)
        assert rule == "second"
        put("rules: {}")
        await stage.load()
        await trio.sleep(5)
        assert (stage.transponders(), await clashes(stage)) == ([("studio-a", URL)], [])
        assert "Held" not in {phase for phase, _ in (await stage.phases()).values()}


async def test_two_subjects_of_one_rule_do_not_fight_over_one_thing(put, autojump_clock):
    async with ruled(put(to("r", thing="one"))) as stage:
        first = await publish(stage, "studio-a")
        await publish(stage, "studio-b")
        assert stage.transponders() == [("studio-a", URL)]
        ((resource, rule, _),) = await clashes(stage)
        assert (resource, rule) == ("transponder/one", "r")
        first.drop()
        await trio.sleep(10)
        assert (stage.transponders(), await clashes(stage)) == ([("studio-b", URL)], [])


async def test_a_rule_never_matches_what_rules_made(put, autojump_clock):
    async with ruled(put(transcoded("r", "stream.name != ''", "small-", made="false"))) as stage:
        await publish(stage, "cam", settle_s=10)
        assert set(await stage.phases()) == {"small-cam"}
        assert await said(stage) == [("r", ["transcoder/small-cam"], False)]


async def test_with_made_a_rule_matches_what_others_made_and_never_its_own(put, autojump_clock):
    where = "!stream.name.startsWith('b-')"
    put(
        TRANSCODED.format(name="s", where="stream.name.startsWith('a-')", made="true", to="b-"),
        "b.yaml",
    )
    async with ruled(put(transcoded("r", where, "a-"))) as stage:
        await publish(stage, "cam", settle_s=20)
        assert set(await stage.phases()) == {"a-cam", "b-a-cam"}


async def test_rules_that_feed_each_other_stop_and_are_named(put, autojump_clock):
    put(
        TRANSCODED.format(name="s", where="stream.name.startsWith('a-')", made="true", to="b-"),
        "b.yaml",
    )
    async with ruled(put(transcoded("r", "stream.name != 'x'", "a-"))) as stage:
        await publish(stage, "cam", settle_s=30)
        assert set(await stage.phases()) == {"a-cam", "b-a-cam"}
        (failing,) = (await status(stage))["failingRules"]
        message = "with s it would go round for ever: leave out `made`"
        assert (failing["rule"], failing["message"], failing["count"]) == ("r", message, 1)


async def test_a_copy_on_another_node_is_not_matched(put, autojump_clock):
    text = """rules:
  copies:
    each: stream
    where: node.name == "wcs1"
    ensure:
      pulls:
        "copy-${stream.name}":
          node: wcs2
          from: wcs1
          remoteStreamName: "${stream.name}"
          localStreamName: "${stream.name}"
"""
    nodes = {"wcs1": Node(ws="ws://wcs1:8080")}
    async with ruled(put(text), node_names=("wcs1", "wcs2"), node_values=nodes) as stage:
        await publish(stage, "cam", settle_s=10)
        _, found = await stage.ask("GET", "/api/v1/resources")
        assert [(one["resource"], one["node"]) for one in found] == [("pull/copy-cam", "wcs2")]
