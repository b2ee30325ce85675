"""All faults at once for hours: the node goes on, and its journal tells exactly what exists."""

from contextlib import suppress
from random import Random

import orjson
import pytest
import trio

from orchestrator.emulator.agent import Sort
from orchestrator.emulator.faults import Faults
from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.options import NodeOptions, applications_at
from orchestrator.emulator.settings import NameTaken, Settings, Unpublished

EVERYTHING = Faults(
    hooks_lost=0.2,
    hooks_doubled=0.2,
    hooks_copies=4,
    hooks_delayed=0.2,
    hooks_late_s=600,
    hooks_reordered=0.2,
    hooks_lying=0.1,
    rest_fails=0.1,
    rest_hangs=0.05,
    rest_lost=0.1,
    rest_truncated=0.1,
    rest_html=0.1,
    rest_reshaped=0.5,
    rest_delayed=0.2,
    rest_late_s=30,
    transponder_life_s=300,
)

PLAYED = {
    *("hook lost", "hook doubled", "hook delayed", "hook reordered", "hook lying"),
    *("call fails", "call hangs", "answer lost", "answer delayed", "answer html"),
    *("answer truncated", "listing reshaped", "transponder vanished"),
}
"""The scheduler of trio has no seed, so rates are such that each is played a dozen times."""


def told_to_exist(journal):
    """Return what exists by the journal alone: by sort and id, with what was last told of it."""
    existing = {}
    for one in journal.after(kind="effect"):
        sort, _, verb = one.what.partition(" ")
        if verb == "went":
            del existing[sort, one.object]
        else:
            assert ((sort, one.object) in existing) is (verb == "changed")
            existing[sort, one.object] = one.detail
    return existing


def existing_now(objects):
    things = [one for of_it in objects.kept.values() for one in of_it.values()]
    return {(one.sort, one.id): one.detail() for one in things}


@pytest.mark.parametrize("seed", range(3))
async def test_the_journal_alone_tells_what_exists(autojump_clock, start, journal, seed):
    random = Random(seed)
    options = NodeOptions(
        "wcs1",
        seed=seed,
        settings=Settings(keep_alive_streaming_sessions_enabled=True),
        faults=EVERYTHING,
        applications=applications_at("http://o"),
        publishers=("a", "b"),
        come_and_go=3,
    )
    wcs = await start(options)
    for step in range(500):
        await trio.sleep(random.uniform(0, 30))
        ids = [*wcs.server.objects.transponders, "unknown"]
        key = {"mediaSessionId": random.choice(ids)}
        url = f"rtmp://t{random.randint(1, 3)}/live"
        path, body = random.choice(
            [
                ("push/startup", {"streamName": random.choice("abc"), "rtmpUrl": url}),
                ("push/terminate", key),
                ("push/mute", key),
                ("push/find_all", {}),
                ("stream/terminate", {"name": "a"}),
            ]
        )
        with trio.move_on_after(40), suppress(Broken, Refused):
            await wcs.server.handle("POST", f"/rest-api/{path}", {}, orjson.dumps(body))
        if random.random() < 0.01:
            wcs.server.restart(down_s=random.choice((0, 20)))
        if step % 50 == 49:
            assert told_to_exist(journal) == existing_now(wcs.server.objects)
    played = {one.what for one in journal.after(kind="fault")}
    assert played == PLAYED
    starts = [one for one in journal.after(kind="rest") if one.what == "/push/startup"]
    answers = [one.call for one in journal.after(kind="answer")]
    assert {one.number for one in starts} <= set(answers)


SOME_FAIL = Faults(
    agents_refused=0.1,
    agents_fail=0.1,
    agents_odd=0.1,
    agent_life_s=200,
    transponder_life_s=300,
    recording_life_s=300,
    listings_hidden=3,
)


def drawn(random):
    """Return one call to any group, on few names so that they meet."""
    name, other = random.choice("abcde"), random.choice("abcde")
    two = {"localStreamName": name, "remoteStreamName": other}
    mixer, number = {"uri": f"mixer://{random.choice('mn')}"}, random.randint(1, 3)
    return random.choice(
        [
            ("pull/rtmp/pull", {"uri": f"rtmp://s/{number}", "localStreamName": name}),
            ("pull/rtmp/terminate", {"uri": f"rtmp://s/{number}"}),
            ("pull/pull", {"uri": "ws://o:8080", **two}),
            ("pull/push", {"uri": "ws://o:8080", **two}),
            ("pull/terminate", {"localStreamName": name}),
            ("rtsp/startup", {"uri": f"rtsp://c/{number}", "toStream": name}),
            ("rtsp/terminate", {"uri": f"rtsp://c/{number}"}),
            ("transcoder/startup", {"uri": f"transcoder://{number}", **two}),
            ("transcoder/terminate", {"remoteStreamName": name}),
            ("vod/startup", {"uri": f"vod-live://{number}.mp4", "localStreamName": name}),
            ("vod/terminate", {"localStreamName": name}),
            ("mixer/startup", mixer | {"localStreamName": name}),
            ("mixer/add", mixer | {"remoteStreamName": name}),
            ("mixer/remove", mixer | {"remoteStreamName": name}),
            ("mixer/terminate", mixer),
            ("stream/inject/startup", two),
            ("stream/inject/terminate", two),
            ("stream/terminate", {"name": name}),
            ("push/startup", {"streamName": name, "rtmpUrl": f"rtmp://t/{number}"}),
            ("hls/startup", {"name": name}),
            ("hls/terminate", {"name": name}),
            ("multipleRecorder/startup", {"uri": "multi-recorder://r"}),
            (
                "call/startup",
                {"callId": f"c{number}", "callee": "1", "sipLogin": "2", "sipDomain": "d"}
                | {"toStream": name},
            ),
            ("call/terminate", {"callId": f"c{number}"}),
        ]
    )


@pytest.mark.parametrize("seed", range(5))
async def test_the_journal_alone_tells_what_exists_of_everything(
    autojump_clock, start, journal, seed
):
    random = Random(seed)
    settings = Settings(
        source_missing=random.choice(tuple(Unpublished)),
        name_taken=random.choice(tuple(NameTaken)),
        agent_lingers_s=random.choice((0.0, 3.0)),
        agent_ends_with_stream=random.random() < 0.5,
        rtsp_idle_s=60.0,
        rtmp_push_restore=True,
        callees={"1": random.choice(("BUSY", "RING", "ESTABLISHED"))},
    )
    options = NodeOptions("wcs1", seed=seed, settings=settings, publishers=("a", "anna#room"))
    wcs = await start(options)
    wcs.server.node.turn(SOME_FAIL)
    for step in range(1500):
        await trio.sleep(random.choice((0, 0.1, 1, 10)))
        path, body = drawn(random)
        answer = await wcs.server.handle("POST", f"/rest-api/{path}", {}, orjson.dumps(body))
        assert answer.status in {200, 400, 404, 409, 500}
        if random.random() < 0.005:
            wcs.server.restart(down_s=0)
        if random.random() < 0.01:
            unreachable = random.choice(((), ("rtmp://s/1", "rtsp://")))
            wcs.fail(unreachable=unreachable, streams_frozen=frozenset(unreachable[:1]))
        if step % 50 == 49:
            assert told_to_exist(journal) == existing_now(wcs.server.objects)
    came = {one.what for one in journal.after(kind="effect") if one.what.endswith("came")}
    agents = {f"{kind.value} came" for kind in Sort} - {"transcoder came"}
    assert agents | {"call came", "injection came", "hls came"} <= came


async def test_what_hangs_on_nothing_is_gone_in_the_end(autojump_clock, start, journal):
    wcs = await start()
    random = Random(7)
    for _ in range(500):
        await trio.sleep(random.choice((0, 0.1, 1)))
        path, body = drawn(random)
        await wcs.server.handle("POST", f"/rest-api/{path}", {}, orjson.dumps(body))
    for kind in ("agent", "call"):
        for cls, things in wcs.server.objects.kept.items():
            for one in tuple(things.values()) if cls.plural == f"{kind}s" else ():
                wcs.server.media.vanish(one)
    await trio.sleep(700)
    left = {one.sort for things in wcs.server.objects.kept.values() for one in things.values()}
    assert left <= {"multi-recording", "transponder"}
    assert all(one.fed_by == "" for one in wcs.server.objects.transponders.values())
