"""What the kinds are on a node: the calls for them, what they go by, read and publish, and how they
are declared. Told from the server's manual, not from the daemon.
"""

from fnmatch import fnmatchcase

STARTING = {
    "/push/startup": "transponder",
    "/recorder/startup": "recording",
    "/stream/startRecording": "recording",
    "/pull/rtmp/pull": "pull",
    "/rtsp/startup": "pull",
    "/pull/pull": "pull",
    "/pull/push": "webrtcPush",
    "/mixer/startup": "mixer",
    "/transcoder/startup": "transcoder",
    "/transcoder2/startup": "transcoder",
    "/vod/startup": "vod",
    "/call/startup": "call",
    "/stream/inject/startup": "injection",
}
ENDING = {
    "/push/terminate": "transponder",
    "/recorder/terminate": "recording",
    "/stream/stopRecording": "recording",
    "/pull/rtmp/terminate": "pull",
    "/rtsp/terminate": "pull",
    "/pull/terminate": "pull",
    "/mixer/terminate": "mixer",
    "/transcoder/terminate": "transcoder",
    "/vod/terminate": "vod",
    "/call/terminate": "call",
    "/stream/inject/terminate": "injection",
}
CHANGING = {
    **{f"/push/{verb}": "transponder" for verb in ("mute", "unmute", "sound_on", "sound_off")},
    **{
        f"/mixer/{verb}": "mixer"
        for verb in (
            *("add", "remove", "setAudioVideo", "set_parameter"),
            *("set_stream_label", "set_stream_avatar", "remove_stream_avatar"),
        )
    },
}
MUTATING = {**STARTING, **ENDING, **CHANGING}
LISTINGS = {
    "/push/": "/push/find_all",
    "/recorder/": "/recorder/find_all",
    "/pull/rtmp/": "/pull/rtmp/find_all",
    "/pull/": "/pull/find_all",
    "/rtsp/": "/rtsp/find_all",
    "/mixer/": "/mixer/find_all",
    "/transcoder/": "/transcoder/find_all",
    "/transcoder2/": "/transcoder/find_all",
    "/vod/": "/vod/find_all",
    "/call/": "/call/find_all",
    "/stream/inject/": "/stream/inject/find_all",
    "/stream/": "/stream/find_all",
}
"""Where that is listed which a path is about; the first beginning that fits."""
SORTS = {
    "rtmp-pull": "/pull/rtmp/find_all",
    "rtsp": "/rtsp/find_all",
    "pull": "/pull/find_all",
    "webrtc-push": "/pull/find_all",
    "mixer": "/mixer/find_all",
    "transcoder": "/transcoder/find_all",
    "vod": "/vod/find_all",
    "call": "/call/find_all",
    "injection": "/stream/inject/find_all",
}
"""Where each sort of thing is listed that only studios have."""
NAMELESS = ("rtsp", "call", "injection")  # sorts without an id that is told
RUNNING = ("PROCESSED_LOCAL", "PROCESSED_REMOTE", "PLAYING", "ESTABLISHED", "HOLD")
SOURCES = {
    "transponder": ("streamName",),
    "recording": ("streamName",),
    "transcoder": ("remoteStreamName",),
    "webrtcPush": ("localStreamName",),
}
BODY = ("uri", "localStreamName", "remoteStreamName", "toStream", "callId")


def listing_of(path):
    return next(listing for begin, listing in LISTINGS.items() if path.startswith(begin))


def natural_of(sort, id_, detail):
    """Return what a thing goes by on its node, told from what the journal says of it."""
    if sort in ("pull", "webrtc-push"):
        return " ".join(detail[name] for name in ("uri", "localStreamName", "remoteStreamName"))
    if sort == "vod":
        return detail["localStreamName"]
    return id_ if sort in ("call", "injection") else detail.get("uri", id_)


def natural_of_line(key, line):
    """Return what a declared thing would go by, for kinds that only studios have."""
    kind, spec = key.partition("/")[0], line["spec"]
    if kind == "pull" and not spec["uri"].startswith("ws"):
        return spec["uri"]
    sort = "webrtc-push" if kind == "webrtcPush" else kind
    return natural_of(sort, spec.get("callId") or spec.get("localStreamName"), spec)


def asked_of(path, body):
    """Return what the thing goes by that a call is about, None where it has an id of its own."""
    if path.startswith(("/push/", "/recorder/")) or "mediaSessionId" in body:
        return None
    if path.startswith("/call/"):
        return body.get("callId")
    if path.startswith(("/stream/inject/", "/vod/")):
        return body.get("localStreamName")
    if listing_of(path) == "/pull/find_all":
        names = ("uri", "localStreamName", "remoteStreamName")
        return " ".join(str(body.get(name)) for name in names)
    return body.get("uri")


def needs(key, line):
    """Return (stream or pattern, node, whether it is required) of all that a line reads."""
    kind, spec, node = key.partition("/")[0], line["spec"], line["node"]
    match kind:
        case "pull":
            return [(spec["remoteStreamName"], spec["from"], True)] if spec["from"] else []
        case "mixer":
            return [
                (one["streamName"] or one["streams"], node, one["required"])
                for one in spec["inputs"]
            ]
        case "injection":
            names = (spec["localStreamName"], spec["remoteStreamName"])
            return [(name, node, True) for name in names if "://" not in name]
        case _:
            return [(spec[name], node, True) for name in SOURCES.get(kind, ())]


def lacks(sources, is_published):
    """Return what has to be waited for: all that is required, or, where nothing is, any one."""
    absent = [one for one in sources if not is_published(one[1], one[0])]
    required = [one for one in absent if one[2]]
    if any(one[2] for one in sources) or len(absent) < len(sources):
        return required
    return absent


def reads(key, line, node, name):
    """Return whether a line reads a stream of that name on that node."""
    return any(at == node and fnmatchcase(name, one) for one, at, _ in needs(key, line))


def makes(key, line):
    """Return the name of the stream that a line publishes, "" for none."""
    kind = key.partition("/")[0]
    if kind in ("pull", "mixer", "transcoder", "vod"):
        return line["spec"]["localStreamName"]
    return line["spec"]["toStream"] if kind == "call" else ""


def is_once(key, line):
    """Return whether it is made once each time it becomes wanted."""
    kind, spec = key.partition("/")[0], line["spec"]
    if kind == "vod":
        return not spec["loop"] and spec["keep"] == "always"
    return kind == "call" and spec["redial"] != "always"


def runs(detail):
    """Return whether a thing is what it was started for; what has no status is."""
    return detail.get("status", RUNNING[0]) in RUNNING


def differs(key, line, detail):
    """Return whether a thing is not as its line says, in what only a new life can change."""
    kind, spec = key.partition("/")[0], line["spec"]
    match kind:
        case "recording":
            template = detail["config"].get("fileTemplate", "")
            return (detail["name"], template) != (spec["streamName"], spec["fileTemplate"])
        case "transponder":
            place = (detail["source"], detail["rtmpUrl"])
            return place != (spec["streamName"], spec["rtmpUrl"])
        case "call":
            return any(detail[name] != spec[name] for name in ("callee", "toStream"))
        case "mixer":
            names, declared = ("uri", "localStreamName"), spec["parameters"]
            is_other = any(detail[name] != spec[name] for name in names)
            return is_other or bool(_parameters(detail) - set(declared))
        case "transcoder":
            names = ("uri", "localStreamName", "remoteStreamName")
            said = {name: value for name, value in spec["encoder"].items() if value}
            listed = detail["encoder"]
            extra = {name for name in listed if name not in said and name != "videoRate"}
            is_other = any(detail[name] != spec[name] for name in names) or bool(extra)
            return is_other or any(
                listed[name] != value for name, value in said.items() if name in listed
            )
        case "vod":
            names = ("uri", "localStreamName", "loop")
            return any(detail[name] != spec[name] for name in names)
        case "pull":
            names = ["uri", "localStreamName"]
            names += ["remoteStreamName"] * spec["uri"].startswith("ws")
            return any(detail[name] != spec[name] for name in names)
        case _:
            names = ("uri", "localStreamName", "remoteStreamName")
            return any(detail[name] != spec[name] for name in names if name in spec)


def _parameters(detail):
    return {name for name in detail if name.startswith("mixer")}


def is_as_declared(key, line, detail):
    """Return whether a thing is wholly as its line says, but for the inputs of a mixer."""
    spec = line["spec"]
    if key.startswith("mixer"):  # what others set of what is not declared stays
        named = {name: one for name, one in detail.items() if not name.startswith("mixer")}
        is_named = runs(detail) and not differs(key, line, named)
        return is_named and all(detail.get(name) == one for name, one in spec["parameters"].items())
    if differs(key, line, detail) or not runs(detail):
        return False
    if key.startswith("transponder"):
        return detail["muted"] == spec["muted"]
    return True
