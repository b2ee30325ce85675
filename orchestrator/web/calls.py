"""The REST methods that `orchestrator call` knows, with their parameters.

The groups /push, /stream and /recorder, as rest-api.md sections 3 and 7 tell them. A method that
only reads is marked: it leaves no action in the log.
"""

from typing import Final

from attrs import frozen

from orchestrator.core.json import JsonObject
from orchestrator.core.mapping import Map


@frozen
class Parameter:
    """One field of a method's body. `form` is text, flag, number, list or object."""

    name: str
    form: str
    is_required: bool = False


@frozen
class Method:
    """One REST method: what it takes, and what it says when it refuses."""

    path: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    errors: str = ""
    is_reading: bool = False


def _texts(*names: str, required: int = 0) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, "text", index < required) for index, name in enumerate(names))


STREAM_FILTER: Final = (
    *_texts("name", "mediaSessionId", "status"),
    Parameter("published", "flag"),
)
MEDIA: Final = _texts("mediaSessionId", required=1)

METHODS: Final = (
    Method(
        "/push/startup",
        "republish a stream to an RTMP address",
        (
            *_texts("streamName", "rtmpUrl", required=2),
            Parameter("rtmpTransponderFullUrl", "flag"),
            *_texts("rtmpFlashVersion"),
            Parameter("options", "object"),
        ),
        "400 bad address, 409 exists already",
    ),
    Method(
        "/push/find", "transponders that fit", _texts("streamName", "rtmpUrl"), "404 none",
        is_reading=True,
    ),
    Method("/push/find_all", "all transponders", errors="404 none", is_reading=True),
    Method("/push/terminate", "end a transponder", MEDIA, "404 unknown"),
    Method("/push/mute", "mute a transponder's audio", MEDIA, "404 unknown"),
    Method("/push/unmute", "unmute a transponder's audio", MEDIA, "404 unknown"),
    Method(
        "/push/sound_on",
        "play a WAV file of the node instead of the audio",
        (*_texts("mediaSessionId", "soundFile", required=2), Parameter("loop", "flag")),
        "404 unknown transponder, or no such file",
    ),
    Method("/push/sound_off", "end that sound", MEDIA, "404 unknown"),
    Method("/stream/find_all", "all streams", errors="404 none", is_reading=True),
    Method(
        "/stream/find",
        'streams that fit; display=["metrics"] adds measurements',
        (*STREAM_FILTER, Parameter("hasAudio", "flag"), Parameter("hasVideo", "flag"),
         Parameter("display", "list")),
        "404 none, 500 bad query",
        is_reading=True,
    ),
    Method(
        "/stream/terminate",
        "end the streams that fit; refused without any filter, which would end them all",
        (*STREAM_FILTER, Parameter("mediaSessionIds", "list")),
        "404 none fits",
    ),
    Method(
        "/stream/snapshot",
        "a picture of a stream, PNG in Base64",
        _texts("streamName", required=1),
        "404 unknown",
        is_reading=True,
    ),
    Method(
        "/stream/startRecording", "record a stream", (*MEDIA, Parameter("config", "object")),
        "404 unknown",
    ),
    Method("/stream/stopRecording", "end a recording", MEDIA, "404 unknown"),
    Method(
        "/recorder/startup",
        "record a stream; one that is recorded already is cut, and a new file begins",
        (*MEDIA, Parameter("config", "object")),
        "404 unknown",
    ),
    Method("/recorder/find_all", "all recordings", errors="404 none", is_reading=True),
    Method("/recorder/terminate", "end a recording", MEDIA, "404 unknown"),
    Method(
        "/stream/event/send",
        "send an event to all who play a stream",
        (*_texts("streamName", required=1), Parameter("payload", "object", is_required=True)),
    ),
)  # fmt: skip

CALLS: Final = Map({method.path: method for method in METHODS})


def misuse(path: str, body: JsonObject) -> str:
    """Return what is wrong with a call, naming the next step; "" when nothing is."""
    method = CALLS.get(path)
    if method is None:
        near = [known for known in sorted(CALLS) if known.split("/")[1] in path.split("/")]
        return f"{path}: no such method here; there are {', '.join(near or sorted(CALLS))}"
    known = {parameter.name: parameter for parameter in method.parameters}
    for name in sorted(body):
        if name not in known:
            takes = ", ".join(known) or "nothing"
            return f"{path} has no parameter {name}; it takes {takes}"
        if not _fits(known[name].form, body[name]):
            return f"{path}: {name} is no {known[name].form}"
    missing = [p.name for p in method.parameters if p.is_required and not body.get(p.name)]
    if missing:
        return f"{path} needs {', '.join(missing)}"
    if path == "/stream/terminate" and not any(body.values()):
        names = ", ".join(known)
        return f"{path} without a filter would end every stream of the node; give one of {names}"
    return ""


def _fits(form: str, value: object) -> bool:
    match form:
        case "text":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool) or value in ("true", "false")
        case "list":
            return isinstance(value, list | tuple)
        case _:
            return isinstance(value, dict | Map)
