"""Rules do something, once, upon a hook or an event: a verb, or a call."""

from pathlib import Path

import pytest
import trio
from attrs import evolve

from orchestrator.core.configuration import Node, Policy
from orchestrator.emulator.settings import Settings
from tests.daemon.ruled import publish, rows, ruled, status, tell

RESTART = """rules:
  again:
    upon: [StreamEvent]
    where: hook.type == "frozen"
    do: [{restart: "transponder/${hook.payload.name}"}]
"""
GREET = """rules:
  greet:
    upon: [publishStream]
    where: hook.name.startsWith("guest")
    do:
      - call: /data/send
        with:
          sessionIds: ["${hook.sessionId}"]
          operationId: "welcome-${hook.name}"
          payload: {node: "${node.name}"}
"""
URL = "rtmp://a.lan/live"


async def fired(stage):
    return [
        (body["verb"], body["arguments"], body["error"])
        for _, body in await rows(stage, "RuleFired")
    ]


async def hook_at(stage, method):
    found = [row for row, body in await rows(stage, "HookReceived") if body["method"] == method]
    return found[-1].position


async def calls(stage):
    """Return the calls of rules as the log has them: method, what became of each, and its cause."""
    found = await rows(stage, "ActionStarted", "ActionFinished", "ActionFailed")
    return [
        (row.type, body["method"], row.cause)
        for row, body in found
        if row.actor.startswith("rule:")
    ]


async def test_a_verb_is_carried_out_once_and_traced_to_its_hook(put, autojump_clock):
    async with ruled(put(RESTART)) as stage:
        stage.transponder("show", "show")
        await stage.load()
        await publish(stage, "show")
        assert stage.mutations() == ["/push/startup"]
        await tell(stage, "StreamEvent", {"type": "frozen", "payload": {"name": "show"}})
        await trio.sleep(5)
        assert stage.mutations()[1:] == ["/push/terminate", "/push/startup"]
        named = {"resources": ["transponder/show"]}
        assert await fired(stage) == [("restart", named, "")]
        ((row, body),) = await rows(stage, "RuleFired")
        assert (row.actor, row.subject) == ("rule:again", "rule/again")
        assert row.cause == await hook_at(stage, "StreamEvent")
        assert (body["rule"], body["place"]["line"]) == ("again", 2)
        _, chain = await stage.ask("GET", "/api/v1/why", query="name=show")
        by_type = {one["type"]: one for one in chain}
        assert by_type["RuleFired"]["text"] == (
            "rule again (rules/a.yaml:2) does restart transponder/show"
        )
        assert by_type["RuleFired"]["rule"] == {"name": "again", "file": "rules/a.yaml", "line": 2}


async def test_a_call_leaves_once_and_stands_in_the_log_with_what_the_node_said(
    put, autojump_clock
):
    async with ruled(put(GREET)) as stage:
        await publish(stage, "host")
        client = await publish(stage, "guest-1")
        assert [one for one in stage.mutations() if "data" in one] == ["/data/send"]
        ((row, body),) = await rows(stage, "RuleFired")
        assert (body["verb"], body["node"], body["arguments"]) == (
            "call",
            "wcs1",
            {
                "node": "wcs1",
                "method": "/data/send",
                "body": {
                    "sessionIds": [client.connection.id],
                    "operationId": "welcome-guest-1",
                    "payload": {"node": "wcs1"},
                },
            },
        )
        assert row.cause == await hook_at(stage, "publishStream")
        started, finished = await calls(stage)
        assert started == ("ActionStarted", "/data/send", row.position)
        assert finished[:2] == ("ActionFinished", "/data/send")
        _, chain = await stage.ask("GET", "/api/v1/why", query=f"position={finished[2]}")
        assert [one["text"] for one in chain if one["type"] == "RuleFired"] == [
            "rule greet (rules/a.yaml:2) calls /data/send of wcs1"
        ]


async def test_what_a_kill_leaves_unsent_leaves_after_it_and_nothing_leaves_twice(
    put, autojump_clock
):
    async with ruled(put(GREET)) as stage:
        stage.errands.memory.is_verified = False  # nothing leaves until the history is verified
        await publish(stage, "guest-1")
        assert (len(await fired(stage)), await calls(stage)) == (1, [])
        for _ in range(3):
            await stage.kill()
            await stage.start()
            await trio.sleep(3)
        assert [one for one in stage.mutations() if "data" in one] == ["/data/send"]
        assert len(await fired(stage)) == 1
        assert [one[0] for one in await calls(stage)] == ["ActionStarted", "ActionFinished"]


async def test_an_event_of_ours_is_a_trigger_and_what_rules_did_is_none(put, autojump_clock):
    rules = """rules:
  told:
    upon: [Parked, OperatorAsked, Forgotten]
    where: event.data.verb == "pause" && event.actor.startsWith("user:")
    do: [{stop: "${event.data.arguments.resources[0]}", for: 10m}]
  never:
    upon: [OperatorAsked]
    where: event.actor.startsWith("rule:")
    do: [{forget: "transponder/show"}]
"""
    async with ruled(put(rules)) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")
        await stage.ask("POST", "/control/v1/pause", {"names": ["show"]})
        await trio.sleep(3)
        ((verb, arguments, error),) = await fired(stage)
        assert (verb, arguments["resources"], error) == ("stop", ["transponder/show"], "")
        assert await stage.phases() == {"show": ("Stopped", "stopped")}
        await trio.sleep(600)
        assert await stage.phases() == {"show": ("Ready", "unverified")}


async def test_a_rule_does_as_much_as_it_may_and_says_once_that_it_does_no_more(
    put, autojump_clock
):
    async with ruled(put(RESTART.replace("do:", "atMost: 2/10m\n    do:"))) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")

        async def frozen(count):
            for _ in range(count):
                number = len(await rows(stage, "HookReceived"))
                payload = {"name": "show", "number": number}
                await tell(stage, "StreamEvent", {"type": "frozen", "payload": payload})
                await trio.sleep(5)

        await frozen(4)
        assert [verb for verb, _, _ in await fired(stage)] == ["restart", "restart", ""]
        (*_, (_, body)) = await rows(stage, "RuleFired")
        assert body["error"].startswith("it did so 2 times within 600 s already: nothing until ")
        first = (await rows(stage, "RuleFired"))[0][0].at_ms
        assert body["untilMs"] == first + 600_000
        await stage.kill()
        await stage.start()
        await frozen(1)
        assert len(await fired(stage)) == 3
        await trio.sleep(600)
        await frozen(1)
        assert [verb for verb, _, _ in await fired(stage)] == ["restart", "restart", "", "restart"]


async def test_a_hook_that_comes_again_is_no_second_trigger(put, autojump_clock):
    async with ruled(put(RESTART)) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")
        for _ in range(3):
            await tell(stage, "StreamEvent", {"type": "frozen", "payload": {"name": "show"}})
        assert len(await fired(stage)) == 1


async def test_a_hook_that_comes_again_while_the_disk_hangs_is_no_second_trigger(
    put, autojump_clock
):
    async with ruled(put(RESTART)) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")
        write = stage.log.run_work

        async def slow(work):
            await trio.sleep(2)
            return await write(work)

        stage.log.run_work = slow
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                body = {"type": "frozen", "payload": {"name": "show"}}
                nursery.start_soon(tell, stage, "StreamEvent", body)
                await trio.sleep(0.5)
        assert len(await fired(stage)) == 1


async def test_a_hook_that_comes_again_in_the_next_segment_is_no_second_trigger(
    put, autojump_clock
):
    async with ruled(put(RESTART), segment_max=1) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")
        for _ in range(2):
            await tell(stage, "StreamEvent", {"type": "frozen", "payload": {"name": "show"}})
            await stage.kill()
            await stage.start()
        assert len(await fired(stage)) == 1


async def test_what_cannot_be_done_is_said_and_nothing_else_is_kept_from_happening(
    put, autojump_clock
):
    rules = """rules:
  several:
    upon: [publishStream]
    where: hook.name == "show"
    do:
      - restart: "transponder/${hook.name}-b"
      - pause: "node/${hook.name}-7"
      - {call: /data/send, node: "wcs-${hook.name}", with: {operationId: a, payload: {a: 1}}}
      - {call: /data/send, with: {operationId: "${hook.nothing}", payload: {a: 1}}}
      - stop: ["${hook.name}"]
"""
    async with ruled(put(rules)) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")
        assert [(verb, error) for verb, _, error in await fired(stage)] == [
            ("restart", "transponder/show-b: not declared and not ours"),
            ("pause", "node/show-7: no such node (configured: wcs1)"),
            ("call", "wcs-show: no such node"),
            ("call", "there is no nothing: ask with has() or in, or correct the name"),
            ("stop", ""),
        ]
        assert await stage.phases() == {"show": ("Stopped", "stopped")}


async def test_a_condition_that_cannot_be_told_does_nothing_and_is_told(put, autojump_clock):
    async with ruled(put(RESTART)) as stage:
        await tell(stage, "StreamEvent", {"no": "type"})
        await tell(stage, "StreamEvent", {"none": "either"})
        assert await fired(stage) == []
        (failing,) = (await status(stage))["failingRules"]
        position = await hook_at(stage, "StreamEvent")
        assert failing == {
            "rule": "again",
            "message": "there is no type: ask with has() or in, or correct the name",
            "first": f"node/wcs1 at {position}",
            "count": 2,
        }
        await tell(stage, "StreamEvent", {"type": "resize"})
        assert (await status(stage))["failingRules"] == []


async def test_steps_are_taken_for_each_member_of_a_list(put, autojump_clock):
    rules = """rules:
  farewell:
    upon: [StreamStatusEvent]
    where: hook.status == "UNPUBLISHED"
    forEach: connections.filter(one, one.appKey != "none")
    do:
      - call: /data/send
        with: {sessionId: "${item.sessionId}", operationId: "1", payload: {a: 1}}
"""
    async with ruled(put(rules)) as stage:
        one, two = await publish(stage, "a"), await publish(stage, "b")
        await one.unpublish()
        await trio.sleep(3)
        sent = [arguments["body"]["sessionId"] for _, arguments, _ in await fired(stage)]
        assert sorted(sent) == sorted([one.connection.id, two.connection.id])
        assert [one for one in stage.mutations() if "data" in one] == ["/data/send"] * 2


async def test_nothing_is_done_upon_what_came_before_the_rule(put, autojump_clock):
    async with ruled(put(RESTART)) as stage:
        await publish(stage, "guest-1")
        put(GREET)
        await stage.load()
        await trio.sleep(3)
        assert await fired(stage) == []
        await publish(stage, "guest-2")
        assert len(await fired(stage)) == 1


async def test_a_node_that_is_only_observed_is_not_called(put, autojump_clock):
    nodes = {"wcs1": Node(policy=Policy.OBSERVE)}
    async with ruled(put(GREET), node_values=nodes) as stage:
        await publish(stage, "guest-1")
        why = "wcs1 is only observed: `policy: manage` lets rules call it"
        assert await fired(stage) == [("call", {}, why)]
        assert stage.mutations() == []


async def test_the_shipped_rule_fetches_a_frozen_camera_anew_and_not_for_ever(put, autojump_clock):
    text = (Path(__file__).parents[2] / "rules" / "frozen.yaml").read_text()
    async with ruled(put(text), wcs_settings=Settings()) as stage:
        stage.write("pulls: {camera-1: {node: wcs1, uri: rtmp://h/c, localStreamName: camera-1}}\n")
        await stage.load()
        await trio.sleep(100)
        assert await fired(stage) == []
        node = stage.servers["wcs1"].node
        node.turn(evolve(node.faults, streams_frozen=frozenset({"camera-*"})))
        await trio.sleep(3_600)
        again = ("restart", {"resources": ["pull/camera-1"]}, "")
        assert (await fired(stage))[0] == again
        restarts = [row.at_ms for row, body in await rows(stage, "RuleFired") if body["verb"]]
        windows = [sum(at <= one < at + 600_000 for one in restarts) for at in restarts]
        assert max(windows) <= 3
        node.turn(evolve(node.faults, streams_frozen=frozenset()))
        await trio.sleep(700)
        assert await stage.phases() == {"camera-1": ("Ready", "")}


@pytest.mark.parametrize("depth", [1, 20, 28, 40, 61, 63])
async def test_no_body_that_is_taken_in_ends_the_log(depth, put, autojump_clock):
    rules = """rules:
  echo:
    upon: [OnDataEvent]
    do: [{call: /data/send, with: {sessionId: s, operationId: o, payload: {a: "${hook.payload}"}}}]
"""
    async with ruled(put(rules)) as stage:
        payload = 1
        for _ in range(depth - 1):
            payload = {"a": payload}
        await tell(stage, "OnDataEvent", {"operationId": "o", "payload": payload})
        await tell(stage, "OnDataEvent", {"operationId": "p", "payload": 1})
        errors = [error for _, _, error in await fired(stage)]
        deep = "what is to be sent nests deeper than 32"
        assert errors == [deep if depth > 32 else "", ""]


async def test_what_is_too_large_is_not_sent(put, autojump_clock):
    async with ruled(put(GREET.replace('startsWith("guest")', 'startsWith("g")'))) as stage:
        await tell(stage, "publishStream", {"name": "g" * 20_000, "sessionId": "s"})
        assert [error for _, _, error in await fired(stage)] == [
            "what is to be sent has over 16384 letters"
        ]


async def test_steps_see_what_those_before_them_did(put, autojump_clock):
    rules = """rules:
  both:
    upon: [publishStream]
    where: hook.name == "show"
    do: [{stop: show}, {pause: show, for: 1m}]
"""
    show = "transponder/show"
    async with ruled(put(rules)) as stage:
        stage.transponder("show", "show", URL)
        await stage.load()
        await publish(stage, "show")
        assert [(verb, error) for verb, _, error in await fired(stage)] == [
            ("stop", ""),
            (
                "pause",
                f"{show} is stopped and stays so: `orchestrator start {show}` ends that first",
            ),
        ]
        (failing,) = (await status(stage))["failingRules"]
        assert failing["rule"] == "both"


async def test_a_node_that_has_become_observed_is_not_called_any_more(put, autojump_clock):
    async with ruled(put(GREET)) as stage:
        stage.errands.memory.is_verified = False
        await publish(stage, "guest-1")
        stage.node_values["wcs1"] = Node(policy=Policy.OBSERVE)
        await stage.load()
        stage.errands.memory.is_verified = True
        await trio.sleep(5)
        assert stage.mutations() == []
        assert [kind for kind, _, _ in await calls(stage)] == ["ActionFailed"]


async def test_what_a_removed_rule_did_is_no_trigger(put, autojump_clock):
    chain = """rules:
  two:
    upon: [ActionStarted, ActionFinished]
    do: [{stop: transponder/show}]
"""
    async with ruled(put(GREET)) as stage:
        stage.errands.memory.is_verified = False
        await publish(stage, "guest-1")
        put(chain)
        await stage.load()
        stage.errands.memory.is_verified = True
        await trio.sleep(5)
        assert [verb for verb, _, _ in await fired(stage)] == ["call"]


async def test_an_intent_that_is_refused_and_stands_in_the_log_is_told(put, autojump_clock):
    async with ruled(put(GREET)) as stage:
        stage.errands.memory.is_verified = False
        await publish(stage, "guest-1")
        stage.disk.denies = "no answer"
        stage.errands.memory.is_verified = True
        await trio.sleep(3)
        stage.disk.denies = ""
        await trio.sleep(10)
        sent = [one for one in stage.mutations() if "data" in one]
        kinds = [kind for kind, _, _ in await calls(stage)]
        assert (len(sent), kinds[-1]) == (0, "ActionFailed")


async def test_a_call_that_a_node_refuses_is_told_in_the_status(put, autojump_clock):
    async with ruled(put(GREET)) as stage:
        await tell(stage, "publishStream", {"name": "guest-1", "sessionId": "nobody"})
        await trio.sleep(5)
        (failing,) = (await status(stage))["failingRules"]
        assert failing["rule"] == "greet"
        assert failing["message"].startswith("/data/send answered 500: ")
        await publish(stage, "host")  # upon which it does nothing, so nothing is well again
        assert (await status(stage))["failingRules"] == [failing]
        await publish(stage, "guest-2")
        assert (await status(stage))["failingRules"] == []
