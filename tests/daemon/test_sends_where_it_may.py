"""Nothing is sent where the configuration does not let it: by lines, rules, or calls."""

from orchestrator.core.destination import Destinations
from tests.daemon.ruled import publish, rows, ruled, status
from tests.stage import staged

ONLY = Destinations(allow=("*.example",), deny=("evil.example",))
EVIL = "nothing is sent to evil.example: `destinations` of the configuration denies it"
RULES = """rules:
  on:
    each: stream
    ensure:
      transponders:
        "t-${stream.name}": {streamName: "${stream.name}", rtmpUrl: "rtmp://${stream.name}/live"}
  once:
    upon: [publishStream]
    do:
      - call: /push/startup
        with: {streamName: "${hook.name}", rtmpUrl: "rtmp://${hook.name}/other"}
"""


async def test_a_line_that_sends_elsewhere_is_a_fault(autojump_clock):
    async with staged(destinations=ONLY) as stage:
        await stage.start()
        read = stage.read(
            "state/a.yaml",
            """transponders:
  bad: {node: wcs1, streamName: a, rtmpUrl: rtmp://evil.example/live}
  good: {node: wcs1, streamName: a, rtmpUrl: rtmp://good.example/live}
webrtcPushes:
  push: {node: wcs1, uri: "wss://far.lan:8443", localStreamName: a, remoteStreamName: b}
pulls:
  in: {node: wcs1, uri: "rtmp://evil.example/live/x", localStreamName: x}
""",
        )
        assert [str(fault) for fault in read.faults] == [
            f"state/a.yaml:2:8: {EVIL}",
            f"state/a.yaml:5:9: {EVIL.replace('evil.example', 'far.lan')[:-9]}allows others",
        ]


async def test_rules_send_nowhere_else(put, autojump_clock):
    async with ruled(put(RULES), destinations=ONLY) as stage:
        await publish(stage, "good.example")
        await publish(stage, "evil.example")
        targets = {url for _, url in stage.transponders()}
        assert targets == {"rtmp://good.example/live", "rtmp://good.example/other"}
        errors = [body["error"] for _, body in await rows(stage, "RuleFired")]
        assert errors == ["", EVIL]
        failing = (await status(stage))["failingRules"]
        assert [(one["rule"], one["message"]) for one in failing] == [("on", EVIL), ("once", EVIL)]


async def test_an_operator_calls_nowhere_else(autojump_clock):
    async with staged(destinations=ONLY) as stage:
        await stage.start()
        body = {"streamName": "a", "rtmpUrl": "rtmp://evil.example/live"}
        call = {"node": "wcs1", "method": "/push/startup", "body": body}
        assert await stage.ask("POST", "/control/v1/call", call) == (400, {"error": EVIL})
        assert stage.mutations() == []
