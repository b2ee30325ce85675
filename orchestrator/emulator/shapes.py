"""What objects look like on the wire, by generation of the build.

Old builds print what is not set as null, newer ones leave it out. Hooks and REST differ: a hook
names the node and tells what the client asked for (0 when it asked for nothing), REST tells what
was measured.
"""

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.emulator.settings import Generation
from orchestrator.emulator.things import Connection, Made, Provider, Stream, Transponder

SDP: Final = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
FPS: Final = 24
AAC: Final = "mpeg4-generic/48000/2"
CODECS: Final = {Provider.RTMP: (AAC, "H264"), Made.RTSP: (AAC, "H264"), Made.VOD: (AAC, "H264")}
"""Of audio and video; WebRTC and what the node makes have others (`_codecs`)."""


def identity(node_id: str, connection: Connection) -> dict[str, Any]:
    """Return the fields that begin every hook."""
    return {
        "nodeId": node_id,
        "appKey": connection.app_key,
        "sessionId": connection.session_id,
    }


def hook_stream(stream: Stream, node_id: str, generation: Generation) -> dict[str, Any]:
    """Return a stream as hooks show it."""
    body = identity(node_id, stream.connection) | _head(stream)
    body |= {"record": stream.record, "width": 0, "height": 0, "bitrate": 0}
    if generation is Generation.Y2017:
        body |= {"quality": 0}
    else:
        body |= _codecs(stream) | _requested(stream)
        if generation is Generation.Y2022:
            body |= {"audioState": {"muted": False}, "videoState": {"muted": False}}
    body["mediaProvider"] = stream.connection.provider.value
    if stream.info:
        body["info"] = stream.info
    if stream.custom:
        body["custom"] = dict(stream.custom)
    return body


def rest_stream(
    stream: Stream, generation: Generation, metrics_at_s: float | None = None
) -> dict[str, Any]:
    """Return a stream as /stream/find shows it, with its metrics at a moment if there is one."""
    connection = stream.connection
    keys = {"appKey": connection.app_key, "sessionId": connection.session_id}
    size = {"width": stream.width, "height": stream.height, "bitrate": 0}
    provider = {"mediaProvider": connection.provider.value}
    if generation is Generation.Y2017:
        return _stream_of_2017(stream, keys, size) | provider
    body = keys | _head(stream) | _codecs(stream) | {"record": stream.record} | size
    body |= _requested(stream)
    if generation is Generation.Y2022:
        body |= {"audioState": {"muted": False}, "videoState": {"muted": False}}
    body |= provider
    return body if metrics_at_s is None else body | {"metrics": _metrics(stream, metrics_at_s)}


def _stream_of_2017(
    stream: Stream, keys: Mapping[str, Any], size: Mapping[str, Any]
) -> dict[str, Any]:
    body = {"custom": dict(stream.custom), "nodeId": None} | dict(keys)
    body |= {"mediaSessionId": stream.media_session_id, "remoteMediaElementId": None}
    body |= {key: value for key, value in _head(stream).items() if key != "mediaSessionId"}
    body |= {"info": stream.info or None, "record": stream.record, "recordName": None} | dict(size)
    return body | {"quality": 0, "rtmpUrl": None, "streamInfo": None}


def _head(stream: Stream) -> dict[str, Any]:
    return {
        "mediaSessionId": stream.media_session_id,
        "name": stream.name,
        "published": stream.published,
        # An RTMP client that has only just begun has not shown its video yet.
        "hasVideo": stream.has_video and stream.status != "NEW",
        "hasAudio": stream.has_audio,
        "status": stream.status,
        "sdp": SDP,
    }


def _codecs(stream: Stream) -> dict[str, Any]:
    audio, video = CODECS.get(stream.connection.provider, ("opus", "H264"))
    return {"audioCodec": audio, "videoCodec": video}


def _requested(stream: Stream) -> dict[str, Any]:
    return {
        "minBitrate": 0,
        "maxBitrate": 0,
        "quality": 0,
        "history": False,
        "gop": 0,
        "fps": 0,
        "audioBitrate": 0,
        "codecImpl": "",
        "transport": "UDP",
        "cvoExtension": False,
        "createDate": stream.created_ms,
        "mediaType": "publish" if stream.published else "play",
    }


def _metrics(stream: Stream, at_s: float) -> dict[str, int]:
    """Return counters that grow as long as media flows, and rates that are 0 while it does not."""
    flowed_s, flows = stream.flow.seconds(at_s), stream.flow.runs
    key_frames, video, audio = int(flowed_s / 2), int(stream.has_video), int(stream.has_audio)
    return {
        "VIDEO_SYNC": round(flowed_s * 1000) * video,
        "VIDEO_K_FRAMES": key_frames * video,
        "VIDEO_P_FRAMES": (int(flowed_s * FPS) - key_frames) * video,
        "VIDEO_B_FRAMES": 0,
        "VIDEO_NACK": 0,
        "VIDEO_PLI": 0,
        "VIDEO_LOST": 0,
        "VIDEO_CODEC": 119 * video,
        "VIDEO_RATE": 1_200_000 * video * flows,
        "VIDEO_WIDTH": stream.width * video,
        "VIDEO_HEIGHT": stream.height * video,
        "VIDEO_FPS": FPS * video * flows,
        "VIDEO_GOP_SIZE": 2 * FPS * video,
        "AUDIO_SYNC": round(flowed_s * 1000) * audio,
        "AUDIO_RATE": 128_000 * audio * flows,
        "AUDIO_LOST": 0,
        "AUDIO_CODEC": 96 * audio,
    }


def hook_connection(connection: Connection, node_id: str, generation: Generation) -> dict[str, Any]:
    """Return a session as the connect hook shows it; RTMP clients say nothing of themselves."""
    body = identity(node_id, connection) | {
        "useWsTunnel": False,
        "useWsTunnelPacketization2": False,
        "useBase64BinaryEncoding": False,
    }
    newer = generation is not Generation.Y2017
    if newer:
        body |= {"keepAlive": False, "custom": dict(connection.custom)}
    if connection.provider is Provider.WEBRTC:
        body |= {
            "mediaProviders": ["WebRTC", "MSE", "WSPlayer"],
            "clientVersion": client_version(connection),
            "clientOSVersion": "5.0 (X11)",
            "clientBrowserVersion": "Mozilla/5.0 (X11; Linux x86_64)",
        }
        body |= {"origin": "https://localhost:8888"} if newer else {}
    return body


def client_version(connection: Connection) -> str:
    """Return what a client says of its own version; RTMP clients say nothing."""
    return "2.0" if connection.provider is Provider.WEBRTC else ""


def rest_connection(connection: Connection, generation: Generation) -> dict[str, Any]:
    """Return a session as /connection/find shows it; old builds show the SIP password in clear."""
    body: dict[str, Any] = {"appKey": connection.app_key, "sessionId": connection.session_id}
    if generation is not Generation.Y2017:
        return {"custom": dict(connection.custom)} | body
    sip = (
        *("sipLogin", "sipAuthenticationName", "sipPassword", "sipVisibleName", "sipDomain"),
        *("sipOutboundProxy", "sipPort", "sipContactParams"),
    )
    body = {"custom": dict(connection.custom), "nodeId": None} | body
    body |= {"sipRegisterRequired": False} | {name: connection.custom.get(name) for name in sip}
    body |= {"width": 0, "height": 0, "supportedResolutions": None, "useProxy": False}
    return body | {"useDTLS": True, "useWsTunnel": False}


def rest_transponder(transponder: Transponder) -> dict[str, Any]:
    """Return a transponder as /push shows it; all generations agree."""
    return {
        "mediaSessionId": transponder.media_session_id,
        "streamName": transponder.stream_name,
        "rtmpUrl": transponder.rtmp_url,
        "width": transponder.width,
        "height": transponder.height,
        "muted": transponder.muted,
        "soundEnabled": transponder.sound_enabled,
        "options": dict(transponder.options),
    }


def told(body: Mapping[str, Any], generation: Generation) -> dict[str, Any]:
    """Return a body as its generation prints it: recent builds leave out what is null."""
    if generation is not Generation.Y2022:
        return dict(body)
    return {key: value for key, value in body.items() if value is not None}
