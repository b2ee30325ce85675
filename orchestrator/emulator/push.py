"""The group /push: transponders to RTMP servers.

Asked for under one name, a transponder is listed under another (`prefix`), and only the id that the
server made for it can end it.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from orchestrator.emulator.call import Call, Method, Refusal, bad_field
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import FindsName, Settings, Unpublished
from orchestrator.emulator.shapes import rest_transponder
from orchestrator.emulator.things import Transponder


def startup(media: Media, call: Call) -> dict[str, Any]:
    """Start one; the key that makes a second one 409 is stream and URL together."""
    settings = media.node.settings
    source, rtmp_url = call.text("streamName"), call.text("rtmpUrl")
    call.flag("rtmpTransponderFullUrl")
    options = call.object("options")
    check(settings, source, rtmp_url)
    if media.transponders.of_key(source, rtmp_url) is not None:
        raise Refusal(409, f"Transponder of {source} to {rtmp_url} already exists")
    there = media.objects.published(source) is not None or media.calls.reserves(source)
    if not there and settings.unpublished is not Unpublished.WAITS:
        raise Refusal(int(settings.unpublished.value), f"Stream {source} not found")
    if (
        options.get("action") == "sound_on"
        and str(options.get("soundFile")) not in settings.sound_files
    ):
        raise Refusal(404, f"File {options.get('soundFile')} not found")
    return rest_transponder(media.transponders.start(source, rtmp_url, options, call.cause))


def check(settings: Settings, source: str, rtmp_url: str) -> None:
    """Refuse what is missing or malformed: newer builds say 400, older ones 500."""
    status = bad_field(settings)
    if not source:
        raise Refusal(status, "streamName is missing")
    if not rtmp_url:
        raise Refusal(status, "rtmpUrl is missing")
    try:
        parts = urlsplit(rtmp_url)
        good = parts.scheme in {"rtmp", "rtmps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise Refusal(status, f"rtmpUrl {rtmp_url} is malformed")
    if parts.hostname in settings.unknown_hosts:
        raise Refusal(status, f"Unknown host {parts.hostname}")


def find(media: Media, call: Call) -> list[dict[str, Any]]:
    """List those of a name, of a URL, or of both."""
    name, rtmp_url = call.text("streamName"), call.text("rtmpUrl")
    compared = media.node.settings.finds_name

    def fits(one: Transponder) -> bool:
        names = {
            FindsName.PLAIN: {one.source},
            FindsName.PREFIXED: {one.stream_name},
            FindsName.EITHER: {one.source, one.stream_name},
        }[compared]
        return (not name or name in names) and rtmp_url in {"", one.rtmp_url}

    return [rest_transponder(one) for one in media.objects.transponders.values() if fits(one)]


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all."""
    return [rest_transponder(one) for one in media.objects.transponders.values()]


def terminate(media: Media, call: Call) -> None:
    """Take the order to end one; it is listed for a moment longer."""
    media.transponders.terminate(named(media, call), call.cause)


def mute(media: Media, call: Call) -> None:
    """Mute one; twice is as good as once."""
    change(media, call, muted=True)


def unmute(media: Media, call: Call) -> None:
    """Unmute one; twice is as good as once."""
    change(media, call, muted=False)


def sound_on(media: Media, call: Call) -> None:
    """Mix a sound into one; an unknown file answers as an unknown transponder does."""
    named(media, call)
    call.flag("loop")
    if call.text("soundFile") not in media.node.settings.sound_files:
        raise Refusal(404, f"File {call.text('soundFile')} not found")
    change(media, call, sound_enabled=True)


def sound_off(media: Media, call: Call) -> None:
    """Take the sound away again."""
    change(media, call, sound_enabled=False)


def change(
    media: Media, call: Call, *, muted: bool | None = None, sound_enabled: bool | None = None
) -> None:
    """Set what is given; what is None stays."""
    transponder = named(media, call)
    if muted is not None:
        transponder.muted = muted
    if sound_enabled is not None:
        transponder.sound_enabled = sound_enabled
    media.objects.changed(transponder, call.cause)


def named(media: Media, call: Call) -> Transponder:
    """Return the transponder that a call names by its id."""
    transponder = media.objects.transponders.get(call.text("mediaSessionId"))
    if transponder is None:
        raise Refusal(404, f"Transponder {call.text('mediaSessionId')} not found")
    return transponder


METHODS: Final = {
    "startup": Method(startup),
    "find": Method(find),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
    "mute": Method(mute),
    "unmute": Method(unmute),
    "sound_on": Method(sound_on),
    "sound_off": Method(sound_off),
}
