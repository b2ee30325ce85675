"""/pull, /pull/rtmp and /rtsp: streams from and to elsewhere (rest-api.md sections 4 to 6)."""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

URI: Final = takes("uri!")
TAKEN: Final = {409: "fetches that uri already"}
CONNECTED: Final = {409: "there is one with that uri and these names already"}

METHODS: Final = (
    Method(
        "/pull/rtmp/pull",
        "fetch a stream from an RTMP server",
        takes("uri! localStreamName record:flag hasAudio:flag hasVideo:flag"),
        TAKEN,
    ),
    Method("/pull/rtmp/find_all", "all that is fetched by RTMP", (), NONE, is_reading=True),
    Method("/pull/rtmp/terminate", "end fetching a uri by RTMP", URI, UNKNOWN),
    Method("/rtsp/startup", "fetch a stream from a camera", takes("uri! toStream"), TAKEN),
    Method("/rtsp/find", "cameras that fit", takes("uri status"), NONE, is_reading=True),
    Method("/rtsp/find_all", "all that is fetched by RTSP", (), NONE, is_reading=True),
    Method("/rtsp/terminate", "end fetching a uri by RTSP", takes("uri! status"), UNKNOWN),
    Method(
        "/pull/pull",
        "fetch a stream from another WCS (ws:// or wss://)",
        takes("uri! localStreamName! remoteStreamName!"),
        CONNECTED,
    ),
    Method(
        "/pull/push",
        "send a stream to another WCS (ws:// or wss://)",
        takes("uri! localStreamName! remoteStreamName! localMediaSessionId"),
        CONNECTED,
        sends_to="uri",
    ),
    Method("/pull/find_all", "all pulls from and pushes to other WCS", (), NONE, is_reading=True),
    Method(
        "/pull/terminate",
        "end the pulls and pushes that fit",
        takes(
            "uri localMediaSessionId remoteMediaSessionId localStreamName remoteStreamName status"
        ),
        {404: "none fits"},
        ends_all="every pull from and push to another WCS",
    ),
)
