"""What is said of a node that is set up well, and of one that is not."""

import pytest
from attrs import evolve

from orchestrator.core.configuration import Recorder
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.rest import NotJson, RestReply
from orchestrator.web.doctor import RECORDERS, findings, told
from orchestrator.web.examined import (
    NOTHING,
    NOWHERE,
    STREAMS,
    Examined,
    Finding,
    Heard,
    State,
    heard,
)

NOW_MS = 1_800_000_000_000
OK = RestReply(200, ())
NONE = RestReply(404, Map(reason="Not found"))
HTML = RestReply(404, NotJson("no JSON"), "<html>404</html>")
PAGE = """-----Port Info-----
ports_media_free=499
ports_media_busy=1
ports_wcs_agents_free=9
ports_wcs_agents_busy=900
ports_rest_api_pending=3
"""
GOOD = Examined(
    node="wcs1",
    url="https://wcs1:8444/rest-api",
    now_ms=NOW_MS,
    heard=Heard(
        Map(
            connect=NOW_MS,
            publishStream=NOW_MS - 3,
            StreamStatusEvent=NOW_MS - 2,
            ConnectionStatusEvent=NOW_MS - 1,
            StreamKeepAliveEvent=NOW_MS - 1_000,
        )
    ),
    replies=Map({STREAMS: OK, "/push/find_all": NONE, RECORDERS: NONE, NOWHERE: HTML,
                 NOTHING: NONE}),
    open=RestReply(401, NotJson("no JSON"), "who?"),
    statistics=RestReply(200, NotJson("no JSON"), "ports_media_free=5\nports_media_busy=1\n\n"),
    username="orchestrator",
    public_url="http://10.0.0.9:8480/",
)  # fmt: skip


def others(seen):
    """Return what is found that is not found of a good node."""
    well = findings(GOOD)
    return [one for one in findings(seen) if one not in well]


def replied(path, reply):
    return evolve(GOOD, replies=GOOD.replies.set(path, reply))


def test_a_node_that_is_set_up_well_is_told_so():
    answer = told("wcs1", findings(GOOD))
    assert answer == {
        "node": "wcs1",
        "well": True,
        "findings": [
            {"check": check, "state": "well", "message": message}
            for check, message in (
                ("reachable", "https://wcs1:8444/rest-api answers"),
                ("tls", "its certificate was verified"),
                ("authentication", "REST asks for a user, and takes ours"),
                ("methods", "2 of 2 lists are there"),
                ("recorder", "records by /recorder"),
                ("statistics", "ports are free"),
                ("hooks", "the last one was connect at 2027-01-15T08:00:00.000Z"),
                ("keep-alives", "the last one came at 2027-01-15T07:59:59.000Z"),
                ("clock", "nothing speaks against the node's clock"),
            )
        ],
        "console": [],
        "settings": [],
    }


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            evolve(GOOD, error="nobody listens", replies=Map()),
            [Finding("reachable", State.ILL, "nobody listens")],
        ),
        (
            replied(STREAMS, RestReply(401, NotJson("no JSON"))),
            [
                Finding(
                    "authentication",
                    State.ILL,
                    "the node refuses our username and password: see `username` and `password`",
                    ("add user orchestrator PASSWORD",),
                )
            ],
        ),
        (
            replied(STREAMS, RestReply(500, Map(reason="broken"))),
            [Finding("reachable", State.ILL, "/stream/find_all answered 500: broken")],
        ),
        (
            evolve(GOOD, url="http://wcs1:8081/rest-api"),
            [
                Finding("reachable", State.WELL, "http://wcs1:8081/rest-api answers"),
                Finding(
                    "tls",
                    State.NOTE,
                    "REST goes unencrypted: https on port 8444 hides keys and passwords on the way",
                ),
            ],
        ),
        (
            evolve(GOOD, open=OK, username=""),
            [
                Finding(
                    "authentication",
                    State.NOTE,
                    (
                        "anyone who reaches its REST port has full control: keep the port to us, "
                        "or ask users"
                    ),
                    ("add user orchestrator PASSWORD",),
                    ("disable_rest_auth=false",),
                )
            ],
        ),
        (
            replied("/push/find_all", RestReply(500, Map())),
            [
                Finding("methods", State.ILL, "/push/find_all answered 500"),
                Finding("methods", State.WELL, "1 of 2 lists are there"),
            ],
        ),
        (
            replied("/push/find_all", HTML),
            [
                Finding("methods", State.NOTE, "this build has no /push/find_all"),
                Finding("methods", State.WELL, "1 of 2 lists are there"),
            ],
        ),
        (
            replied(NOWHERE, NONE),
            [
                Finding(
                    "methods",
                    State.NOTE,
                    "nobody can tell whether it has /push/find_all: a 404 means either",
                ),
                Finding("methods", State.WELL, "1 of 2 lists are there"),
                Finding(
                    "recorder",
                    State.NOTE,
                    "nobody can tell whether it has /recorder: a 404 means either",
                ),
            ],
        ),
        (
            replied(RECORDERS, HTML),
            [
                Finding(
                    "recorder",
                    State.ILL,
                    "it has no /recorder: write `recorder: stream` for it in orchestrator.yaml",
                )
            ],
        ),
        (
            evolve(replied(RECORDERS, HTML), recorder=Recorder.STREAM),
            [Finding("recorder", State.WELL, "records by /stream")],
        ),
        (
            evolve(GOOD, recorder=Recorder.STREAM),
            [
                Finding(
                    "recorder",
                    State.NOTE,
                    "it has /recorder: `recorder: stream` in its configuration is not needed",
                )
            ],
        ),
        (
            evolve(GOOD, statistics=None),
            [
                Finding(
                    "statistics",
                    State.NOTE,
                    "the page ?action=stat cannot be read (no answer): free ports cannot be seen",
                )
            ],
        ),
        (
            evolve(GOOD, statistics=HTML),
            [
                Finding(
                    "statistics",
                    State.NOTE,
                    "the page ?action=stat cannot be read (status 404): free ports cannot be seen",
                )
            ],
        ),
        (
            evolve(GOOD, statistics=RestReply(200, NotJson("no JSON"), PAGE)),
            [
                Finding("statistics", State.ILL, "9 of 909 ports for agents are free"),
                Finding("statistics", State.ILL, "3 hooks wait for a connection to us"),
            ],
        ),
        (
            evolve(GOOD, heard=evolve(GOOD.heard, behind_ms=90_000)),
            [Finding("clock", State.ILL, "the node's clock is behind ours by about 90 s")],
        ),
        (
            replied(STREAMS, RestReply(200, freeze([{"createDate": NOW_MS + 20_000}, 5]))),
            [Finding("clock", State.ILL, "the node's clock is ahead of ours by 20 s or more")],
        ),
    ],
)
def test_what_is_not_as_it_should_be_is_told(seen, expected):
    assert others(seen) == expected


def test_without_hooks_the_console_lines_and_settings_are_told():
    seen = evolve(GOOD, heard=Heard(), is_signing=True)
    answer = told("wcs1", others(seen))
    assert answer == {
        "node": "wcs1",
        "well": False,
        "findings": [
            {
                "check": "hooks",
                "state": "ill",
                "message": "no hook ever came from it; refused ones are in `orchestrator status`",
            },
            {
                "check": "keep-alives",
                "state": "note",
                "message": (
                    "none was heard: with them, the end of a stream is known sooner than by looks"
                ),
            },
        ],
        "console": [
            "update app -l http://10.0.0.9:8480/hooks/wcs1/TOKEN defaultApp",
            "add app-rest-method -a defaultApp",
            "update app -l http://10.0.0.9:8480/hooks/wcs1/TOKEN flashStreamingApp",
            "add app-rest-method -a flashStreamingApp",
        ],
        "settings": [
            "disable_rest_requests=false",
            "rest_request_timeout=15",
            "rest_hook_send_hash=true",
            "rest_hook_secret_key=KEY",
            "keep_alive_streaming_sessions_enabled=true",
            "streaming_sessions_keep_alive_interval=10000",
            "streaming_sessions_keep_alive_app_keys=defaultApp,flashStreamingApp",
        ],
    }
    unsigned = told("wcs1", findings(evolve(seen, is_signing=False, public_url="")))
    assert "rest_hook_send_hash=true" not in unsigned["settings"]
    assert unsigned["console"][0] == (
        "update app -l http://ORCHESTRATOR:8480/hooks/wcs1/TOKEN defaultApp"
    )


def test_methods_that_were_never_heard_are_named():
    only = evolve(GOOD.heard, last_ms=Map(connect=NOW_MS, StreamKeepAliveEvent=NOW_MS - 1_000))
    assert others(evolve(GOOD, heard=only)) == [
        Finding(
            "hooks",
            State.NOTE,
            (
                "never heard: publishStream, StreamStatusEvent, ConnectionStatusEvent; "
                "`show app-rest-methods APP` lists them"
            ),
            ("add app-rest-method -a defaultApp", "add app-rest-method -a flashStreamingApp"),
        )
    ]


@pytest.mark.parametrize(
    ("reply", "is_missing"),
    [
        (RestReply(404, NotJson("no JSON"), ""), True),
        (RestReply(404, NotJson("no JSON"), "gone"), False),
        (RestReply(404, ()), False),
    ],
)
def test_a_missing_method_is_told_by_the_form_of_its_answer(reply, is_missing):
    empty = RestReply(404, NotJson("no JSON"), "")
    seen = evolve(GOOD, replies=GOOD.replies.set(NOWHERE, empty).set("/push/find_all", reply))
    messages = [one.message for one in findings(seen)]
    assert ("this build has no /push/find_all" in messages) is is_missing


def test_hooks_tell_when_they_were_heard_and_how_clocks_differ():
    begun = {"createDate": 1_000_000}
    ended = {"createDate": 1_000, "status": "UNPUBLISHED"}
    assert heard([]) == Heard()
    assert heard([(2_000, "connect", {}), (1_000, "connect", {})]) == Heard(Map(connect=2_000))
    assert heard([(990_000, "publishStream", begun), (1_000_500, "playStream", begun)]) == Heard(
        Map(publishStream=990_000, playStream=1_000_500), ahead_ms=10_000
    )
    status = {**begun, "status": "PUBLISHING"}
    late = [(1_100_000, "StreamStatusEvent", status), (1_200_000, "StreamStatusEvent", ended)]
    assert heard(late) == Heard(Map(StreamStatusEvent=1_200_000), behind_ms=100_000)
    kept = [(1_100_000, "StreamKeepAliveEvent", status), (1_100_000, "StreamStatusEvent", ended)]
    assert heard(kept).behind_ms == 0
