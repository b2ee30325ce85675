"""Every method that is documented has a place, and every group is asked by what it cannot take."""

import ast
from itertools import product
from pathlib import Path

import orjson
import pytest

from orchestrator.emulator import faults, settings
from orchestrator.emulator.rest import METHODS

GROUPS = {
    "call": "startup find_all find terminate send_dtmf inject_stream inject_sound",
    "rtsp": "find find_all terminate startup",
    "stream": "find_all find terminate snapshot startRecording stopRecording event/send",
    "stream/inject": "startup find_all terminate",
    "data": "send",
    "connection": "terminate find_all find set_log_level",
    "push": "startup find find_all terminate mute unmute sound_on sound_off",
    "pull/rtmp": "pull find_all terminate",
    "pull": "pull push find_all terminate",
    "mixer": (
        "startup add remove find_all terminate setAudioVideo set_parameter set_body_watermark "
        "set_stream_watermark set_stream_label set_stream_avatar remove_stream_avatar "
        "test/start test/stop test/get_start_example"
    ),
    "recorder": "startup find_all terminate",
    "multipleRecorder": "startup add remove find_all terminate",
    "hls": "startup find_all terminate",
    "api": "create-session find_all terminate call hangup",
    "logger": "enable_client_log disable_client_log",
    "cdn": "show_routes stream/show_routes stream/show_stream_routes",
    "transcoder": "startup find find_all terminate set_watermark",
    "transcoder2": "startup find",
    "vod": "startup find find_all terminate",
}


def test_every_documented_method_is_there():
    documented = {f"/{group}/{name}" for group, names in GROUPS.items() for name in names.split()}
    assert documented - set(METHODS) == set()


SCHEMES = {
    "pull": "ws",
    "pull/rtmp": "rtmp",
    "rtsp": "rtsp",
    "transcoder": "transcoder",
    "transcoder2": "transcoder2",
    "vod": "vod-live",
    "mixer": "mixer",
    "multipleRecorder": "multi-recorder",
}
NAMES = (
    *("localStreamName", "remoteStreamName", "streamName", "name", "toStream", "callId", "callee"),
    *("sipLogin", "sipDomain", "sipPort", "sessionId", "sessionIds", "mediaSessionIds", "loop"),
    *("published", "record", "hasAudio", "encoder", "options", "config", "resources", "streams"),
    *("audioLevel", "videoMuted", "mixerVideoWidth", "payload", "display", "urlServer", "uri"),
    *("rtmpUrl", "soundFile", "logLevel", "dtmf", "watermark", "appKey", "resources"),
)


@pytest.mark.parametrize("path", sorted(METHODS))
async def test_no_body_breaks_a_method(autojump_clock, wcs, path):
    stream = await wcs.publish("a")
    scheme = SCHEMES.get(path[1:].rpartition("/")[0], "x")
    good = dict.fromkeys(NAMES[:9], "a") | {
        "uri": f"{scheme}://y",
        "rtmpUrl": "rtmp://t/live",
        "mediaSessionId": stream.media_session_id,
        "sessionId": stream.connection.session_id,
        "urlServer": "wss://x",
    }
    for name, odd in product(NAMES, (1, [], {}, "x", True, None, [1], {"a": 1})):
        body = orjson.dumps(good | {name: odd})
        answer = await wcs.server.handle("POST", f"/rest-api{path}", {}, body)
        assert answer.status in {200, 400, 404, 409, 500}


@pytest.mark.parametrize("module", [settings, faults], ids=lambda module: module.__name__)
def test_every_switch_says_what_it_does(module):
    """By a docstring of its own, or by name in that of another."""
    source = Path(module.__file__).read_text()
    classes = {one.name: one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)}
    body = classes["Settings" if module is settings else "Faults"].body[1:]
    silent = [
        one.target.id
        for one, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(one, ast.AnnAssign) and not isinstance(after, ast.Expr)
    ]
    assert [name for name in silent if f"`{name}`" not in source] == []


async def test_recent_builds_have_a_third_version_with_jobs(autojump_clock, start):
    wcs = await start(has_v3=True)
    body = {"uri": "vod-live://sample.mp4", "localStreamName": "a"}
    wait = {"Prefer": "respond-async, wait=3"}
    status, job = await wcs.call("/v3/vod/startup", body, headers=wait)
    assert (status, list(job)) == (202, ["id"])
    assert (await wcs.call("/v3/vod/startup", body, headers=wait))[0] == 409
    assert (await wcs.call("/v3/vod/find_all"))[0] == (await wcs.call("/vod/find_all"))[0] == 200
    done = job | {"state": "DONE", "result": None}
    assert await wcs.call("/v3/jobs/find", job) == (200, [done])
    assert await wcs.call("/v3/jobs/find", {"id": "x"}) == (200, [])
    wcs.turn(has_v3=False)
    assert (await wcs.call("/v3/vod/find_all"))[0] == 404
