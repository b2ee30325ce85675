"""Every route of the API, with every filter."""

import json

import pytest
from attrs import evolve

from orchestrator.core.filter import LAST, Filter
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.web.api import Ask, ReadLog, answer
from orchestrator.web.forms import fingerprint
from tests.core.history import NODE, URL, History, begun, line, listed, published, running
from tests.web.asking import AT, LINES, asked, begun_with_one, request, view


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
        "message": "the node lists it; whether media moves is not known",
        "since": AT,
        "next": None,
        "owned": True,
        "adopted": False,
        "desired": spec,
        "observed": {**shown, "mediaSessionId": "m-a"},
        "media": None,
        "attempts": 0,
        "source": {"file": "state/a.yaml", "line": 1},
        "position": 9,
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


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ReadLog(Filter(), 1000)),
        (
            "after=5&until=9&sinceMs=1&untilMs=2&type=A&type=B&node=n&subject=s&limit=99999",
            ReadLog(Filter(5, 9, 1, 2, frozenset("AB"), "n", frozenset("s")), 10_000),
        ),
        ("until=9999999999999999999", ReadLog(Filter(), 1000)),
        ("after=9999999999999999999", ReadLog(Filter(after=LAST), 1000)),
        ("sinceMs=9999999999999999999", ReadLog(Filter(since_ms=LAST), 1000)),
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


def test_a_node_that_is_not_there_is_an_error_and_no_empty_answer():
    assert asked(begun_with_one(), "/api/v1/resources", "node=typo&node=wcs1") == (
        404,
        {"error": "typo: no such node (there are wcs1)"},
    )


def test_a_chain_shows_streams_that_are_published_or_missing_and_skips_what_has_no_line():
    history = begun(*LINES, line("gone", url=f"{URL}4", protect=True))
    history.act("gone", made="m-gone")
    history.wait(1_000).looked(listed("m-gone", url=f"{URL}4"), streams=(published("s-1"),)).load(
        removed=("gone",)
    )
    _, rows = asked(history, "/api/v1/resources", "chain=1")
    assert [(row["resource"], row["phase"], row.get("feeds")) for row in rows][:2] == [
        ("stream/absent", "Waiting", ["transponder/c"]),
        ("stream/show", "Ready", ["transponder/a", "transponder/b"]),
    ]
