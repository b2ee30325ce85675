"""/stream: what is published, what is shown in its place, and HLS (rest-api.md section 7)."""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

FILTER: Final = "name mediaSessionId status published:flag"
COVERED: Final = {400: "bad field", 404: "no such stream", 409: "that stream is covered already"}

METHODS: Final = (
    Method("/stream/find_all", "all streams and all who play them", (), NONE, is_reading=True),
    Method(
        "/stream/find",
        'streams that fit; display=["metrics"] adds measurements',
        takes(f"{FILTER} hasAudio:flag hasVideo:flag sessionId display:list"),
        {404: "none", 500: "bad query"},
        is_reading=True,
    ),
    Method(
        "/stream/terminate",
        "end the streams that fit",
        takes(f"{FILTER} mediaSessionIds:list sessionId"),
        {404: "none fits"},
        ends_all="every stream of the node",
    ),
    Method(
        "/stream/snapshot",
        "a picture of a stream, PNG in Base64; --output FILE writes it decoded",
        takes("streamName!"),
        UNKNOWN,
        is_reading=True,
    ),
    Method(
        "/stream/event/send",
        "send an event to all who play a stream",
        takes("streamName! payload!:object"),
        UNKNOWN,
    ),
    Method(
        "/stream/inject/startup",
        "show a stream, or a vod-live:// file, in the place of another one",
        takes("localStreamName! remoteStreamName!"),
        COVERED,
    ),
    Method("/stream/inject/find_all", "all injections", (), NONE, is_reading=True),
    Method(
        "/stream/inject/terminate",
        "show a stream itself again",
        takes("localStreamName!"),
        {400: "bad field", 404: "not covered"},
    ),
    Method(
        "/stream/inject3/startup",
        "show files in the place of a stream (5.3)",
        takes("localStreamName! resources!:list"),
        COVERED,
    ),
    Method("/hls/startup", "offer a stream by HLS", takes("name!"), UNKNOWN),
    Method(
        "/hls/terminate", "end a stream's HLS, until somebody watches it", takes("name!"), UNKNOWN
    ),
    Method("/hls/find_all", "all streams that HLS offers", (), NONE, is_reading=True),
)
