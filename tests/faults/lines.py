"""Lines of every kind, in variants: what a line is called says its kind and number, never more.

All that they read is published by clients and all that they make has a name of its own, so that no
line waits for another. Two variants of a line differ in what WCS changes in place, or in what it
cannot change.
"""

from functools import cache
from pathlib import Path

import orjson

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.mapping import Map
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.resource import FileReader
from orchestrator.shell.secrets import Vault

NODE = Node(Map(role="origin"), ws="wss://wcs1:8443")
VARIANTS = 3


def _rtmp_pull(number, variant):
    uri = f"rtmp://encoder{number}.lan/live"
    return {"uri": uri, "localStreamName": f"rtmp{number}-{variant}"}


def _rtsp_pull(number, variant):
    uri = f"rtsp://10.0.0.{number}/main"
    return {"uri": uri, "localStreamName": f"rtsp{number}-{variant}"}


def _far_pull(number, variant):
    far = {"uri": "wss://far.example:8443", "remoteStreamName": f"far{number}"}
    return {**far, "localStreamName": f"far{number}-{variant}"}


def _vod(number, variant):
    return {
        "uri": f"vod-live://clip{variant}.mp4", "localStreamName": f"film{number}", "loop": True,
    }  # fmt: skip


def _call(number, variant):
    return {"callee": "1001", "sipLogin": f"{number}-{variant}", "sipDomain": "sip.lan"}


def _mixer(number, variant):
    name, inputs = f"mix{number}-{variant // 2}", [_stream(number), _stream(number + 1)]
    width = {"mixerVideoWidth": 640 + 2 * (variant % 2)}
    return {"localStreamName": name, "inputs": inputs[: 1 + variant % 2], "parameters": width}


def _transcoder(number, variant):
    local = {"remoteStreamName": _stream(number), "localStreamName": f"small{number}"}
    return {**local, "encoder": {"width": 320 + 2 * variant}}


def _injection(number, variant):
    return {"localStreamName": _stream(number), "remoteStreamName": f"ad{variant}"}


def _transponder(number, variant):
    url = f"rtmp://target{number}.lan/live{variant // 2}"
    return {"streamName": _stream(number), "rtmpUrl": url, "muted": variant == 1}


def _push(number, variant):
    uri = f"wss://partner{number}.example:8443"
    return {"uri": uri, "localStreamName": _stream(number), "remoteStreamName": f"to{variant}"}


def _recording(number, variant):
    return {
        "streamName": _stream(number), "rotation": f"{variant + 9}M", "onChange": "replace",
    }  # fmt: skip


def _stream(number):
    return f"s{number}"


ADS = tuple(f"ad{variant}" for variant in range(VARIANTS))
FORMS = {
    "rtmp": ("pulls", _rtmp_pull),
    "rtsp": ("pulls", _rtsp_pull),
    "far": ("pulls", _far_pull),
    "vod": ("vods", _vod),
    "call": ("calls", _call),
    "mixer": ("mixers", _mixer),
    "transcoder": ("transcoders", _transcoder),
    "injection": ("injections", _injection),
    "transponder": ("transponders", _transponder),
    "push": ("webrtcPushes", _push),
    "recording": ("recordings", _recording),
}


def streams(count):
    """Return the names that clients have to publish for lines numbered below a count."""
    return (*map(_stream, range(count + 1)), *ADS)


def name_of(form, number):
    return f"{form}-{number}"


@cache
def line(form, number, variant):
    """Return a line as the documents declare it."""
    section, fields = FORMS[form]
    more = {"node": "wcs1", **fields(number, variant)}
    text = orjson.dumps({section: {name_of(form, number): more}})
    vault = Vault(b"k" * 32)
    configuration = Configuration(nodes=Map(wcs1=NODE))
    reader = FileReader(
        "state/a.yaml", Path("/nowhere"), configuration, vault, KINDS, vault.resolved
    )
    (claim,) = reader.claims(text)
    assert reader.faults.ordered == ()
    return claim.resource
