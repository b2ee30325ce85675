"""The groups /connection, /data, /logger, /cdn and /api: what is not media."""

import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.things import Provider


async def test_finds_clients_by_their_version(autojump_clock, wcs):
    await wcs.publish("a")
    await wcs.publish("b", Provider.RTMP)
    _, [found] = await wcs.call("/connection/find", {"clientVersion": "2.0"})
    assert found["appKey"] == "defaultApp"
    assert (await wcs.call("/connection/find", {"clientVersion": "1.0"}))[0] == 404


async def test_turns_the_log_of_a_client_up_and_off(autojump_clock, wcs):
    stream = await wcs.publish("a")
    key = {"sessionId": stream.connection.session_id}
    levels = []
    for path in (
        "logger/enable_client_log",
        "logger/disable_client_log",
        "connection/set_log_level",
    ):
        assert await wcs.call(f"/{path}", key | {"logLevel": "DEBUG"}) == (200, b"")
        levels.append(wcs.entries("effect")[-1].detail["logLevel"])
        assert (await wcs.call(f"/{path}", {"sessionId": "x"}))[0] == 404
    assert levels == ["DEBUG", "", "DEBUG"]


async def test_sends_data_to_one_client_or_several(autojump_clock, wcs):
    ids = [(await wcs.publish(name)).connection.session_id for name in "ab"]
    body = {"operationId": "o", "payload": {"count": 23}}
    assert await wcs.call("/data/send", body | {"sessionId": ids[0]}) == (200, b"")
    assert await wcs.call("/data/send", body | {"sessionIds": ids}) == (200, b"")
    assert (await wcs.call("/data/send", body | {"sessionIds": [ids[0], "x"]}))[0] == 500
    assert (await wcs.call("/data/send", body))[0] == 500
    await wait_all_tasks_blocked()
    told = wcs.backend.bodies("OnDataEvent")
    assert sorted(one["sessionId"] for one in told) == sorted([ids[0], *ids])
    common = {"nodeId": wcs.server.node.id, "appKey": "defaultApp"}
    assert told[0] == common | body | {"sessionId": told[0]["sessionId"]}


async def test_shows_routes_as_objects_and_states_as_text(autojump_clock, wcs):
    assert await wcs.call("/cdn/show_routes", method="GET") == (200, {})
    assert await wcs.call("/cdn/show_state", method="GET") == (200, b"PASSIVE\n")
    routes = {"1-origin-2": "a", "2-origin-1": "a"}
    wcs.turn(cdn_routes=routes, cdn_nodes=frozenset({"edge", "origin"}))
    await wcs.publish("a")
    assert await wcs.call("/cdn/show_routes") == (200, routes)
    assert await wcs.call("/cdn/show_nodes") == (200, b"edge ACTIVE\norigin ACTIVE\n")
    assert await wcs.call("/cdn/show_state") == (200, b"ACTIVE\n")
    for path in ("/cdn/profile/print", "/cdn/show_redundant_transcodings"):
        assert await wcs.call(path, method="GET") == (200, b"\n")
    for path in ("/cdn/stream/show_routes", "/cdn/stream/show_stream_routes"):
        status, shown = await wcs.call(path, {"streamName": "a"})
        [[audio, video]] = shown.values()
        assert (status, list(shown), audio[:19], video[:30]) == (
            200,
            ["1-PROFILE-127.0.0.1"],
            "AudioStreamProfile{",
            "VideoStreamProfile{width=640, ",
        )
        assert await wcs.call(path, {"streamName": "b"}) == (200, {})


async def test_is_a_client_of_another_server_without_calling_anybody(autojump_clock, wcs):
    session = {"sipLogin": "7", "sipPassword": "canary", "urlServer": "wss://other:8443/"}
    assert (await wcs.call("/api/create-session", {"sipLogin": "7"}))[0] == 500
    assert await wcs.call("/api/create-session", session) == (200, b"")
    call = {"wcsCallAgentId": "7", "callId": "c", "callee": "8"}
    assert await wcs.call("/api/call", call) == (200, b"")
    _, [found] = await wcs.call("/api/find_all")
    assert (found["connection"]["urlServer"], found["calls"]) == (session["urlServer"], [call])
    assert "canary" not in str(found)
    assert [(await wcs.call("/api/hangup", call))[0] for _ in range(2)] == [200, 404]
    assert [(await wcs.call("/api/terminate", session))[0] for _ in range(2)] == [200, 404]
    assert (await wcs.call("/api/call", call))[0] == 404
    await trio.sleep(1)
    assert (await wcs.call("/api/find_all"))[0] == 404
