"""The group /stream/inject: one stream, or a file, in place of another."""

from typing import Any, Final

from orchestrator.emulator.call import Call, Method, Refusal, bad_field
from orchestrator.emulator.injections import Injection
from orchestrator.emulator.media import Media

FILE: Final = "vod-live://"


def startup(media: Media, call: Call) -> None:
    """Cover a stream; that circles are answered like wrong fields is inferred."""
    status = bad_field(media.node.settings)
    local, remote = call.needed("localStreamName", status), call.needed("remoteStreamName", status)
    if local in media.objects.of(Injection):
        raise Refusal(409, f"Stream {local} is injected already")
    if local == remote or media.injections.covers(remote, by=local):
        raise Refusal(status, f"Stream {remote} shows {local}")
    is_file = remote.startswith(FILE)
    if is_file and remote.removeprefix(FILE) in media.node.settings.files_missing:
        raise Refusal(404, f"File {remote} not found")
    remote_id = "" if is_file else published(media, remote)
    injection = Injection(local, remote, published(media, local), remote_id)
    media.objects.came(injection, call.cause)


def startup_3(media: Media, call: Call) -> None:
    """Cover a stream by files and pictures, in builds of 5.3; the first of them is listed."""
    status = bad_field(media.node.settings)
    local, resources = call.needed("localStreamName", status), call.body.get("resources")
    listed = resources if isinstance(resources, list) else []
    uris = [one.get("uri") if isinstance(one, dict) else None for one in listed]
    if not uris or not all(uris):
        raise Refusal(status, "resources is missing")
    if local in media.objects.of(Injection):
        raise Refusal(409, f"Stream {local} is injected already")
    injection = Injection(local, str(uris[0]), published(media, local), "")
    media.objects.came(injection, call.cause)


def published(media: Media, name: str) -> str:
    """Return the id of a published stream."""
    stream = media.objects.published(name)
    if stream is None:
        raise Refusal(404, f"Stream {name} not found")
    return stream.id


def find_all(media: Media, _: Call) -> list[dict[str, Any]]:
    """List all."""
    return [one.detail() for one in media.objects.of(Injection).values()]


def terminate(media: Media, call: Call) -> None:
    """Take the order to show a stream itself again."""
    name = call.needed("localStreamName", bad_field(media.node.settings))
    injection = media.objects.of(Injection).get(name)
    if injection is None:
        raise Refusal(404, f"Injection into {name} not found")
    media.objects.terminate(injection, call.cause)


METHODS: Final = {
    "startup": Method(startup),
    "find_all": Method(find_all, takes_nothing=True),
    "terminate": Method(terminate),
}
METHODS_3: Final = {"startup": Method(startup_3)}
