"""/transcoder, /transcoder2 and /vod: streams made on the node (rest-api.md sections 9 and 10)."""

from typing import Final

from orchestrator.web.methods.method import NONE, Method, takes

FILTER: Final = takes("uri remoteStreamName localStreamName status")
FILE: Final = takes("uri localStreamName status")


def _transcoders(group: str) -> tuple[Method, ...]:
    return (
        Method(
            f"/{group}/startup",
            f"transcode a stream ({group}://NAME)",
            takes(
                "uri! remoteStreamName! localStreamName! encoder:object hasAudio:flag "
                "hasVideo:flag record:flag"
            ),
            {400: "bad field", 409: "there is one with that uri already"},
        ),
        Method(f"/{group}/find", "transcoders that fit", FILTER, NONE, is_reading=True),
        Method(f"/{group}/find_all", "all transcoders", (), NONE, is_reading=True),
        Method(
            f"/{group}/terminate",
            "end the transcoders that fit, with what they publish",
            FILTER,
            {404: "none fits"},
            ends_all="every transcoder of the node",
        ),
        Method(
            f"/{group}/set_watermark",
            "set the watermark of a transcoder's picture",
            takes("uri! watermark!"),
            {400: "bad field", 404: "no such transcoder"},
            takes_more=True,
        ),
    )


METHODS: Final = (
    *_transcoders("transcoder"),
    *_transcoders("transcoder2"),
    Method(
        "/vod/startup",
        "publish a file of the node (vod-live://FILE)",
        takes("uri! localStreamName! loop:flag"),
        {404: "no such file", 409: "that stream is published already"},
    ),
    Method("/vod/find", "published files that fit", FILE, NONE, is_reading=True),
    Method("/vod/find_all", "all published files", (), NONE, is_reading=True),
    Method(
        "/vod/terminate",
        "end the published files that fit",
        FILE,
        {404: "none fits"},
        ends_all="every published file of the node",
    ),
)
