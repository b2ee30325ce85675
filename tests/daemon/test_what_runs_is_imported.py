"""What strangers made is written as state, taken as it is, and let go as it is."""

import pytest
import trio
from attrs import evolve

from orchestrator.core.kind import LeftOut
from orchestrator.emulator.calls import SipCall
from orchestrator.emulator.control import CLIENT
from orchestrator.emulator.settings import Generation
from orchestrator.errors import NodeUnreachable
from tests.daemon.importing import FILE, KEY, looked, objects, settings, taken
from tests.stage import staged


async def crowd(stage, count):
    """Let strangers make so many of each of ten sorts of things; return how many that is."""
    server = stage.servers["wcs1"]
    media = []
    for number in range(count):
        stream = await server.client(f"p{number}").publish(f"s{number}")
        media.append(stream.media_session_id)
    for number, id_ in enumerate(media):
        name = f"s{number}"
        for path, body in (
            ("/push/startup", {"streamName": name, "rtmpUrl": f"rtmp://a.lan/live/{KEY}{number}"}),
            ("/pull/rtmp/pull", {"uri": f"rtmp://b.lan/in/{number}", "localStreamName": f"r{name}",
                                 "hasAudio": number % 2 == 0}),
            ("/rtsp/startup", {"uri": f"rtsp://u:{KEY}@10.0.0.{number}/m", "toStream": f"c{name}"}),
            ("/pull/pull", {"uri": "wss://far.lan:8443", "localStreamName": f"w{name}",
                            "remoteStreamName": name}),
            ("/pull/push", {"uri": "wss://far.lan:8443", "localStreamName": name,
                            "remoteStreamName": f"x{name}"}),
            ("/mixer/startup", {"uri": f"mixer://m{number}", "localStreamName": f"m{name}",
                                "mixerVideoWidth": 640, "watermark": "w.png"}),
            ("/mixer/add", {"uri": f"mixer://m{number}", "remoteStreamName": name}),
            ("/transcoder/startup", {"uri": f"transcoder://t{number}", "remoteStreamName": name,
                                     "localStreamName": f"t{name}", "encoder": {"width": 640}}),
            ("/vod/startup", {"uri": "vod-live://a.mp4", "localStreamName": f"v{name}",
                              "loop": number % 2 == 0}),
            ("/call/startup", {"callId": f"call/{number}", "callee": "1001", "sipLogin": "100",
                               "sipDomain": "sip.lan", "sipPassword": KEY}),
            ("/stream/inject/startup", {"localStreamName": name,
                                        "remoteStreamName": "vod-live://ad.mp4"}),
            ("/recorder/startup", {"mediaSessionId": id_}),
        ):  # fmt: skip
            await server.foreign(path, body)
    await trio.sleep(60)
    return 11 * count


@pytest.mark.parametrize(
    "wcs",
    [
        settings(),
        settings(media_sessions_are_objects=True, booleans_as_strings=True),
        settings(Generation.Y2021),
    ],
    ids=["new", "odd", "old"],
)
async def test_a_crowd_of_strangers_is_adopted_and_let_go_without_a_call(
    autojump_clock, tmp_path, wcs
):
    count = 20 if wcs == settings() else 2
    async with staged(wcs_settings=wcs) as stage:
        stage.write("{}", FILE)
        await stage.start()
        made = await crowd(stage, count)
        there, mark = objects(stage), stage.journal.written
        text, secrets = await taken(stage, tmp_path)
        assert (KEY in text, secrets) == (False, 3 * count)
        assert await taken(stage, tmp_path) == (text, secrets)
        stage.write(text, FILE)
        assert (await stage.load()).faults == ()
        await trio.sleep(90)
        _, rows = await stage.ask("GET", "/api/v1/resources")
        assert len(rows) == made
        assert {(row["phase"], row["adopted"]) for row in rows} == {("Ready", True)}
        assert (await stage.ask("GET", "/api/v1/plan"))[1]["actions"] == []
        assert await looked(stage) == ()
        stage.write("{}", FILE)
        assert (await stage.load()).holds == ()
        await trio.sleep(300)
        assert (stage.mutations(after=mark), objects(stage)) == ([], there)
        assert (await stage.ask("GET", "/api/v1/resources"))[1] == []
        assert await taken(stage, tmp_path) == (text, secrets)


REASONS = {
    ("pull", "rtmp://far.lan/live/…"): (
        "WCS fetches what is called by its address for those who play it"
    ),
    ("vod", "vod://a.mp4"): "WCS publishes what is called by its address for those who play it",
    ("call", "incoming"): "it comes in: somebody called the node",
    ("mixer", "mixer://room"): "WCS made it for a room: its inputs are called user#room",
    ("transponder", "rtmp_a${b} rtmp://a.lan/live"): (
        "a text in it has control characters or “${”, which no document takes"
    ),
    ("transponder", "rtmp_show rtmp://a.lan/live"): (
        "it plays a sound, and the node does not list which file"
    ),
    ("transponder", "y rtmp://a.lan/live"): (
        "it has the same target as transponder/y-a.lan, as far as the list tells"
    ),
    ("webrtcPush", "wss://gone.lan:8443 show show"): (
        "it does not run, so nothing tells whether it is a pull or a push"
    ),
}


async def test_what_nobody_asked_for_is_left_out_and_says_why(autojump_clock, tmp_path):
    async with staged(wcs_settings=settings(start_s=60.0)) as stage:
        server = stage.servers["wcs1"]
        await stage.start()
        for name in ("user#room", "show", "a${b}"):
            await server.client(name).publish(name)
        await server.client("player").play(f"rtmp://far.lan/live/{KEY}")
        server.media.calls.start(
            SipCall(id="incoming", caller="1002", callee="1001", incoming=True), CLIENT
        )
        url = "rtmp://a.lan/live"
        sound = {"action": "sound_on", "soundFile": "sound.wav"}
        for path, body in (
            ("/push/startup", {"streamName": "show", "rtmpUrl": url, "options": sound}),
            ("/push/startup", {"streamName": "a${b}", "rtmpUrl": url}),
            ("/vod/startup", {"uri": "vod-live://a.mp4", "localStreamName": "vod://a.mp4"}),
            ("/pull/push", {"uri": "wss://gone.lan:8443", "localStreamName": "show",
                            "remoteStreamName": "show"}),
        ):  # fmt: skip
            await server.foreign(path, body)
        for name in ("y", "z"):
            await server.foreign("/push/startup", {"streamName": name, "rtmpUrl": url})
        server.transponder("z").stream_name = "y"  # its prefix was another one
        await trio.sleep(5)
        rows = await looked(stage)
        left_out = {
            (row.kind, row.name): row.found.reason for row in rows if isinstance(row.found, LeftOut)
        }
        assert left_out == REASONS
        text, _ = await taken(stage, tmp_path)
        assert KEY not in text
        said = [f"#   {kind} {name}: {reason}" for (kind, name), reason in REASONS.items()]
        assert [line for line in text.splitlines() if line.startswith("#   ")] == said


async def test_where_a_list_cannot_be_read_nothing_is_imported(autojump_clock):
    async with staged() as stage:
        await stage.start()
        node = stage.servers["wcs1"].node
        node.turn(evolve(node.faults, rest_fails=1.0, rest_groups=("/mixer/",)))
        with pytest.raises(NodeUnreachable, match="/mixer/find_all: status 500"):
            await looked(stage)


async def test_names_are_unique_beside_what_is_declared(autojump_clock):
    async with staged() as stage:
        server, url = stage.servers["wcs1"], "rtmp://a.lan"
        await stage.start()
        await server.client("p").publish("show")
        stage.transponder("show-a.lan", "show", f"{url}/ours")
        await stage.load()
        for name in ("live", "copy"):
            body = {"streamName": "show", "rtmpUrl": f"{url}/{name}"}
            await server.foreign("/push/startup", body)
        await trio.sleep(10)
        assert [(row.name, row.found.spec.rtmp_url) for row in await looked(stage)] == [
            ("show-a.lan-2", f"{url}/copy"),
            ("show-a.lan-3", f"{url}/live"),
        ]
