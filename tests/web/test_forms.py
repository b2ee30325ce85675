"""Plans, status and events in the forms that tools outside are written against."""

import json
from types import SimpleNamespace

from orchestrator.core.configuration import Node, Policy
from orchestrator.core.document import DocumentRejected
from orchestrator.core.event import NodeLost
from orchestrator.core.mapping import Map
from orchestrator.core.resource import OnChange
from orchestrator.web.api import events
from orchestrator.web.status import Failure
from tests.core.history import NODE, URL, History, line, listed, running
from tests.web.asking import AT, LINES, asked, begun_with_one


def test_a_plan_has_the_fields_that_are_promised():
    history = begun_with_one()
    assert asked(history, "/api/v1/plan") == (
        200,
        {
            "position": history.world.position,
            "actions": [
                {
                    "action": "create",
                    "resource": "transponder/b",
                    "node": "wcs1",
                    "calls": ["/push/startup"],
                    "interrupts": False,
                    "affects": [],
                    "reason": "missing",
                }
            ],
            "held": [
                {
                    "resource": "transponder/c",
                    "node": "wcs1",
                    "action": "",
                    "reason": "stream-absent",
                    "message": "stream absent is not published on wcs1",
                    "phase": "Waiting",
                    "until": None,
                    "hold": None,
                }
            ],
        },
    )


def test_every_action_says_which_calls_it_makes():
    lines = [line(name, url=f"{URL}/{name}") for name in ("adopt", "delete", "replace", "update")]
    history = running(*lines[1:])
    history.load(lines[0], removed=("delete",))
    history.load(line("replace", url=f"{URL}/new"), line("update", url=f"{URL}/update", muted=True))
    items = [listed(f"m-{one.key.name}", url=one.spec.rtmp_url) for one in lines]
    history.look("transponder", *items)
    _, plan = asked(history, "/api/v1/plan")
    assert [(one["action"], one["calls"], one["interrupts"]) for one in plan["actions"]] == [
        ("adopt", [], False),
        ("delete", ["/push/terminate"], False),
        ("replace", ["/push/terminate", "/push/startup"], True),
        ("update", ["/push/mute"], False),
    ]


def test_a_held_step_names_its_hold():
    history = running(line("a", on_change=OnChange.HOLD))
    history.load(line("a", url=f"{URL}9", on_change=OnChange.HOLD))
    (hold,) = history.world.holds
    _, plan = asked(history, "/api/v1/plan")
    assert [(one["action"], one["reason"], one["hold"]) for one in plan["held"]] == [
        ("replace", "on-change", hold)
    ]


def test_the_status_has_the_fields_that_are_told():
    history = running(LINES[0])
    node = {"node": NODE, "state": "found", "policy": "manage", "message": "", "lastLook": AT}
    node |= {"missedHooks": 0, "silentSince": None}
    assert asked(history, "/api/v1/status", hooks=3, repeated=1, lost=4, keep_alives=2) == (
        200,
        {
            "well": True,
            "settled": True,
            "version": "1.0",
            "started": "1970-01-01T00:00:01.000Z",
            "time": "1970-01-01T00:16:41.000Z",
            "position": history.world.position,
            "log": "",
            "tailLost": None,
            "hooks": {"received": 3, "repeated": 1, "lost": 4, "keepAlivesWithoutNews": 2},
            "nodes": [node],
            "phases": {"Ready": 1},
            "notWell": [],
            "held": [],
            "rejected": [],
            "refusedHooks": [],
            "clashes": [],
            "failingRules": [],
            "denied": [],
        },
    )


def test_the_status_tells_all_that_is_not_well():
    history = running(line("a", on_change=OnChange.HOLD))
    history.load(line("a", url=f"{URL}9", on_change=OnChange.HOLD))
    history.happen(DocumentRejected("state/b.yaml", 2, 3, "unknown key"))
    history.look_failed("stream", "no answer")
    refusals = (("wcs1", "10.0.0.1", "wrong token", 4),)
    _, status = asked(
        history,
        "/api/v1/status",
        refusals=refusals,
        log_refusal="full",
        failing=(Failure("r", "why", "stream s of wcs1", 2),),
    )
    failing = {"rule": "r", "message": "why", "first": "stream s of wcs1", "count": 2}
    assert status["failingRules"] == [failing]
    (hold,) = history.world.holds
    assert (status["well"], status["settled"], status["log"]) == (False, False, "full")
    assert status["nodes"][0]["message"] == "no answer"
    assert status["notWell"] == [
        {
            "resource": "transponder/a",
            "node": "wcs1",
            "phase": "Held",
            "reason": "on-change",
            "message": (
                "1 changed things say `onChange: hold`; "
                f"`orchestrator approve {hold}` lets it go on"
            ),
        }
    ]
    assert status["held"] == [
        {
            "hold": hold,
            "reason": "on-change",
            "message": "1 changed things say `onChange: hold`",
            "since": "1970-01-01T00:16:41.000Z",
        }
    ]
    assert status["rejected"] == [
        {"file": "state/b.yaml", "line": 2, "column": 3, "message": "unknown key"}
    ]
    assert status["refusedHooks"] == [
        {"node": "wcs1", "peer": "10.0.0.1", "reason": "wrong token", "count": 4}
    ]


def test_nodes_are_retired_lost_found_or_unknown():
    nodes = {
        name: Node(Map(), Policy.OBSERVE, retired=name == "old") for name in ("n1", "n2", "old")
    }
    history = History().configure(nodes).happen(NodeLost("n1", "no answer"))
    _, status = asked(history, "/api/v1/status")
    assert [(one["state"], one["message"], one["lastLook"]) for one in status["nodes"]] == [
        ("lost", "no answer", None),
        ("unknown", "", None),
        ("retired", "", None),
    ]


def test_a_node_that_is_no_longer_configured_keeps_its_rows():
    history = running(line("a")).configure({"wcs2": Node()})
    _, (row,) = asked(history, "/api/v1/resources")
    assert (row["node"], row["phase"], row["reason"]) == ("wcs1", "Held", "retired")
    assert row["settled"]


def test_events_are_lines_with_the_fields_that_are_promised():
    common = {"position": 7, "at_ms": 1_000_000, "node": "wcs1", "actor": "wcs1"}
    subject = {"subject": "stream/a", "cause": 0}
    hook = SimpleNamespace(
        type="HookReceived", body={"method": "x", "duplicateOf": 0}, **common, **subject
    )
    other = SimpleNamespace(type="NodeLost", body={"m": "é"}, **common, subject="node/a", cause=3)
    reply = events([hook, other])
    shown = {"position": 7, "time": AT, "node": "wcs1", "actor": "wcs1"}
    data = {"method": "x", "duplicateOf": None}
    assert (reply.status, reply.content_type) == (200, "application/jsonl")
    assert [json.loads(one) for one in reply.body.decode().splitlines()] == [
        {**shown, "type": "HookReceived", "subject": "stream/a", "cause": None, "data": data},
        {**shown, "type": "NodeLost", "subject": "node/a", "cause": 3, "data": {"m": "é"}},
    ]
