"""Servers by seed: streams, and of every kind that can be started some, made by strangers.

Names are of the sort that YAML takes for something else, or a document for a reference.
"""

from random import Random

from orchestrator.emulator.settings import Generation, NameTaken, Unpublished
from tests.daemon.importing import KEY, settings

WORDS = (
    *("show", "studio-a", "camera 1", "yes", "null", "~", "1e3", "0x1f", "2001-01-01", "- a"),
    *("a: b", "#1", "студия", "日本", "🎬", "it's", 'say "on"', "%41", "&a", "*b", "!t", "{x}"),
    *("[y]", "@home", "a,b", "trailing:", "x${y}", "ends.", ".starts", "a|b", "<<", "?", "=", "İ"),
)


def build(seed):
    """Return the settings of a server's build."""
    draw = Random(f"build {seed}")
    flip = lambda: draw.random() < 0.5  # noqa: E731 - a coin
    return settings(
        draw.choice(tuple(Generation)),
        none_is_404=flip(),
        bare_object=flip(),
        booleans_as_strings=flip(),
        prefix=draw.choice(("rtmp_", "rtmp_", "")),
        websocket_suffix=flip(),
        media_sessions_are_objects=flip(),
        names_captured=draw.random() < 0.95,
        name_taken=draw.choice(tuple(NameTaken)),
        source_missing=draw.choice(tuple(Unpublished)),
        unpublished=draw.choice(tuple(Unpublished)),
        callees={"1003": "RING"},
        call_ring_s=1e6,
    )


def starts(seed, streams):
    """Yield a path and a body for each start by a stranger; `streams` are (name, id)."""
    draw = Random(f"starts {seed}")
    sizes = ({}, {"width": 640}, {"width": 640, "height": 360, "bitrate": 900})

    def name():
        return f"{draw.choice(WORDS)}{draw.choice(('', '', draw.randrange(10)))}"

    def read():
        return draw.choice(streams)[0] if streams and draw.random() < 0.9 else name()

    def flags():
        names = ("hasAudio", "hasVideo", "record")
        return {one: draw.random() < 0.5 for one in names if draw.random() < 0.3}

    secret = draw.choice(("", f"/{KEY}", f"?token={KEY}"))
    makers = {
        "/push/startup": lambda: {
            "streamName": read(), "rtmpUrl": f"rtmp://a{draw.randrange(3)}.lan/live{secret}",
            **({"options": {"action": "mute"}} if draw.random() < 0.3 else {})},
        "/pull/rtmp/pull": lambda: {
            "uri": f"rtmp://b.lan:1935/in/{name()}{secret}", "localStreamName": name(), **flags()},
        "/rtsp/startup": lambda: {
            "uri": f"rtsp://u:{KEY}@10.0.0.{draw.randrange(9)}/main", "toStream": name()},
        "/pull/pull": lambda: {
            "uri": "wss://far.lan:8443", "localStreamName": name(), "remoteStreamName": name()},
        "/pull/push": lambda: {
            "uri": "wss://far.lan:8443", "localStreamName": read(), "remoteStreamName": name()},
        "/mixer/startup": lambda: {
            "uri": f"mixer://{draw.choice('mno')}", "localStreamName": name(),
            **({"mixerVideoWidth": 640} if draw.random() < 0.5 else {})},
        "/mixer/add": lambda: {
            "uri": f"mixer://{draw.choice('mno')}", "remoteStreamName": read()},
        "/transcoder/startup": lambda: {
            "uri": f"transcoder://{draw.choice('tuv')}", "remoteStreamName": read(),
            "localStreamName": name(), "encoder": draw.choice(sizes)},
        "/vod/startup": lambda: {
            "uri": f"vod-live://{name()}.mp4", "localStreamName": name(),
            "loop": draw.random() < 0.5},
        "/call/startup": lambda: {
            "callId": name(), "callee": draw.choice(("1001", "1003")), "sipLogin": "100",
            "sipDomain": "sip.lan", "sipPassword": KEY,
            **({"toStream": name()} if draw.random() < 0.5 else {})},
        "/stream/inject/startup": lambda: {
            "localStreamName": read(),
            "remoteStreamName": draw.choice((read(), "vod-live://ad.mp4"))},
        "/recorder/startup": lambda: {"mediaSessionId": draw.choice(streams)[1]},
    }  # fmt: skip
    paths = [path for path in makers if streams or path != "/recorder/startup"]
    for _ in range(draw.choice((0, 1, 4, 12, 25))):
        path = draw.choice(paths)
        yield path, makers[path]()


async def populate(server, seed):
    """Publish streams on a server and start what strangers have there."""
    draw, streams = Random(f"streams {seed}"), []
    for word in draw.sample(WORDS, draw.randrange(5)):
        stream = await server.client(word).publish(word)
        streams.append((word, stream.media_session_id))
    for path, body in starts(seed, streams):
        await server.foreign(path, body)
