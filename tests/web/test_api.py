"""Every route of the API, with every filter, in the forms that tools outside rely on."""

import json
from types import SimpleNamespace

import pytest
from attrs import evolve

from orchestrator.codec import codec_of
from orchestrator.core.configuration import Node, Policy
from orchestrator.core.event import DocumentRejected, NodeLost
from orchestrator.core.http import Request, UnixPeer
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import OnChange
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.api import Ask, ReadLog, View, answer, events
from orchestrator.web.forms import Vitals, fingerprint
from tests.core.history import NODE, URL, History, begun, line, listed, published, running

CODEC = codec_of(KINDS)
AT = "1970-01-01T00:16:40.000Z"
LAST = 2**63 - 1
LINES = (
    line("a", labels=Map({"show": "news"})),
    line("b", url=f"{URL}2", labels=Map({"show": "talk"})),
    line("c", "absent"),
)


def request(path, method="GET", query="", body=b"", **headers):
    named = Map({name.replace("_", "-"): value for name, value in headers.items()})
    return Request(method, path, query, named, body, UnixPeer(1, 0, 0))


def view(history, **vitals):
    alive = Vitals("1.0", 1_000, history.now_ms, **vitals)
    return View(history.world, history.looks, alive, KINDS, CODEC.plain)


def asked(history, path, query="", **vitals):
    reply = answer(request(path, query=query), view(history, **vitals))
    return reply.status, json.loads(reply.body)


def begun_with_one():
    """Return a history with one running line, one waiting, one starting, and a stranger."""
    history = begun(*LINES)
    history.act("a", made="m-a")
    history.look("transponder", listed("m-a"), listed("x", "rtmp_x", f"{URL}9"))
    return history


def test_a_row_has_the_fields_that_are_promised():
    status, rows = asked(begun_with_one(), "/api/v1/resources", "name=a")
    spec = {
        "streamName": "show",
        "rtmpUrl": URL,
        "rtmpTransponderFullUrl": False,
        "rtmpFlashVersion": "",
        "muted": False,
        "sound": None,
    }
    shown = {"streamName": "rtmp_show", "rtmpUrl": URL, "muted": False, "soundEnabled": False}
    row = {
        "resource": "transponder/a",
        "kind": "transponder",
        "name": "a",
        "node": "wcs1",
        "labels": {"show": "news"},
        "phase": "Ready",
        "reason": "unverified",
        "message": "the node lists it; whether media moves cannot be seen here",
        "since": AT,
        "next": None,
        "owned": True,
        "adopted": False,
        "desired": spec,
        "observed": {**shown, "mediaSessionId": "m-a"},
        "media": None,
        "attempts": 0,
        "source": {"file": "state/a.yaml", "line": 1},
        "position": 8,
        "settled": True,
    }
    assert (status, rows) == (200, [row])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "abc"),
        ("name=a&name=transponder/c", "ac"),
        ("kind=transponder", "abc"),
        ("kind=stream", ""),
        ("node=wcs1", "abc"),
        ("node=wcs2", ""),
        ("phase=Ready&phase=Waiting", "ac"),
        ("notReady=1", "bc"),
        ("label=show=news", "a"),
        ("label=show=news&label=other=x", ""),
        ("foreign=1", "abc~"),
        ("foreign=1&notReady=1", "bc~"),
        ("foreign=1&label=show=talk", "b"),
    ],
)
def test_rows_are_chosen_by_filters(query, names):
    _, rows = asked(begun_with_one(), "/api/v1/resources", query)
    assert "".join(row["name"][0] for row in rows) == names


def test_a_name_that_is_nothing_here_is_said_to_be():
    assert asked(begun_with_one(), "/api/v1/resources", "name=a&name=x&name=y") == (
        404,
        {"error": "x, y: not declared and not ours"},
    )


def test_a_stranger_has_a_row_of_the_same_fields():
    history = begun_with_one()
    _, rows = asked(history, "/api/v1/resources", "foreign=1&node=wcs1&phase=Held")
    name = f"~{fingerprint(f'rtmp_x {URL}9')}"
    (row,) = rows
    assert (row["resource"], row["reason"]) == (f"transponder/{name}", "foreign")
    _, (own,) = asked(history, "/api/v1/resources", "name=a")
    assert row.keys() == own.keys() - {"settled"}


def test_a_stranger_in_the_place_of_ours_is_shown():
    history = begun(LINES[0])
    history.look("transponder", listed("x", muted=True))
    _, (row,) = asked(history, "/api/v1/resources")
    assert (row["phase"], row["owned"], row["observed"]["mediaSessionId"]) == ("Held", False, "x")


def test_what_is_anothers_is_not_shown_as_ours():
    history = running(line("a"))
    history.load(line("twin"))
    _, rows = asked(history, "/api/v1/resources")
    assert [row["observed"] is None for row in rows] == [False, True]


def test_what_is_ours_and_has_no_line_is_shown_without_one():
    history = running(line("a", protect=True)).load(removed=("a",))
    _, (row,) = asked(history, "/api/v1/resources")
    assert (row["phase"], row["desired"], row["source"], row["labels"]) == ("Held", None, None, {})
    step = history.load(line("a")).load(removed=("a",)).start("a")
    history.finish(step).look("transponder")
    assert asked(history, "/api/v1/resources") == (200, [])


def test_a_verdict_on_what_has_a_call_in_flight_counts_from_its_start():
    history = begun(LINES[0]).wait(500)
    history.start("a")
    _, (row,) = asked(history.wait(500), "/api/v1/resources")
    assert (row["reason"], row["since"]) == ("in-flight", "1970-01-01T00:16:40.500Z")


def test_an_adopted_thing_is_said_to_be():
    history = begun(LINES[0])
    history.look("transponder", listed("m-1"))
    history.start("a")
    _, (row,) = asked(history, "/api/v1/resources")
    assert (row["owned"], row["adopted"], row["since"]) == (True, True, AT)


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
    assert asked(history, "/api/v1/status", hooks=3, keep_alives=2) == (
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
            "hooks": {"received": 3, "keepAlivesWithoutNews": 2},
            "nodes": [node],
            "phases": {"Ready": 1},
            "notWell": [],
            "held": [],
            "rejected": [],
            "refusedHooks": [],
        },
    )


def test_the_status_tells_all_that_is_not_well():
    history = running(line("a", on_change=OnChange.HOLD))
    history.load(line("a", url=f"{URL}9", on_change=OnChange.HOLD))
    history.happen(DocumentRejected("state/b.yaml", 2, 3, "unknown key"))
    history.look_failed("stream", "no answer")
    refusals = (("wcs1", "10.0.0.1", "wrong token", 4),)
    _, status = asked(history, "/api/v1/status", refusals=refusals, log_refusal="full")
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
    assert (row["node"], row["phase"]) == ("wcs1", "Stopping")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ReadLog(0, LAST, 0, LAST, frozenset(), "", frozenset(), 1000)),
        (
            "after=5&until=9&sinceMs=1&untilMs=2&type=A&type=B&node=n&subject=s&limit=99999",
            ReadLog(5, 9, 1, 2, frozenset("AB"), "n", frozenset("s"), 10_000),
        ),
        (
            "until=9999999999999999999",
            ReadLog(0, LAST, 0, LAST, frozenset(), "", frozenset(), 1000),
        ),
    ],
)
def test_the_log_is_read_by_filters(query, expected):
    asked_for = request("/api/v1/events", query=query)
    assert answer(asked_for, view(History())) == expected


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "9" * 20])
def test_a_filter_that_is_no_number_is_refused(value):
    assert asked(History(), "/api/v1/events", f"after={value}") == (
        400,
        {"error": f"after: '{value}' is no whole number"},
    )


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


@pytest.mark.parametrize("verb", ["reload", "approve", "call", "accept"])
def test_verbs_are_for_the_daemon_to_carry_out(verb):
    body = b'{"hold":"h-1","reason":"why"}'
    path = f"/control/v1/{verb}"
    asked_for = request(path, "POST", body=body, x_sudo_user="anna")
    assert answer(asked_for, view(History())) == Ask(verb, Map({"hold": "h-1"}), "why", "anna")
    assert answer(request(path, "POST"), view(History())) == Ask(verb, EMPTY, "")


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"[]", "the body is not a JSON object"), (b'{"reason":5}', "reason is no text")],
)
def test_a_verb_that_cannot_be_read_is_refused(body, message):
    reply = answer(request("/control/v1/reload", "POST", body=body), view(History()))
    assert (reply.status, json.loads(reply.body)) == (400, {"error": message})


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("POST", "/api/v1/plan", "POST /api/v1/plan: no such thing here"),
        ("POST", "/control/v1/dance", "POST /control/v1/dance: no such thing here"),
        ("GET", "/control/v1/reload", "GET /control/v1/reload: no such thing here"),
        ("GET", "/", "nothing here"),
    ],
)
def test_other_paths_are_nothing(method, path, message):
    reply = answer(request(path, method), view(History()))
    assert (reply.status, json.loads(reply.body)) == (404, {"error": message})


def test_what_is_known_of_a_stream_is_no_row_of_strangers():
    history = History().configure().publish()
    history.looked(streams=(published("s-1"),))
    assert asked(history, "/api/v1/resources", "foreign=1") == (200, [])
    assert evolve(history.world).observed[NODE, "stream"]
