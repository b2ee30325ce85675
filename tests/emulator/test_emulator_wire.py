"""What answers look like: verbs, errors, lists, booleans, credentials."""

from base64 import b64encode

import orjson
import pytest

from orchestrator.emulator.settings import ErrorForm


async def test_answers_an_unknown_method_as_a_web_container_does(autojump_clock, wcs):
    for path in ("/push/fly", "/nothing/find_all", "/push", "/push/find_all/"):
        status, body = await wcs.call(path)
        assert (status, body[:6]) == (404, b"<html>")
    answer = await wcs.server.handle("GET", "/elsewhere", {}, b"")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html;charset=utf-8")


async def test_refuses_a_wrong_verb_and_takes_get_where_nothing_is_asked(autojump_clock, wcs):
    await wcs.push()
    assert (await wcs.call("/push/find_all", method="GET"))[0] == 200
    for method, path in (
        ("GET", "/push/find"),
        ("PUT", "/push/find_all"),
        ("DELETE", "/push/find"),
    ):
        status, body = await wcs.call(path, method=method)
        assert (status, body[:6]) == (405, b"<html>")


async def test_may_answer_a_wrong_verb_like_an_unknown_path(autojump_clock, start):
    wcs = await start(wrong_verb_is_404=True)
    status, body = await wcs.call("/push/find", method="GET")
    assert (status, body[:6]) == (404, b"<html>")


async def test_may_let_pages_of_other_origins_read(autojump_clock, start):
    wcs = await start(allows_origins=True)
    answer = await wcs.server.handle("POST", "/rest-api/push/find", {}, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_takes_an_empty_body_and_an_empty_object_alike(autojump_clock, wcs):
    await wcs.push()
    assert await wcs.call("/push/find_all") == await wcs.call("/push/find_all", {})


async def test_refuses_a_body_that_is_no_json_object(autojump_clock, wcs):
    for body in (b"{", b"[]", b"text"):
        answer = await wcs.server.handle("POST", "/rest-api/push/find", {}, body)
        assert answer.status == 400


@pytest.mark.parametrize("group", ["push", "stream", "connection"])
async def test_answers_404_or_an_empty_list_when_there_is_none(autojump_clock, start, group):
    wcs = await start()
    assert (await wcs.call(f"/{group}/find_all"))[0] == 404
    wcs.turn(none_is_404=False)
    assert await wcs.call(f"/{group}/find_all") == (200, [])


ALL = (
    *("push", "stream", "connection", "recorder", "pull", "pull/rtmp", "rtsp", "transcoder", "vod"),
    *("mixer", "call", "stream/inject", "multipleRecorder", "hls", "api"),
)


@pytest.mark.parametrize("group", ALL)
async def test_a_listing_of_nothing_has_three_forms(autojump_clock, start, group):
    wcs = await start()
    path = f"/{group}/find_all"
    first = (200, []) if group == "pull" else 404
    answer = await wcs.call(path)
    assert first == (answer if group == "pull" else answer[0])
    wcs.turn(never_404=frozenset({path}))
    assert await wcs.call(path) == (200, [])
    wcs.turn(none_is_object=True)
    assert await wcs.call(path) == (200, {})
    wcs.turn(never_404=frozenset())
    assert (await wcs.call(path, method="GET"))[0] == 404


async def test_what_a_build_lacks_is_told_by_the_container_or_like_nothing(autojump_clock, start):
    wcs = await start(lacks=frozenset({"/hls/", "/mixer/set_"}))
    for path in ("/hls/find_all", "/mixer/set_parameter", "/no/such"):
        status, body = await wcs.call(path)
        assert (status, body[:6]) == (404, b"<html>")
    assert (await wcs.call("/mixer/find_all"))[1]["status"] == 404
    wcs.turn(lacks_like_none=True)
    for path in ("/hls/find_all", "/mixer/set_parameter", "/no/such"):
        assert (await wcs.call(path))[1]["reason"] == "Not found"


async def test_may_answer_one_bare_object_for_a_list_of_one(autojump_clock, start):
    wcs = await start(bare_object=True)
    _, first = await wcs.push()
    assert await wcs.call("/push/find_all") == (200, first)
    _, second = await wcs.push("b")
    assert await wcs.call("/push/find_all") == (200, [first, second])


async def test_may_answer_booleans_as_text(autojump_clock, start):
    wcs = await start(booleans_as_strings=True)
    await wcs.push()
    _, [listed] = await wcs.call("/push/find_all")
    assert (listed["muted"], listed["soundEnabled"]) == ("false", "false")


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (
            ErrorForm.SPRING,
            {
                "exception": "com.flashphoner.rest.RestException",
                "reason": "Transponder x not found",
                "path": "/rest-api/push/terminate",
                "error": "Error",
                "timestamp": 1_700_000_000_000,
                "status": 404,
            },
        ),
        (ErrorForm.REASON, {"reason": "Transponder x not found"}),
        (ErrorForm.MESSAGE, {"message": "Transponder x not found"}),
        (ErrorForm.TEXT, b"Transponder x not found"),
        (ErrorForm.EMPTY, b""),
        (
            ErrorForm.HTML,
            (
                b"<html><head><title>Error 404</title></head><body><h1>HTTP Status 404</h1>"
                b"<p>Transponder x not found</p></body></html>"
            ),
        ),
    ],
)
async def test_tells_an_error_in_the_form_of_the_build(autojump_clock, start, form, body):
    wcs = await start(error_form=form)
    assert await wcs.call("/push/terminate", {"mediaSessionId": "x"}) == (404, body)


async def test_asks_for_credentials_when_there_are_users(autojump_clock, start):
    wcs = await start(users={"admin": "pass:word"}, guards_statistics=True)
    right = "Basic " + b64encode(b"admin:pass:word").decode()
    wrong = "Basic " + b64encode(b"admin:other").decode()
    tried = [{}, {"authorization": wrong}, {"Authorization": right}, {"Authorization": "Basic ?"}]
    statuses = [(await wcs.call("/push/find_all", headers=one))[0] for one in tried]
    assert statuses == [401, 401, 404, 401]
    answer = await wcs.server.handle("POST", "/rest-api/push/find_all", {}, b"")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Flashphoner REST API"'
    statuses = [(await wcs.server.handle("GET", "/?action=stat", h, b"")).status for h in tried]
    assert statuses == [401, 401, 200, 401]


async def test_may_name_its_server(autojump_clock, start):
    wcs = await start(server_header="Apache-Coyote/1.1")
    answer = await wcs.server.handle("POST", "/rest-api/push/find_all", {}, b"")
    assert answer.headers["Server"] == "Apache-Coyote/1.1"


async def test_counts_in_text_and_in_json(autojump_clock, wcs):
    await wcs.publish("name")
    await wcs.server.client("viewer").play("name")
    await wcs.push()
    page = await wcs.server.handle("GET", "/?action=stat&groups=connections_stats", {}, b"")
    assert page.body == (
        b"-----Connection Stats-----\nconnections=2\nconnections_rtmfp=0\nconnections_websocket=2\n"
    )
    page = await wcs.server.handle("GET", "/?action=stat&format=json", {}, b"")
    groups = orjson.loads(page.body)
    assert groups["streams_stats"] == {
        "streams_webrtc_in": 1,
        "streams_webrtc_out": 1,
        "streams_rtmp_in": 0,
        "streams_rtmp_out": 1,
        "streams_rtsp_in": 0,
        "streams_rtsp_out": 0,
        "streams_viewers": "name/1",
    }
    assert groups["port_stats"]["ports_wcs_agents_busy"] == 1
    assert b"-----Port Info-----" in (await wcs.server.handle("GET", "/?action=stat", {}, b"")).body
