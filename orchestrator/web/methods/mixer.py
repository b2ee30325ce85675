"""/mixer: several streams in one (rest-api.md section 8).

Newer builds take any parameter of a mixer as a field, by its name in camel case. Which fields a
watermark has besides its file is not documented, so what is given goes out.
"""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

PARAMETERS: Final = (
    "mixerVideoWidth:number mixerVideoHeight:number mixerVideoFps:number "
    "mixerVideoBitrateKbps:number mixerLayoutDir"
)
INPUT: Final = takes("uri! remoteStreamName!")
NEITHER: Final = {404: "no such mixer, or no such stream"}
BAD: Final = {400: "bad field", **NEITHER}

METHODS: Final = (
    Method(
        "/mixer/startup",
        "begin a mixer (mixer://NAME)",
        takes(
            "uri! localStreamName! hasVideo:flag hasAudio:flag record:flag watermark background "
            f"mixerLayoutClass {PARAMETERS}"
        ),
        {400: "bad field", 409: "there is one with that uri already"},
        takes_more=True,
    ),
    Method(
        "/mixer/add",
        "add a stream to a mixer",
        takes(
            "uri! remoteStreamName! hasVideo:flag hasAudio:flag streamLabel avatar videoPositionId"
        ),
        NEITHER,
    ),
    Method("/mixer/remove", "take a stream out of a mixer", INPUT, NEITHER),
    Method("/mixer/find_all", "all mixers", (), NONE, is_reading=True),
    Method("/mixer/terminate", "end a mixer", takes("uri! localStreamName"), UNKNOWN),
    Method(
        "/mixer/setAudioVideo",
        "set level and picture of inputs, by their names or one regular expression",
        takes("uri! streams!:texts audioLevel:number videoMuted:flag"),
        BAD,
    ),
    Method(
        "/mixer/set_parameter",
        "set parameters of a running mixer",
        takes(f"uri! {PARAMETERS}"),
        {400: "bad field", 404: "no such mixer"},
        takes_more=True,
    ),
    Method(
        "/mixer/set_body_watermark",
        "set the watermark of a mixer's picture",
        takes("uri! watermark!"),
        {400: "bad field", 404: "no such mixer"},
        takes_more=True,
    ),
    Method(
        "/mixer/set_stream_watermark",
        "set the watermark of an input",
        takes("uri! remoteStreamName! watermark!"),
        BAD,
        takes_more=True,
    ),
    Method(
        "/mixer/set_stream_label",
        "set the label of an input",
        takes("uri! remoteStreamName! streamLabel!"),
        NEITHER,
    ),
    Method(
        "/mixer/set_stream_avatar",
        "set the picture that an input without video has",
        takes("uri! remoteStreamName! avatar!"),
        BAD,
    ),
    Method("/mixer/remove_stream_avatar", "remove that picture", INPUT, NEITHER),
    Method(
        "/mixer/test/start",
        "begin a load test of mixers",
        takes(
            "feedingStreams!:list mixerCount:number streamsInMixer:number intervalInSeconds:number"
        ),
        {404: "no such stream"},
    ),
    Method("/mixer/test/stop", "end that load test", (), {404: "none is under way"}),
    Method(
        "/mixer/test/get_start_example",
        "an example of what /mixer/test/start takes",
        (),
        NONE,
        is_reading=True,
    ),
)
