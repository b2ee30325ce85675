"""/push: transponders, which republish a stream to an RTMP address (rest-api.md section 3)."""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

MEDIA: Final = takes("mediaSessionId!")

METHODS: Final = (
    Method(
        "/push/startup",
        "republish a stream to an RTMP address",
        takes("streamName! rtmpUrl! rtmpTransponderFullUrl:flag rtmpFlashVersion options:object"),
        {400: "bad address", 409: "sends that stream there already"},
        sends_to="rtmpUrl",
    ),
    Method(
        "/push/find", "transponders that fit", takes("streamName rtmpUrl"), NONE, is_reading=True
    ),
    Method("/push/find_all", "all transponders", (), NONE, is_reading=True),
    Method("/push/terminate", "end a transponder", MEDIA, UNKNOWN),
    Method("/push/mute", "mute a transponder's audio", MEDIA, UNKNOWN),
    Method("/push/unmute", "unmute a transponder's audio", MEDIA, UNKNOWN),
    Method(
        "/push/sound_on",
        "play a WAV file of the node instead of the audio",
        takes("mediaSessionId! soundFile! loop:flag"),
        {404: "unknown transponder, or no such file"},
    ),
    Method("/push/sound_off", "end that sound", MEDIA, UNKNOWN),
)
