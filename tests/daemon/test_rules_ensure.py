"""Rules want things for what comes and goes: each stream, call, connection or node."""

import trio
from orjson import dumps

from orchestrator.core.configuration import Node
from orchestrator.core.event import HookReceived
from orchestrator.core.filter import Filter
from orchestrator.core.json import freeze_object
from orchestrator.daemon.preview import Preview
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.secrets import FromEnvironment
from tests.daemon.ruled import READY, publish, rows, ruled, said, status, tell

STUDIOS = """rules:
  archive:
    each: stream
    where: stream.published && stream.name.startsWith("studio-")
    ensure:
      transponders:
        "archive-${stream.name}": {streamName: "${stream.name}", rtmpUrl: rtmp://archive.lan/live}
"""
VOD = """rules:
  backup:
    each: stream
    where: stream.name.startsWith("studio-")%s
    ensure:
      vods:
        "loop-${stream.name}":
          {uri: "vod-live://a.mp4", localStreamName: "l-${stream.name}", loop: true}
"""
URL = "rtmp://archive.lan/live"


async def test_each_stream_has_what_a_rule_wants_and_loses_it_a_while_after_it(put, autojump_clock):
    async with ruled(put(STUDIOS)) as stage:
        client = await publish(stage, "studio-a")
        await publish(stage, "guest")
        assert stage.transponders() == [("studio-a", URL)]
        assert await stage.phases() == {"archive-studio-a": READY}
        _, (row,) = await stage.ask("GET", "/api/v1/resources")
        assert row["source"] == {"rule": "archive", "file": "rules/a.yaml", "line": 2}
        client.drop()
        await trio.sleep(8)
        assert await stage.phases() == {"archive-studio-a": ("Waiting", "stream-absent")}
        await trio.sleep(8)
        assert await stage.phases() == {}
        wanted = ["transponder/archive-studio-a"]
        assert await said(stage) == [
            ("archive", wanted, False), ("archive", wanted, True), ("archive", [], False)
        ]  # fmt: skip


async def test_why_goes_back_to_the_rule_and_the_hook(put, autojump_clock):
    async with ruled(put(STUDIOS)) as stage:
        await publish(stage, "studio-a")
        _, chain = await stage.ask("GET", "/api/v1/why", query="name=archive-studio-a")
        by_type = {one["type"]: one for one in chain}
        place = {"name": "archive", "file": "rules/a.yaml", "line": 2}
        assert by_type["Ensured"]["rule"] == place
        assert by_type["Ensured"]["text"] == (
            "rule archive (rules/a.yaml:2) holds for stream/studio-a: "
            "it wants transponder/archive-studio-a"
        )
        ((ensured, _),) = await rows(stage, "Ensured")
        assert ensured.actor == "rule:archive"
        (hook,) = [one for one in chain if one["position"] == ensured.cause]
        assert (hook["type"], hook["subject"]) == ("HookReceived", "stream/studio-a")
        assert {"ActionStarted", "ActionFinished"} <= set(by_type)


async def test_a_reconnect_within_the_while_cuts_nothing(put, autojump_clock):
    async with ruled(put(VOD % "")) as stage:
        client = await publish(stage, "studio-a")
        assert await stage.phases() == {"loop-studio-a": READY}
        client.drop()
        await trio.sleep(2)
        await publish(stage, "studio-a", settle_s=20)
        assert await stage.phases() == {"loop-studio-a": READY}
        assert stage.mutations() == ["/vod/startup"]


async def test_forty_streams_that_end_at_once_take_all_with_them_at_once(put, autojump_clock):
    async with ruled(put(VOD % "\n    linger: 0s")) as stage:
        clients = [await publish(stage, f"studio-{n}", settle_s=0) for n in range(40)]
        await trio.sleep(10)
        assert set((await stage.phases()).values()) == {READY}
        for client in clients:
            client.drop()
        await trio.sleep(10)
        assert await stage.phases() == {}
        assert stage.mutations().count("/vod/terminate") == 40
        assert (await status(stage))["held"] == []


async def test_a_restart_of_a_node_takes_nothing_away_that_comes_back(put, autojump_clock):
    async with ruled(put(VOD % "")) as stage:
        for n in range(5):
            await publish(stage, f"studio-{n}", settle_s=0)
        await trio.sleep(5)
        stage.servers["wcs1"].restart()
        await trio.sleep(4)
        for n in range(5):
            await publish(stage, f"studio-{n}", settle_s=0)
        await trio.sleep(60)
        assert set((await stage.phases()).values()) == {READY}
        assert "/vod/terminate" not in stage.mutations()


async def test_a_hook_that_lies_ends_nothing(put, autojump_clock):
    async with ruled(put(VOD % "\n    linger: 0s")) as stage:
        await publish(stage, "studio-a")
        streams = stage.servers["wcs1"].objects.streams
        (media,) = [one for one in streams if streams[one].name == "studio-a"]
        body = {"nodeId": "x", "name": "studio-a", "mediaSessionId": media, "status": "UNPUBLISHED"}
        await tell(stage, "StreamStatusEvent", body)
        await trio.sleep(20)
        assert await stage.phases() == {"loop-studio-a": READY}
        assert stage.mutations() == ["/vod/startup"]


async def test_a_stranger_in_a_name_reaches_no_secret_and_no_other_field(put, autojump_clock):
    async with ruled(put(STUDIOS)) as stage:
        for name in ("studio-${secret.a}", "studio-a/b", "studio-\u2028"):
            await publish(stage, name)
        assert stage.transponders() == []
        whys = [one["message"] for one in (await status(stage))["failingRules"]]
        assert whys == [
            "a name has no “/”, no “${” and no “~” in front: rename it",
            "a value with “${” cannot stand in what is to be there",
            "line breaks and control characters are not allowed here: remove them",
        ]


async def test_what_cannot_be_told_leaves_all_as_it_was(put, autojump_clock):
    folder = put(VOD % " && tables.on[stream.name]" + "tables: {on: {file: on.json}}")
    (folder / "on.json").write_text('{"studio-a": true}')
    async with ruled(folder) as stage:
        await publish(stage, "studio-a")
        assert await stage.phases() == {"loop-studio-a": READY}
        (folder / "on.json").write_text("{}")
        await stage.load()
        await trio.sleep(20)
        assert await stage.phases() == {"loop-studio-a": READY}
        told = await status(stage)
        assert (told["well"], [one["rule"] for one in told["failingRules"]]) == (False, ["backup"])
        (folder / "on.json").write_text('{"studio-a": false}')
        await stage.load()
        await trio.sleep(5)
        assert await stage.phases() == {}  # no lingering: the documents say so


async def test_a_rule_that_goes_takes_away_no_more_than_a_change_may(put, autojump_clock):
    folder = put(VOD % "")
    async with ruled(folder) as stage:
        for n in range(12):
            await publish(stage, f"studio-{n}", settle_s=0)
        await trio.sleep(5)
        (folder / "a.yaml").unlink()
        await stage.load()
        await trio.sleep(5)
        assert set((await stage.phases()).values()) == {("Held", "over-limit")}
        assert "/vod/terminate" not in stage.mutations()
        (hold,) = (await status(stage))["held"]
        await stage.ask("POST", "/control/v1/approve", {"hold": hold["hold"]})
        await trio.sleep(5)
        assert (await stage.phases(), stage.mutations().count("/vod/terminate")) == ({}, 12)


async def test_a_rule_that_changes_has_the_new_things_and_not_the_old(put, autojump_clock):
    folder = put(VOD % "")
    async with ruled(folder) as stage:
        await publish(stage, "studio-a")
        put((VOD % "").replace("loop-", "other-"))
        await stage.load()
        await trio.sleep(10)
        assert await stage.phases() == {"other-studio-a": READY}
        assert stage.mutations() == ["/vod/startup", "/vod/terminate", "/vod/startup"]


async def test_a_node_has_what_a_rule_wants_while_a_stream_is_absent(put, autojump_clock):
    text = """rules:
  slate:
    each: node
    where: "!streams.exists(one, one.name == 'show')"
    linger: 3s
    ensure:
      vods: {slate: {uri: "vod-live://a.mp4", localStreamName: "slate-${node.name}", loop: true}}
"""
    async with ruled(put(text), node_names=("wcs1", "wcs2")) as stage:
        client = await publish(stage, "show")
        await trio.sleep(10)
        _, found = await stage.ask("GET", "/api/v1/resources")
        assert [(one["resource"], one["node"]) for one in found] == [("vod/slate", "wcs2")]
        client.drop()
        await trio.sleep(10)
        _, found = await stage.ask("GET", "/api/v1/resources")
        assert [(one["node"], one["phase"]) for one in found] == [
            ("wcs1", "Ready"), ("wcs2", "Ready")
        ]  # fmt: skip


async def test_each_connection_and_each_call_are_subjects_too(put, autojump_clock):
    text = """rules:
  guests:
    each: connection
    where: connection.login == "anna"
    linger: 1s
    ensure: {vods: {"hello-${connection.login}": {uri: "vod-live://a.mp4", localStreamName: hi}}}
  calls:
    each: call
    where: call.callee == "1001"
    linger: 1s
    ensure: {vods: {"music-${call.callId}": {uri: "vod-live://b.mp4", localStreamName: on-hold}}}
"""
    async with ruled(put(text)) as stage:
        await tell(stage, "connect", {"sessionId": "/1", "login": "anna", "appKey": "defaultApp"})
        await trio.sleep(1)
        call = {"callId": "c-1", "callee": "1001", "sipLogin": "100", "sipDomain": "sip.lan"}
        await stage.servers["wcs1"].handle("POST", "/rest-api/call/startup", {}, dumps(call))
        await trio.sleep(3)
        assert await said(stage) == [
            ("guests", ["vod/hello-anna"], False), ("calls", ["vod/music-c-1"], False)
        ]  # fmt: skip
        await tell(stage, "ConnectionStatusEvent", {"sessionId": "/1", "status": "DISCONNECTED"})
        await trio.sleep(3)
        ended = dumps({"callId": "c-1"})
        await stage.servers["wcs1"].handle("POST", "/rest-api/call/terminate", {}, ended)
        await trio.sleep(10)
        assert sorted((await said(stage))[2:]) == [
            ("calls", [], False),
            ("calls", ["vod/music-c-1"], True),
            ("guests", [], False),
            ("guests", ["vod/hello-anna"], True),
        ]
        assert await stage.phases() == {}


async def test_a_rule_looks_at_who_connected_and_at_tables(put, autojump_clock):
    text = """rules:
  owners:
    each: stream
    where: connection.custom.user in tables.owners
    ensure:
      transponders:
        "t-${stream.name}":
          streamName: "${stream.name}"
          rtmpUrl: "rtmp://${tables.owners[connection.custom.user]}/live"
tables: {owners: {file: owners.json}}
"""
    folder = put(text)
    (folder / "owners.json").write_text('{"anna": "a.lan"}')
    async with ruled(folder) as stage:
        for login in ("anna", "bert"):
            client = stage.servers["wcs1"].client(login, custom={"user": login})
            await client.publish(f"{login}-1")
        await trio.sleep(5)
        assert stage.transponders() == [("anna-1", "rtmp://a.lan/live")]
        (folder / "owners.json").write_text('{"anna": "b.lan"}')
        await stage.load()
        await trio.sleep(5)
        assert stage.transponders() == [("anna-1", "rtmp://b.lan/live")]


async def test_a_rule_that_looks_at_the_time_is_asked_again(put, autojump_clock):
    async with ruled(put(VOD % " && now.getSeconds() < 30\n    linger: 0s")) as stage:
        await trio.sleep(-stage.now_ms() / 1000 % 60)
        await publish(stage, "studio-a", settle_s=25)
        assert await stage.phases() == {"loop-studio-a": READY}
        await trio.sleep(25)
        assert await stage.phases() == {}


async def test_more_subjects_than_a_rule_may_have_are_refused(put, autojump_clock, monkeypatch):
    monkeypatch.setattr("orchestrator.core.deriving.ENSURED_MAX", 3)
    async with ruled(put(VOD % "")) as stage:
        for n in range(5):
            await publish(stage, f"studio-{n}", settle_s=1)
        await trio.sleep(5)
        assert len(await stage.phases()) == 3
        (failing,) = (await status(stage))["failingRules"]
        assert failing["message"] == "it holds for 3 subjects of wcs1 already: split it"


async def test_a_secret_stays_one_and_reaches_the_node(put, autojump_clock, monkeypatch):
    monkeypatch.setenv("KEY", "very-secret-key")
    text = STUDIOS.replace("rtmp://archive.lan/live", '"rtmp://archive.lan/live/${secret.key}"')
    async with ruled(put("rules: {}")) as stage:
        stage.vault.sources = {"key": FromEnvironment("KEY")}
        put(text)
        await stage.load()
        await publish(stage, "studio-a")
        assert stage.transponders() == [("studio-a", "rtmp://archive.lan/live/very-secret-key")]
        found = await stage.log.read(Filter(), 10_000)
        assert not any("very-secret" in row.body for row in found)


async def test_what_a_rule_wants_obeys_operators(put, autojump_clock):
    async with ruled(put(VOD % "")) as stage:
        await publish(stage, "studio-a")
        for verb, phase in (("stop", "Stopped"), ("start", "Ready"), ("pause", "Paused")):
            code, _ = await stage.ask("POST", f"/control/v1/{verb}", {"names": ["loop-studio-a"]})
            assert code == 200
            await trio.sleep(5)
            assert (await stage.phases())["loop-studio-a"][0] == phase


async def failing(stage):
    return [one["message"] for one in (await status(stage))["failingRules"]]


async def test_a_condition_is_true_or_false_and_a_sealed_value_goes_nowhere(put, autojump_clock):
    put((VOD % "").replace('stream.name.startsWith("studio-")', "stream.name"))
    text = STUDIOS.replace("/live}", '/${connection.custom.token}"}').replace("rtmp:", '"rtmp:')
    async with ruled(put(text, "b.yaml")) as stage:
        await stage.servers["wcs1"].client("a", custom={"token": "abc"}).publish("studio-a")
        await trio.sleep(3)
        assert sorted(await failing(stage)) == [
            "`where` is neither true nor false",
            "a sealed value cannot stand in what is to be there",
        ]


async def test_a_connection_is_as_another_rule_has_rewritten_it(put, autojump_clock):
    put("rules: {anna: {admit: connect, overwrite: {login: anna}}}")
    text = """rules:
  guests:
    each: connection
    where: connection.login == "anna"
    ensure: {vods: {"hello-${connection.login}": {uri: "vod-live://a.mp4", localStreamName: hi}}}
"""
    async with ruled(put(text, "b.yaml")) as stage:
        await tell(stage, "connect", {"sessionId": "/1", "login": "bert", "appKey": "defaultApp"})
        await trio.sleep(1)
        assert await said(stage) == [("guests", ["vod/hello-anna"], False)]


async def test_what_rules_said_is_told_in_words(put, autojump_clock):
    folder = put(VOD % "\n    linger: 1s")
    async with ruled(folder) as stage:
        client = await publish(stage, "studio-a")
        client.drop()
        await trio.sleep(5)
        await publish(stage, "studio-b")
        (folder / "a.yaml").unlink()
        await stage.load()
        texts = []
        for row, _ in await rows(stage, "Ensured", "RulesLoaded"):
            _, chain = await stage.ask("GET", "/api/v1/why", query=f"position={row.position}")
            texts.append(chain[-1]["text"])
        rule = "rule backup (rules/a.yaml:2)"
        lingering = f"vod/loop-studio-a stays until {texts[2].partition('until ')[2]}"
        assert texts == [
            "rules taken: backup",
            f"{rule} holds for stream/studio-a: it wants vod/loop-studio-a",
            f"{rule} does not hold for stream/studio-a any more: {lingering}",
            f"{rule} wants nothing for stream/studio-a any more",
            f"{rule} holds for stream/studio-b: it wants vod/loop-studio-b",
            f"rules gone: backup; at once: {rule} wants nothing for stream/studio-b any more",
        ]


async def test_a_disk_that_refuses_delays_and_loses_nothing(put, autojump_clock):
    async with ruled(put(STUDIOS)) as stage:
        client = await publish(stage, "guest")
        await client.unpublish()
        stage.disk.refuses = "no space"
        await client.publish("studio-a")
        await trio.sleep(5)
        assert stage.transponders() == []
        stage.disk.refuses = ""
        await trio.sleep(30)
        assert stage.transponders() == [("studio-a", URL)]


async def test_a_node_that_goes_from_the_configuration_takes_what_rules_want_there(
    put, autojump_clock
):
    async with ruled(put(STUDIOS), node_names=("wcs1", "wcs2")) as stage:
        await publish(stage, "studio-a", "wcs2")
        assert stage.transponders("wcs2") == [("studio-a", URL)]
        stage.node_values["wcs2"] = Node(retired=True)
        await stage.load()
        await trio.sleep(30)
        assert await stage.phases() == {"archive-studio-a": ("Held", "retired")}
        assert stage.transponders("wcs2") == [("studio-a", URL)]
        stage.node_values["wcs2"] = Node()
        await stage.load()
        await trio.sleep(10)
        assert await stage.phases() == {"archive-studio-a": READY}


async def test_a_plan_without_a_daemon_has_what_rules_want(put, autojump_clock):
    folder = put("rules: {}")
    async with ruled(folder) as stage:
        await publish(stage, "studio-a")
        put(STUDIOS)
        preview = Preview(stage.memory.world, KINDS, stage.now_ms())
        preview.read(stage.sealed(), stage.vault)
        assert [one.key.name for one in preview.world.wanted] == ["archive-studio-a"]
        body = {"mediaSessionId": "s", "name": "studio-b", "status": "PUBLISHING"}
        preview.fold(HookReceived("wcs1", "StreamStatusEvent", freeze_object(body)))
        broken = {"mediaSessionId": "t", "name": "studio-/", "status": "PUBLISHING"}
        preview.fold(HookReceived("wcs1", "StreamStatusEvent", freeze_object(broken)))
        preview.ensure(stage.vault)
        assert sorted(one.key.name for one in preview.world.wanted) == [
            "archive-studio-a", "archive-studio-b"
        ]  # fmt: skip
        assert await stage.phases() == {}  # nobody was told
