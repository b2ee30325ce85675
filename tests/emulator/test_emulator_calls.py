"""The group /call: what comes of calling somebody, and what a call publishes."""

import pytest
import trio

from orchestrator.emulator.settings import Generation, Unpublished

BODY = {
    "callId": "c1",
    "callee": "1001",
    "hasAudio": "true",
    "hasVideo": "false",
    "sipLogin": "100",
    "sipDomain": "sip.lan",
    "sipPassword": "canary",
    "sipPort": "5060",
    "sipRegisterRequired": "false",
    "visibleName": "Anna",
}
C1 = {"callId": "c1"}


async def call(wcs, **more):
    return (await wcs.call("/call/startup", BODY | more))[0]


async def status_of(wcs, **key):
    status, found = await wcs.call("/call/find", C1 | key)
    return "" if status == 404 else found[0]["status"]


async def test_is_answered_step_by_step(autojump_clock, wcs):
    assert await wcs.call("/call/startup", BODY) == (200, b"")
    seen = []
    for _ in range(4):
        seen.append(await status_of(wcs))
        await trio.sleep(0.51)
    assert seen == ["PENDING", "TRYING", "RING", "ESTABLISHED"]
    told = [(one["callId"], one["status"]) for one in wcs.backend.bodies("CallStatusEvent")]
    assert told == [("c1", "TRYING"), ("c1", "RING"), ("c1", "ESTABLISHED")]
    assert (await wcs.call("/call/find", {"status": "ESTABLISHED", "callee": "1001"}))[0] == 200
    assert (await wcs.call("/call/find", {"status": "RING"}))[0] == 404
    assert (await wcs.call("/call/find", {"rtmpUrl": "rtmp://x"}))[0] == 404


async def test_is_listed_mostly_null(autojump_clock, start):
    wcs = await start(generation=Generation.Y2021, call_answers_object=True)
    assert await wcs.call("/call/startup", BODY) == (200, {})
    await trio.sleep(2)
    _, [found] = await wcs.call("/call/find_all", {})
    assert len(found.pop("sessionId")) == 36
    null = (
        *("nodeId", "parentCallId", "rtmpUrl", "rtmpStream", "streamName", "rtmpStreamStatus"),
        *("sdp", "inviteParameters", "sipMessageRaw", "target"),
    )
    assert found == dict.fromkeys(null) | {
        "custom": {},
        "appKey": "defaultApp",
        "callId": "c1",
        "incoming": False,
        "status": "ESTABLISHED",
        "sipStatus": 200,
        "caller": "100",
        "callee": "1001",
        "hasAudio": True,
        "hasVideo": False,
        "visibleName": "Anna",
        "mediaProvider": "Flash",
        "isMsrp": False,
        "holdForTransfer": False,
    }


@pytest.mark.parametrize(("outcome", "sip"), [("BUSY", 486), ("FAILED", 404)])
async def test_may_come_to_nothing(autojump_clock, start, outcome, sip):
    wcs = await start(callees={"1001": outcome})
    await call(wcs)
    await trio.sleep(1.51)
    _, [found] = await wcs.call("/call/find_all")
    assert (found["status"], found["sipStatus"]) == (outcome, sip)
    assert (await wcs.call("/call/terminate", C1))[0] == 404
    await trio.sleep(0.5)
    assert (await wcs.call("/call/find_all"))[0] == 404


async def test_may_ring_until_it_is_given_up(autojump_clock, start):
    wcs = await start(callees={"1001": "RING"})
    await call(wcs)
    await trio.sleep(60)
    assert await status_of(wcs) == "RING"
    await trio.sleep(1.1)
    assert await status_of(wcs) == "FAILED"
    await trio.sleep(1)
    assert await status_of(wcs) == ""
    assert wcs.backend.bodies("CallStatusEvent")[-1]["sipStatus"] == 408


async def test_is_hung_up_and_vanishes(autojump_clock, wcs):
    await call(wcs)
    await trio.sleep(2)
    assert await wcs.call("/call/terminate", C1) == (200, b"")
    await trio.sleep(0.3)
    assert await status_of(wcs) == "FINISH"
    await trio.sleep(0.5)
    assert await status_of(wcs) == ""
    assert (await wcs.call("/call/terminate", C1))[0] == 404


async def test_two_keys_make_a_second_one_a_conflict(autojump_clock, wcs):
    rtmp = {"rtmpUrl": "rtmp://t/live", "rtmpStream": "s"}
    assert await call(wcs, **rtmp) == 200
    assert await call(wcs) == 409
    assert await call(wcs, callId="c2", **rtmp) == 409
    assert await call(wcs, callId="c3", **rtmp | {"rtmpStream": "s2"}) == 200
    wcs.turn(rtmp_url_makes_call_409=True)
    assert await call(wcs, callId="c4", **rtmp | {"rtmpStream": "s3"}) == 409
    await trio.sleep(2)
    _, [found] = await wcs.call("/call/find", C1)
    assert (found["rtmpStream"], found["rtmpStreamStatus"]) == ("s", "PUBLISHING")


@pytest.mark.parametrize(
    "wrong", ["callId", "callee", "sipLogin", "sipDomain", "sipPort", "sipRegisterRequired"]
)
async def test_needs_whom_and_whence(autojump_clock, wcs, wrong):
    assert await call(wcs, **{wrong: "x" if wrong == "sipPort" else ""}) == 500
    assert (await wcs.call("/call/find_all"))[0] == 404


async def test_publishes_what_is_heard_and_reserves_the_name_before(autojump_clock, start):
    wcs = await start(unpublished=Unpublished.ERROR)
    assert await call(wcs, toStream="reporter", hasVideo=True) == 200
    assert (await wcs.push("reporter"))[0] == 200
    assert (await wcs.push("other"))[0] == 500
    assert await call(wcs, callId="c2", toStream="reporter") == 409
    await trio.sleep(2)
    assert await wcs.names() == {"reporter": "SIP"}
    assert (await wcs.call("/push/find_all"))[1][0]["width"] == 640
    await wcs.call("/call/terminate", C1)
    await trio.sleep(0.5)
    assert await wcs.names() == {}
    await trio.sleep(1)
    assert (await wcs.call("/push/find_all"))[0] == 404


async def test_hooks_tell_of_what_it_publishes_where_the_build_does(autojump_clock, start):
    wcs = await start(hooked_agents=frozenset({"call"}))
    await call(wcs, toStream="reporter")
    await trio.sleep(2)
    assert ("StreamStatusEvent", "PUBLISHING") in wcs.backend.told()


async def test_goes_on_without_a_stream_that_was_ended(autojump_clock, wcs):
    await call(wcs, toStream="reporter")
    await trio.sleep(2)
    await wcs.call("/stream/terminate", {"name": "reporter"})
    await trio.sleep(1)
    assert (await status_of(wcs), await wcs.names()) == ("ESTABLISHED", {})


async def test_takes_keys_and_sounds_and_streams(autojump_clock, wcs):
    stream = await wcs.publish("music")
    await call(wcs)

    async def answer(verb, **more):
        return (await wcs.call(f"/call/{verb}", C1 | more))[0]

    def now():
        told = wcs.server.objects.kept
        [one] = next(things for kind, things in told.items() if kind.plural == "calls").values()
        return one.detail()["dtmf"], one.detail()["injected"]

    assert await answer("send_dtmf", dtmf="1", type="RFC2833") == 500
    await trio.sleep(2)
    assert [await answer("send_dtmf", dtmf=one) for one in "12"] == [200, 200]
    assert await answer("inject_sound", fileName="sample.wav") == 200
    assert now() == ("12", "sample.wav")
    assert await answer("inject_stream", streamName="music") == 200
    assert now() == ("12", stream.media_session_id)
    assert await answer("inject_stream/terminate") == 200
    assert now() == ("12", "")
    assert await answer("inject_stream/startup", streamName="music") == 200
    wcs.server.clients["music"].drop()
    assert now() == ("12", "")
    assert await answer("inject_stream", streamName="absent") == 404
    assert await answer("inject_sound", fileName="absent.wav") == 404
    for verb in ("send_dtmf", "inject_stream", "inject_sound", "inject_stream/terminate"):
        assert await answer(verb, callId="x") == 404


async def test_meets_the_faults_of_agents(autojump_clock, wcs):
    wcs.fail(agents_refused=1, agent_sorts=("call",))
    assert await call(wcs) == 500
    wcs.fail(agents_refused=0, agents_fail=1)
    assert await call(wcs) == 200
    await trio.sleep(0.5)
    assert await status_of(wcs) == "FAILED"
    await trio.sleep(1)
    wcs.fail(agents_fail=0, agent_life_s=60)
    assert await call(wcs) == 200
    await trio.sleep(3600)
    assert await status_of(wcs) == ""
    faults = [one.what for one in wcs.entries("fault")]
    assert faults == ["call refused", "call vanished", "call vanished"]
    words = [one.detail["status"] for one in wcs.entries("effect") if one.what == "call went"]
    assert words == ["FAILED", "FINISH"]
